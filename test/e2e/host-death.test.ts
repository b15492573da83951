import { describe, expect, test, vi } from 'vitest'
import { expectedObjects, judge, NO_FINDINGS, readCallRecords } from '../control-plane/oracle.ts'
import { guestsOf, isAlive, statOf } from './guest-processes.ts'
import type { HostProcess } from './host-process.ts'
import { handlerFixture } from './project.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'
import { TRIALS } from './trials.ts'

/** runtime/cli/until-stopped.ts */
const GRACE_MS = 25_000

/** Says so first, which takes a turn. */
const LOOPING = `
  export const reconcile = async (object, { log }) => {
    log.info('about to loop')
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (;;);
  }`
const SLOW = `
  export const reconcile = async (object, { log }) => {
    log.info('a slow call has begun')
    await new Promise((resolve) => setTimeout(resolve, 20_000))
    log.info('a slow call has ended')
  }`

describe('The end of a host', () => {
  const bench = setUpTrials(startTrialServer)

  test('by kill -9 takes the guests with it within seconds, also one that loops in sync code', async () => {
    const { host, looping } = await startLooping()
    const guests = guestsOf(host.pid)
    expect(guests).toContain(looping)
    await host.stop('SIGKILL')
    await vi.waitFor(() => expect(guests.filter(isAlive)).toEqual([]), { timeout: 5_000, interval: 50 })
  })

  test('by SIGTERM with a guest that loops in sync code is exit code 0 within the grace period', async () => {
    const { host } = await startLooping()
    const guests = guestsOf(host.pid)
    const began = Date.now()
    expect(await host.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(Date.now() - began).toBeLessThan(GRACE_MS + 3_000)
    expect(guests.filter(isAlive)).toEqual([])
  })

  test('by SIGTERM waits for a running call, and a second SIGTERM ends it at once', async () => {
    await bench.trials.create(1)
    const host = await start(SLOW)
    await host.waitForLog(/a slow call has begun/)
    const stopped = host.stop('SIGTERM')
    await host.waitForLog(/Stopping on SIGTERM/)
    const began = Date.now()
    await host.stop('SIGTERM')
    expect(await stopped).toEqual({ code: 1, signal: null })
    expect(Date.now() - began).toBeLessThan(2_000)
    expect(host.log()).not.toContain('a slow call has ended')
  })

  test('by SIGTERM with 1,000 keys queued cuts no call off, and the next host loses none', async () => {
    await bench.trials.create(1000)
    const text = handlerFixture('recorder')
    const bundle = bench.project.writeHandler('trials', text)
    const first = await start(text)
    await vi.waitFor(() => expect(readCallRecords(first.log()).length).toBeGreaterThan(50), { timeout: 60_000 })
    expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    const cut = readCallRecords(first.log())
    expect(cut.filter(({ end }) => end === undefined)).toEqual([])
    expect(cut.length).toBeLessThan(500)
    // The two hosts write one log.
    await start(text)
    await bench.trials.converged({ bundle })
    const { body } = await bench.controlPlane.request('GET', TRIALS)
    await vi.waitFor(() =>
      expect(judge(readCallRecords(first.log()), expectedObjects(body), bundle)).toEqual(NO_FINDINGS),
    )
  })

  /** With a handler of this text. */
  function start(handler: string): Promise<HostProcess> {
    bench.project.writeHandler('trials', handler)
    bench.project.writeConfig([
      { name: 'trials', for: 'e2e.example.com/v1/Trial', handler: 'handlers/trials.ts', on: ['spec'] },
    ])
    return bench.startHost()
  }

  /** A host with a guest that loops, which it has not yet been found out for: that takes 2 s. */
  async function startLooping(): Promise<{ host: HostProcess; looping: number }> {
    await bench.trials.create(1)
    const host = await start(LOOPING)
    await host.waitForLog(/about to loop/)
    const before = new Map(guestsOf(host.pid).map((pid) => [pid, statOf(pid)?.userTicks ?? 0]))
    const hasBurnt = (pid: number) => (statOf(pid)?.userTicks ?? 0) - (before.get(pid) ?? 0) > LOOPING_TICKS
    const looping = await vi.waitFor(() => guestsOf(host.pid).find(hasBurnt) ?? expect.fail('no guest loops'), {
      timeout: 10_000,
      interval: 20,
    })
    return { host, looping }
  }
})

/** Of 10 ms: more than a guest takes to boot. */
const LOOPING_TICKS = 30
