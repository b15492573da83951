import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'
import { createFakeClock, type FakeClock } from '../../fake-clock.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
let clock: FakeClock
let server: ApiServer

beforeEach(async () => {
  clock = createFakeClock()
  server = await createApiServer({
    tokens: [{ token: 'admin', user: { name: 'admin', groups: ['system:masters'] } }],
    defaultToken: 'admin',
    clock,
  })
  await expect.poll(() => server.isIdle).toBe(true)
})
afterEach(() => server.close())

interface WatchEvent {
  readonly type: string
  readonly object: { metadata: { name?: string; resourceVersion?: string }; code?: number }
}

/** The events of a watch, one at a time; undefined: it has ended. */
async function openWatch(query: string): Promise<() => Promise<WatchEvent | undefined>> {
  const answer = await fetch(`${server.url}${MAPS}?watch=1&${query}`)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  return async () => {
    for (;;) {
      const end = text.indexOf('\n')
      if (end >= 0) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        return JSON.parse(line) as WatchEvent
      }
      const { done, value } = await reader.read()
      if (done) return undefined
      text += decoder.decode(value, { stream: true })
    }
  }
}

const current = () => String(server.store.revision)

test('A watch that allows bookmarks gets one each minute, at the revision that the store has come to', async () => {
  const next = await openWatch(`resourceVersion=${current()}&allowWatchBookmarks=true`)
  await clock.advance(60_000)
  expect(await next()).toMatchObject({ type: 'BOOKMARK', object: { metadata: { resourceVersion: current() } } })
  await server.client.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'elsewhere' } })
  await clock.advance(60_000)
  expect(await next()).toMatchObject({ type: 'BOOKMARK', object: { metadata: { resourceVersion: current() } } })
})

test('A watch ends at timeoutSeconds, with a last bookmark where it allows them', async () => {
  const [next, bare] = await Promise.all([
    openWatch(`resourceVersion=${current()}&allowWatchBookmarks=true&timeoutSeconds=7`),
    openWatch(`resourceVersion=${current()}&timeoutSeconds=7`),
  ])
  await clock.advance(7_000)
  expect(await next()).toMatchObject({ type: 'BOOKMARK', object: { metadata: { resourceVersion: current() } } })
  expect(await next()).toBeUndefined()
  expect(await bare()).toBeUndefined()
})

test('A list of a revision that is not there yet waits three seconds for it, and is a 504 then', async () => {
  const asked = server.store.revision + 1
  const pending = clock.pending
  const answer = fetch(`${server.url}${MAPS}?resourceVersion=${asked}`)
  await expect.poll(() => clock.pending).toBe(pending + 1)
  await clock.advance(3_000)
  expect((await answer).status).toBe(504)
})

test('A list of a revision that is not there yet is answered as soon as it is', async () => {
  const asked = server.store.revision + 1
  const pending = clock.pending
  const answer = fetch(`${server.url}${MAPS}?resourceVersion=${asked}`)
  await expect.poll(() => clock.pending).toBe(pending + 1)
  await server.client.request('POST', MAPS, { metadata: { name: 'awaited' } })
  const list = (await (await answer).json()) as { items: { metadata: { name: string } }[] }
  expect(list.items.map(({ metadata }) => metadata.name)).toContain('awaited')
})
