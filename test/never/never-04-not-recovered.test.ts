import { expect, test } from 'vitest'
import { Informer } from '../../runtime/informer/informer.ts'
import { DEMO } from '../controller/scripted-controller.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, entryOf, statusError } from '../informer/feed.ts'
import { eventually, startHosted } from './hosted.ts'

/** An informer that holds a@1 and b@1 and watches from 10. */
async function startInformer() {
  const clock = createFakeClock()
  const source = createScriptedListWatch()
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => source, clock, random: () => 0.5 })
  const feed = source.nextWatch().push([], [apply('a', 1), apply('b', 1), bookmark(10, true)])
  informer.start()
  await settle()
  const held = () => informer.lister.list().map(({ name, resourceVersion }) => `${name}@${resourceVersion}`)
  return { clock, source, informer, feed, held }
}

test.each([
  ['a 410', statusError(410, 'too old resource version')],
  ['a version from before an etcd restore', statusError(504, 'Too large resource version: 9000, current: 12')],
  ['a version that is not one of this server', statusError(400, 'invalid resource version')],
])('never-04: a watch that meets %s lists anew, and drops what went meanwhile', async (_, error) => {
  const { clock, source, feed, held } = await startInformer()
  source.nextWatch().push([], [apply('a', 20), bookmark(21, true)])
  feed.fail(error)
  await clock.advance(1000)
  expect(held()).toEqual(['a@20'])
})

test('never-04: a 410 between two pages leads to a list in one page', async () => {
  const clock = createFakeClock()
  const source = createScriptedListWatch()
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => source, clock, random: () => 0.5 })
  source.nextWatch().fail(statusError(400))
  source.nextList().push({ entries: [entryOf('a', 1)], end: { resourceVersion: '9', continueToken: 'more' } })
  source.nextList().fail(statusError(410))
  source.nextList().push({ entries: [entryOf('b', 2)], end: { resourceVersion: '10', continueToken: undefined } })
  informer.start()
  await clock.advance(5000)
  expect([informer.hasSynced, informer.lister.list().map(({ name }) => name)]).toEqual([true, ['b']])
  expect(source.requests[3]).toEqual({ verb: 'list' })
})

test.each([
  ['breaks off', new Error('read ECONNRESET')],
  ['is refused while the server restarts', new Error('connect ECONNREFUSED')],
  ['breaks off within an object', new SyntaxError('broke off in the middle of a line')],
  ['gets a 500', statusError(500)],
])('never-04: a watch that %s goes on from the last version seen, and misses nothing', async (_, error) => {
  const { clock, source, feed, held } = await startInformer()
  for (let i = 0; i < 3; i++) source.nextWatch().fail(error)
  const next = source.nextWatch().push([])
  feed.push([apply('a', 12)]).fail(error)
  await clock.advance(60_000)
  next.push([apply('c', 13)])
  await settle()
  expect(held()).toEqual(['a@12', 'b@1', 'c@13'])
  expect(source.requests.slice(1)).toHaveLength(4)
  for (const request of source.requests.slice(1))
    expect(request).toMatchObject({ verb: 'watch', resourceVersion: '12' })
})

test('never-04: a kind that is absent at start, comes, goes and comes again is a state, and one host lives through it', async () => {
  const clock = createFakeClock()
  const { api, get, metric } = await startHosted({
    handlers: { demos: 'export const reconcile = async ({ metadata }) => ({ status: { seen: metadata.uid } })' },
    clock,
  })
  api.isServed = false
  api.breakWatches()
  const advanceUntil = (check: () => Promise<unknown> | unknown) =>
    eventually(async () => {
      await clock.advance(500)
      await check()
    })
  const state = async (name: string) => expect((await get('/readyz?verbose')).text).toContain(`[+] demos ${name}`)
  await advanceUntil(() => state('WaitingForCRD: The API server does not serve "demo.io/v1/Demo" yet'))
  expect(await metric('ostler_controller_state{controller="demos",state="WaitingForCRD"}')).toBe(1)
  expect((await get('/readyz')).status).toBe(200)
  for (const name of ['x', 'y']) {
    api.isServed = true
    const { metadata } = api.put(name)
    await advanceUntil(() => expect(api.get(name)?.status).toEqual({ seen: metadata?.uid }))
    await advanceUntil(() => state('Running'))
    api.isServed = false
    await advanceUntil(() => state('WaitingForCRD'))
    expect(await metric('ostler_informer_objects{kind="demo.io/v1/Demo",namespace="",selector="",identity=""}')).toBe(0)
  }
})
