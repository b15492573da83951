import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts'
import { describeRequest, isList } from './proxied-request.ts'

const WIDGETS = '/apis/bench.example.com/v1/namespaces/default/widgets'

/** A server that answers watches with nothing until `send`, and everything else with its request's headers. */
async function startTarget() {
  const watches: ServerResponse[] = []
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    if (!request.url?.includes('watch=true')) return response.end(JSON.stringify(request.headers))
    watches.push(response)
    response.flushHeaders()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watches,
    send: (text: string) => watches.at(-1)?.write(text),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

let target: Awaited<ReturnType<typeof startTarget>>
let proxy: FaultyProxy

beforeEach(async () => {
  target = await startTarget()
  proxy = await startFaultyProxy({ url: target.url, token: 'secret' })
})

afterEach(async () => {
  await proxy.close()
  target.close()
})

/** An open watch through the proxy, whose text grows as bytes come, and how it ended. */
async function openWatch() {
  const response = await fetch(`${proxy.url}${WIDGETS}?watch=true`)
  const watch = { text: '', ended: undefined as 'clean' | 'broken' | undefined }
  const read = async () => {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) watch.text += Buffer.from(chunk).toString()
  }
  read().then(
    () => {
      watch.ended = 'clean'
    },
    () => {
      watch.ended = 'broken'
    },
  )
  return watch
}

test("FaultyProxy forwards a request with the target's token and counts it by kind", async () => {
  const response = await fetch(`${proxy.url}${WIDGETS}?limit=5`)
  expect(await response.json()).toMatchObject({ authorization: 'Bearer secret' })
  expect(proxy.count((request) => request.kind === 'list' && request.query.limit === '5')).toBe(1)
  expect(proxy.count((request) => request.kind === 'watch')).toBe(0)
})

test('FaultyProxy.answerOnce() fails one matching request, which the target does not see', async () => {
  const done = proxy.answerOnce((request) => request.kind === 'list', {
    code: 429,
    reason: 'TooManyRequests',
    headers: { 'retry-after': '1' },
  })
  expect((await fetch(`${proxy.url}${WIDGETS}/a`)).status).toBe(200)
  const failed = await fetch(`${proxy.url}${WIDGETS}`)
  expect([failed.status, failed.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await failed.json()).toMatchObject({ kind: 'Status', code: 429, reason: 'TooManyRequests' })
  await done
  expect((await fetch(`${proxy.url}${WIDGETS}`)).status).toBe(200)
})

test('FaultyProxy.answerOnce() as a watch event is 200 with an ERROR', async () => {
  void proxy.answerOnce(({ kind }) => kind === 'watch', { code: 410, reason: 'Expired', asWatchEvent: true })
  const response = await fetch(`${proxy.url}${WIDGETS}?watch=true`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
})

test('FaultyProxy.holdOnce() keeps one matching request until its release; others pass it', async () => {
  const held = proxy.holdOnce(({ kind }) => kind === 'list')
  const slow = fetch(`${proxy.url}${WIDGETS}`)
  const { release } = await held
  let isAnswered = false
  void slow.then(() => {
    isAnswered = true
  })
  expect((await fetch(`${proxy.url}${WIDGETS}`)).status).toBe(200)
  expect(isAnswered).toBe(false)
  release()
  expect((await slow).status).toBe(200)
})

test('FaultyProxy.stallWatches() silences a watch without ending it, until resumeWatches()', async () => {
  const watch = await openWatch()
  target.send('one\n')
  await vi.waitFor(() => expect(watch.text).toBe('one\n'))
  proxy.stallWatches()
  target.send('two\n')
  await (await fetch(`${proxy.url}${WIDGETS}`)).text() // other requests pass, and by then `two` would have come
  expect(watch).toEqual({ text: 'one\n', ended: undefined })
  proxy.resumeWatches()
  await vi.waitFor(() => expect(watch.text).toBe('one\ntwo\n'))
})

test.each(['reset', 'clean'] as const)(
  'FaultyProxy.cutWatch() with a %s ending cuts in the middle of an object',
  async (ending) => {
    const watch = await openWatch()
    const done = proxy.cutWatch(({ resource }) => resource === 'widgets', ending)
    target.send('{"type":"ADDED"}\n')
    await done
    await vi.waitFor(() => expect(watch).toEqual({ text: '{"type":', ended: ending === 'clean' ? 'clean' : 'broken' }))
  },
)

test('FaultyProxy.dropConnections() breaks an open watch and serves the next one', async () => {
  const watch = await openWatch()
  proxy.dropConnections()
  await vi.waitFor(() => expect(watch.ended).toBe('broken'))
  await openWatch()
  expect(proxy.count(({ kind }) => kind === 'watch')).toBe(2)
})

test('FaultyProxy.refuse() leaves an open watch alone and refuses connections until accept()', async () => {
  const watch = await openWatch()
  await proxy.refuse()
  await expect(fetch(proxy.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  target.send('one\n')
  await vi.waitFor(() => expect(watch).toEqual({ text: 'one\n', ended: undefined }))
  await proxy.accept()
  expect((await fetch(proxy.url)).status).toBe(200)
})

test('FaultyProxy cuts the connection when its target is away', async () => {
  target.close()
  await expect(fetch(`${proxy.url}${WIDGETS}`)).rejects.toThrow()
})

test.each([
  ['GET', '/api/v1/pods', 'list', 'pods', undefined, undefined],
  ['GET', '/api/v1/namespaces/a', 'get', 'namespaces', undefined, 'a'],
  ['PUT', '/api/v1/namespaces/a/status', 'update', 'namespaces', undefined, 'a'],
  ['GET', `${WIDGETS}?watch=1`, 'watch', 'widgets', 'default', undefined],
  ['PATCH', `${WIDGETS}/w/status`, 'patch', 'widgets', 'default', 'w'],
  ['DELETE', WIDGETS, 'deletecollection', 'widgets', 'default', undefined],
  ['GET', '/apis', 'other', '', undefined, undefined],
  ['GET', '/apis/apps/v1', 'other', '', undefined, undefined],
  ['GET', '/readyz', 'other', '', undefined, undefined],
])('describeRequest() of %s %s is a %s', (method, url, kind, resource, namespace, name) => {
  expect(describeRequest({ method, url })).toMatchObject({ kind, resource, namespace, name })
})

test('isList() counts a watch that begins with all objects, and no other watch', () => {
  const lists = [WIDGETS, `${WIDGETS}?watch=true&sendInitialEvents=true`, `${WIDGETS}?watch=true&resourceVersion=7`]
  expect(lists.map((url) => isList(describeRequest({ method: 'GET', url })))).toEqual([true, true, false])
})
