import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FaultyAnswer, type FaultyProxy, type Match, startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { expectedObjects, judge, NO_FINDINGS, readCallRecords } from '../control-plane/oracle.ts'
import { isList } from '../control-plane/proxied-request.ts'
import type { HostProcess } from './host-process.ts'
import { handlerFixture } from './project.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'
import { TRIALS } from './trials.ts'

const OBJECTS = 100

const isOfTrials: Match = ({ resource }) => resource === 'trials'
const isTrialWatch: Match = (request) => isOfTrials(request) && request.kind === 'watch' && !isList(request)
const isStatusWrite: Match = (request) => isOfTrials(request) && request.subresource === 'status'

describe('A host whose API server', () => {
  const bench = setUpTrials(startTrialServer)
  let proxy: FaultyProxy
  let bundle: string

  beforeEach(async () => {
    proxy = await startFaultyProxy(bench.controlPlane)
    const kind = 'e2e.example.com/v1/Trial'
    // An outage that counted as a failure of the handler would soon park its object.
    const retry = { maxAttempts: 3 }
    bench.project.writeConfig([
      { name: 'trials', for: kind, handler: 'handlers/trials.ts', on: ['spec'], concurrency: 8, retry },
    ])
    bundle = bench.project.writeHandler('trials', handlerFixture('recorder'))
    await bench.trials.create(OBJECTS)
  })

  afterEach(async () => {
    await proxy.close()
  })

  test('is killed and started again in the middle of writes goes on by itself, and no object is lost or parked', async () => {
    const host = await startConverged()
    const changed = changeAll(1)
    await vi.waitFor(async () => expect(await host.metric(RECONCILES)).toBeGreaterThan(OBJECTS + 20), WAIT)
    await bench.controlPlane.restart({ signal: 'SIGKILL', downMs: 2_000 })
    await changed
    await assertConverged(host)
  })

  test('drops every connection again and again in the middle of writes gets each object written', async () => {
    const host = await startConverged()
    const changed = changeAll(1)
    for (let reconciles = OBJECTS + 20; reconciles < 2 * OBJECTS; reconciles += 20) {
      await vi.waitFor(async () => expect(await host.metric(RECONCILES)).toBeGreaterThan(reconciles), WAIT)
      proxy.dropConnections()
    }
    await changed
    await assertConverged(host)
    expect(proxy.count((request) => isOfTrials(request) && isList(request))).toBe(1)
  })

  test.each(['reset', 'clean'] as const)(
    'ends the watch in the middle of an object, by a %s ending, is watched from where it was',
    async (ending) => {
      const host = await startConverged()
      const cut = proxy.cutWatch(isOfTrials, ending)
      await changeAll(1)
      await cut
      await assertConverged(host)
      expect(proxy.count((request) => isOfTrials(request) && isList(request))).toBe(1)
    },
  )

  test('goes silent and then resets the watch is watched from where it was', async () => {
    const host = await startConverged()
    proxy.stallWatches()
    await changeAll(1)
    proxy.dropConnections()
    proxy.resumeWatches()
    await assertConverged(host)
    expect(proxy.count((request) => isOfTrials(request) && isList(request))).toBe(1)
  })

  test('has forgotten the resourceVersion is listed once more, and what was deleted meanwhile is noticed', async () => {
    const host = await startConverged()
    await proxy.refuse()
    proxy.dropConnections()
    await changeAll(1)
    const gone = await bench.controlPlane.request('DELETE', `${TRIALS}/trial-0000`)
    expect(gone.status).toBe(200)
    await bench.controlPlane.kill()
    await bench.controlPlane.compact()
    await bench.controlPlane.start()
    await proxy.accept()
    await assertConverged(host)
    expect(proxy.count((request) => isOfTrials(request) && isList(request))).toBe(2)
    expect(await host.metric('ostler_informer_objects')).toBe(OBJECTS - 1)
  })

  test.each([
    ['an HTTP status', false],
    ['an event', true],
  ])('answers a watch with 410 as %s is listed once more', async (_, asWatchEvent) => {
    const host = await startConverged()
    const answered = proxy.answerOnce(isTrialWatch, { code: 410, reason: 'Expired', asWatchEvent })
    proxy.dropConnections()
    await changeAll(1)
    await answered
    await assertConverged(host)
    expect(proxy.count((request) => isOfTrials(request) && isList(request))).toBe(2)
  })

  test('answers writes with 429 and 503 and a Retry-After is left alone that long, and no attempt fails', async () => {
    const host = await startConverged()
    const headers = { 'retry-after': '1' }
    const answered = [
      ...answerWrites(10, { code: 429, reason: 'TooManyRequests', headers }),
      ...answerWrites(10, { code: 503, reason: 'ServiceUnavailable', headers }),
    ]
    await changeAll(1)
    await Promise.all(answered)
    await assertConverged(host)
    expect(await host.metric(ERRORS)).toBe(0)
  })

  test('answers writes with 500 sees each tried again, as a failed attempt', async () => {
    const host = await startConverged()
    const answered = answerWrites(10, { code: 500, reason: 'InternalError' })
    await changeAll(1)
    await Promise.all(answered)
    await assertConverged(host)
    expect(await host.metric(ERRORS)).toBe(10)
  })

  test('is away when the host starts is waited for, and /readyz says so', async () => {
    await proxy.refuse()
    const host = await start()
    const unready = await vi.waitFor(() => host.get('/readyz'), WAIT)
    expect(unready).toEqual({ status: 503, text: expect.stringContaining('the API server has not answered yet') })
    expect(await host.get('/livez')).toMatchObject({ status: 200 })
    await proxy.accept()
    await assertConverged(host)
  })

  function start(): Promise<HostProcess> {
    const kubeconfig = join(bench.project.stateDir, 'proxy.kubeconfig')
    proxy.writeKubeconfig(kubeconfig)
    return bench.startHost({ kubeconfig })
  }

  async function startConverged(): Promise<HostProcess> {
    const host = await start()
    await bench.trials.converged({ bundle })
    await untilQuiet(host)
    return host
  }

  /** One after the other, past whatever the host goes through; an API server that is away is asked again. */
  async function changeAll(size: number): Promise<void> {
    for (let index = 0; index < OBJECTS; index++) await vi.waitFor(() => bench.trials.change(index, size), WAIT)
  }

  function answerWrites(count: number, answer: FaultyAnswer): Promise<void>[] {
    return Array.from({ length: count }, () => proxy.answerOnce(isStatusWrite, answer))
  }

  /** What the API server holds, what the handler saw, and what the host says of itself agree: nothing is left to do. */
  async function assertConverged(host: HostProcess): Promise<void> {
    await bench.trials.converged({ bundle })
    await untilQuiet(host)
    const { body } = await bench.controlPlane.request('GET', TRIALS)
    expect(judge(readCallRecords(host.log()), expectedObjects(body), bundle)).toEqual(NO_FINDINGS)
    expect(JSON.parse((await host.get('/parked')).text)).toEqual({ total: 0, parked: [] })
    await host.waitUntilReady()
    expect(host.running).toBe(true)
  }

  async function untilQuiet(host: HostProcess): Promise<void> {
    const metrics = ['workqueue_depth', 'controller_runtime_active_workers']
    await vi.waitFor(
      async () => expect(await Promise.all(metrics.map((name) => host.metric(name)))).toEqual([0, 0]),
      WAIT,
    )
  }
})

const RECONCILES = 'controller_runtime_reconcile_total'
const ERRORS = 'controller_runtime_reconcile_errors_total'
const WAIT = { timeout: 60_000, interval: 100 }
