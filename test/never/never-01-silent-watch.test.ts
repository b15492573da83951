import { expect, test } from 'vitest'
import { Informer } from '../../runtime/informer/informer.ts'
import { createListWatch, type StreamRequest } from '../../runtime/informer/list-watch.ts'
import { IDLE_LIMIT_MS, reflect } from '../../runtime/informer/reflector.ts'
import { DEMO } from '../controller/scripted-controller.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, statusError } from '../informer/feed.ts'
import { eventually, startHosted } from './hosted.ts'

const MINUTE = 60_000

/** An informer that has synced, on a scripted server. */
async function startInformer(random: () => number = () => 0.5) {
  const clock = createFakeClock()
  const source = createScriptedListWatch()
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => source, clock, random })
  const feed = source.nextWatch().push([], [apply('a', 1), bookmark(10, true)])
  informer.start()
  await settle()
  expect(informer.hasSynced).toBe(true)
  return { clock, source, informer, feed }
}

test('never-01: every watch asks for bookmarks, and for an end at a time that differs from watch to watch', async () => {
  const requests: StreamRequest[] = []
  const line = (object: object) => Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  const end = { metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } } }
  const client = {
    async stream(request: StreamRequest) {
      requests.push(request)
      return (async function* () {
        yield line(end)
      })()
    },
  }
  const draws = [0, 0.5, 0.999]
  const random = () => draws[requests.length] ?? 0
  const stop = new AbortController()
  const context = { source: createListWatch(client, DEMO), clock: createFakeClock(), signal: stop.signal, random }
  for await (const _ of reflect(context)) if (requests.length === 3) break
  expect(requests.map(({ query }) => query.allowWatchBookmarks)).toEqual([true, true, true])
  expect(requests.map(({ query }) => query.timeoutSeconds)).toEqual([290, 362, 434])
})

test('never-01: a watch that falls silent is opened anew from where it was, within minutes', async () => {
  const { clock, source, feed } = await startInformer()
  await clock.advance(3 * MINUTE)
  expect([feed.isAborted, source.requests.length]).toEqual([true, 2])
  expect(source.requests[1]).toMatchObject({ verb: 'watch', resourceVersion: '10' })
})

test('never-01: a bookmark is sign of life enough', async () => {
  const { clock, source, feed, informer } = await startInformer()
  for (let version = 11; version < 30; version++) {
    await clock.advance(IDLE_LIMIT_MS - 1000)
    feed.push([bookmark(version)])
    await settle()
  }
  expect([source.requests.length, informer.lastSignAgeMs, informer.isSilent]).toEqual([1, 0, false])
})

test('never-01: the age of the last sign of life is a metric, and past its limit /readyz is 503 and says which', async () => {
  const clock = createFakeClock()
  const { api, get, metric } = await startHosted({ handlers: { absent: undefined }, clock })
  await eventually(async () => expect((await get('/readyz')).status).toBe(200))
  api.intercept = () => true
  const series = 'ostler_informer_last_sign_age_seconds{kind="demo.io/v1/Demo",namespace="",selector="",identity=""}'
  await clock.advance(100_000)
  expect([await metric(series), (await get('/readyz')).status]).toEqual([100, 200])
  await clock.advance(100_000)
  expect(await metric(series)).toBe(200)
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    text: expect.stringContaining('the watch of demo.io/v1/Demo has been silent for 200 s'),
  })
})

test('never-01: a server that ends each watch at once, without a word, is not asked in a tight loop', async () => {
  const { clock, source, feed } = await startInformer()
  for (let i = 0; i < 1000; i++) source.nextWatch().end()
  feed.end()
  await clock.advance(10 * MINUTE)
  // 0.4 s doubling to 15 s, as the jitter is in its middle.
  expect(source.requests.length).toBeLessThan(60)
})

test('never-01: it retries for ever, with delays that double up to a cap and are jittered, and never in a tight loop', async () => {
  const draws = [0.9, 0.3]
  let drawn = 0
  const { clock, source, feed, informer } = await startInformer(() => draws[drawn++ % 2] as number)
  const [hours, capMs] = [6, 30_000]
  // Ended at once, without a word; a kind said to be gone that discovery shows; all else that comes to mind.
  const codes = [404, 429, 500, 503, undefined]
  for (let i = 0; i < hours * 3600; i++) {
    const code = codes[i % codes.length]
    if (code === undefined) source.nextWatch().end()
    else source.nextWatch().fail(statusError(code))
    source.nextList().fail(statusError(503))
  }
  const at: number[] = []
  const push = source.requests.push.bind(source.requests)
  source.requests.push = (...more) => {
    at.push(clock.now())
    return push(...more)
  }
  const startedMs = clock.now()
  feed.end()
  await clock.advance(hours * 60 * MINUTE)
  const gaps = at.slice(1).map((ms, i) => ms - (at[i] as number))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(capMs)
  expect(clock.now() - (at.at(-1) as number)).toBeLessThanOrEqual(capMs)
  // A wait of 9 to 27 s, and at most two requests between two waits.
  expect(at.filter((ms) => ms - startedMs > 60 * MINUTE).length).toBeLessThan((hours - 1) * 2 * (3600 / 9))
  // Of the two draws that alternate, not all waits are the same.
  expect(new Set(gaps.slice(20).filter((ms) => ms > 0)).size).toBeGreaterThan(1)
  expect([informer.lister.size, informer.state.kind]).toEqual([1, 'Synced'])
})
