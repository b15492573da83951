import { expect, onTestFinished, test, vi } from 'vitest'
import { Informer } from '../../runtime/informer/informer.ts'
import { createListWatch, type StreamRequest } from '../../runtime/informer/list-watch.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { DEMO } from '../controller/scripted-controller.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, objectOf } from '../informer/feed.ts'

/** An informer on a server that answers requests one after the other; an error is thrown, a text comes in one chunk. */
function startInformer(...answers: (string | Error)[]) {
  const queries: StreamRequest['query'][] = []
  const client = {
    async stream({ query }: StreamRequest): Promise<AsyncIterable<Buffer>> {
      queries.push(query)
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return (async function* () {
        if (answer !== undefined) yield Buffer.from(answer)
        if (answer === undefined || query.watch !== undefined) await new Promise(() => {})
      })()
    },
  }
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const clock = createFakeClock()
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: (resource) => createListWatch(client, resource), clock })
  onTestFinished(() => informer.stop())
  informer.start()
  return { informer, queries }
}

const refusal = new KubeStatusError('no', { code: 400, reason: '', details: undefined, retryAfterMs: undefined })

test('never-05: the first list is asked for as a stream of events', async () => {
  const { queries } = startInformer()
  await settle()
  expect(queries).toMatchObject([{ watch: 1, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }])
})

test('never-05: a server that does not stream lists is asked for pages', async () => {
  const page = (name: string, next: string) =>
    JSON.stringify({ metadata: { resourceVersion: '9', continue: next }, items: [objectOf(name, 1)] })
  const { informer, queries } = startInformer(refusal, page('a', 'more'), page('b', ''))
  await settle()
  expect(queries.slice(1, 3)).toMatchObject([{ limit: 500 }, { limit: 500, continue: 'more' }])
  expect([informer.hasSynced, informer.lister.size]).toEqual([true, 2])
})

test('never-05: of a page, as of a stream, one object is parsed at a time', async () => {
  const items = Array.from({ length: 200 }, (_, i) => objectOf(`o${i}`, 1, { spec: { text: 'x'.repeat(1000) } }))
  const lines = items.map((object) => JSON.stringify({ type: 'ADDED', object })).join('\n')
  const parse = vi.spyOn(JSON, 'parse')
  onTestFinished(() => parse.mockRestore())
  const streamed = startInformer(`${lines}\n`)
  const paged = startInformer(refusal, JSON.stringify({ metadata: { resourceVersion: '9' }, items }))
  await settle()
  expect([streamed.informer.lister.size, paged.informer.lister.size]).toEqual([200, 200])
  const longest = Math.max(...parse.mock.calls.map(([text]) => text.length))
  expect(longest).toBeLessThan(2000)
})

test('never-05: a relist replaces what is held object by object, and never holds the collection twice', async () => {
  const clock = createFakeClock()
  const source = createScriptedListWatch()
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => source, clock, random: () => 0 })
  onTestFinished(() => informer.stop())
  const all = (version: number) => Array.from({ length: 100 }, (_, i) => apply(`o${i}`, version))
  const feed = source.nextWatch().push([], [...all(10), bookmark(11, true)])
  informer.start()
  await settle()
  const { bytes } = informer.lister
  const most: number[] = []
  informer.subscribe({ changed: () => most.push(informer.lister.bytes) })
  source.nextWatch().push([], [...all(20), bookmark(21, true)])
  feed.fail(new KubeStatusError('expired', { code: 410, reason: '', details: undefined, retryAfterMs: undefined }))
  await clock.advance(1000)
  expect(most).toEqual(Array(100).fill(bytes))
})
