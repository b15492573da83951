import type { ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import { answer, statusOf } from './scripted-server.ts'
import { startBench } from './test-client.ts'

const WATCH = { method: 'GET', path: '/api/v1/pods', query: { watch: true } } as const

/** A server whose streams stay open, and its answers in the order they came. */
async function startWatchBench() {
  const open: ServerResponse[] = []
  const bench = await startBench((_, response) => {
    open.push(response)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
  })
  return { ...bench, open }
}

test('KubeClient.stream() resolves with the headers, and yields what the server sends as it comes', async () => {
  const { client, open } = await startWatchBench()
  const stream = await client.stream(WATCH)
  open[0]?.write('{"type":"ADDED"}\n')
  expect((await stream.next()).value?.toString()).toBe('{"type":"ADDED"}\n')
  open[0]?.write('{"type":"DELETED"}\n')
  expect((await stream.next()).value?.toString()).toBe('{"type":"DELETED"}\n')
  open[0]?.end()
  expect((await stream.next()).done).toBe(true)
})

test('KubeClient.stream() whose reader leaves closes the connection', async () => {
  const { client, server, open } = await startWatchBench()
  const stream = await client.stream(WATCH)
  open[0]?.write('one')
  for await (const chunk of stream) {
    expect(chunk.toString()).toBe('one')
    break
  }
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.stream() that is left before the first read closes the connection', async () => {
  const { client, server } = await startWatchBench()
  const stream = await client.stream(WATCH)
  await stream.return?.()
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.stream() whose signal aborts ends the read with its reason and closes the connection', async () => {
  const { client, server } = await startWatchBench()
  const abort = new AbortController()
  const stream = await client.stream({ ...WATCH, signal: abort.signal })
  const read = expect(stream.next()).rejects.toThrow('idle')
  abort.abort(new Error('idle'))
  await read
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.stream() that aborts while nobody reads closes the connection, and a later read tells the reason', async () => {
  const { client, server } = await startWatchBench()
  const abort = new AbortController()
  const stream = await client.stream({ ...WATCH, signal: abort.signal })
  abort.abort(new Error('idle'))
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
  await expect(stream.next()).rejects.toThrow('idle')
})

test('KubeClient.stream() that aborts before the headers rejects with the reason', async () => {
  const { client, server } = await startBench(() => {})
  const abort = new AbortController()
  const stream = client.stream({ ...WATCH, signal: abort.signal })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  abort.abort(new Error('stopped'))
  await expect(stream).rejects.toThrow('stopped')
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.stream() that the server breaks off throws API_UNREACHABLE from the read', async () => {
  const { client, open } = await startWatchBench()
  const stream = await client.stream(WATCH)
  open[0]?.write('half')
  expect((await stream.next()).value?.toString()).toBe('half')
  open[0]?.socket?.destroy()
  await expect(stream.next()).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
})

test('KubeClient.stream() answered with 410 throws the KubeStatusError', async () => {
  const { client, seen } = await startBench((_, response) => answer(response, statusOf(410, 'Expired', 'too old'), 410))
  await expect(client.stream(WATCH)).rejects.toMatchObject({ code: 410, reason: 'Expired', message: 'too old' })
  expect(seen).toEqual([expect.objectContaining({ code: '410' })])
})

test('KubeClient.stream() answered with 429 leaves the wait to its caller', async () => {
  const { client, server } = await startBench((_, response) =>
    answer(response, statusOf(429, 'TooManyRequests'), 429, { 'retry-after': '4' }),
  )
  await expect(client.stream(WATCH)).rejects.toMatchObject({ code: 429, retryAfterMs: 4_000 })
  expect(server.requests).toHaveLength(1)
})

test('KubeClient.stream() to a closed port is API_UNREACHABLE', async () => {
  const { client, server } = await startBench(() => {})
  await server.close()
  await expect(client.stream(WATCH)).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
})

test('KubeClient.stream() with a failure whose text does not end still fails', async () => {
  const { client, clock, server } = await startBench((_, response) => response.writeHead(502).write('Bad Gate'))
  const failed = expect(client.stream(WATCH)).rejects.toMatchObject({ code: 502 })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await vi.waitFor(() => expect(clock.pending).toBe(1))
  await clock.advance(60_000)
  await failed
})

test('KubeClient.close() ends an open stream', async () => {
  const { client, server } = await startWatchBench()
  const stream = await client.stream(WATCH)
  const read = expect(stream.next()).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
  await client.close()
  await read
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})
