import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import type { ApiUnreachableError } from '../../runtime/kube/api-unreachable.ts'
import { createKubeClient } from '../../runtime/kube/client.ts'
import { FairGate } from '../../runtime/kube/fair-gate.ts'
import { createFakeClock } from '../fake-clock.ts'
import { answer, type Respond, statusOf } from './scripted-server.ts'
import { tempDir } from './temp-dir.ts'
import { startBench } from './test-client.ts'

const GET = { method: 'GET', path: '/api' } as const
const POST = { method: 'POST', path: '/api', body: '{}' } as const

/** Answers the first requests with these codes, later ones with 200. */
function codes(...list: { code: number; headers?: Record<string, string> }[]): Respond {
  let next = 0
  return (_, response) => {
    const { code, headers } = list[next++] ?? { code: 200 }
    answer(response, code < 400 ? { ok: true } : statusOf(code, `Reason${code}`), code, headers)
  }
}

/** Waits until so many attempts are over, so that what comes next waits for the clock alone. */
const attempts = (seen: readonly unknown[], count: number) =>
  vi.waitFor(() => expect(seen).toHaveLength(count), { timeout: 5_000, interval: 5 })

test('KubeClient.request() sends method, path, query, headers and body, and answers code, headers and text', async () => {
  const { server, client, seen } = await startBench((_, response) =>
    answer(response, { name: 'ä€' }, 201, { 'x-a': 'b' }),
  )
  const query = { fieldManager: 'a&b', dryRun: undefined, force: true, limit: 5 }
  const got = await client.request({
    method: 'PATCH',
    path: '/x?a=1',
    query,
    body: '{"ä":1}',
    contentType: 'application/y',
  })
  expect(got).toMatchObject({ code: 201, text: '{"name":"ä€"}', headers: { 'x-a': 'b' } })
  expect(server.requests[0]).toMatchObject({
    method: 'PATCH',
    url: '/x?a=1&fieldManager=a%26b&force=true&limit=5',
    body: '{"ä":1}',
    headers: {
      authorization: 'Bearer s3cret',
      'user-agent': 'ostler/0.0.0',
      accept: 'application/json',
      'content-type': 'application/y',
    },
  })
  expect(server.requests[0]?.headers['accept-encoding']).toBeUndefined()
  const host = new URL(server.url).host
  expect(seen).toEqual([{ method: 'PATCH', host, code: '201', seconds: expect.any(Number) }])
})

test('KubeClient.request() as another user sends that name alone, and nothing of whom the kubeconfig impersonates', async () => {
  const user = { impersonateUser: 'boss', impersonateUid: '7', impersonateGroups: ['system:masters'] }
  const { server, client } = await startBench(codes(), { user })
  await client.request({ ...GET, as: 'system:serviceaccount:demo:web' })
  await client.request({ ...GET, as: '' })
  for await (const _ of await client.stream({ ...GET, as: 'jane' })) break
  const names = (index: number) =>
    Object.entries(server.requests[index]?.headers ?? {}).filter(([name]) => name.startsWith('impersonate-'))
  expect(names(0)).toEqual([['impersonate-user', 'system:serviceaccount:demo:web']])
  expect(Object.fromEntries(names(1))).toEqual({
    'impersonate-user': 'boss',
    'impersonate-uid': '7',
    'impersonate-group': 'system:masters',
  })
  expect(names(2)).toEqual([['impersonate-user', 'jane']])
})

test('KubeClient.request() keeps the path in front of a server’s own', async () => {
  const { server } = await startBench(codes())
  const cluster = { name: 'c', server: `${server.url}/k8s/clusters/7/`, skipTLSVerify: false }
  const kubeConfig = { description: '', cluster, user: { name: 'u' }, namespace: undefined }
  const client = createKubeClient({ kubeConfig, clock: createFakeClock(), userAgent: 'x' })
  await client.request(GET)
  expect(server.requests[0]?.url).toBe('/k8s/clusters/7/api')
  await client.close()
})

test('KubeClient with 2,000 requests, 50 at a time, opens at most its 32 connections', async () => {
  const { server, client } = await startBench(codes())
  let left = 2_000
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (left-- > 0) await client.request(POST)
    }),
  )
  expect(server.requests).toHaveLength(2_000)
  expect(server.connections).toBeLessThanOrEqual(32)
})

test('KubeClient with 40 open streams still has connections for requests', async () => {
  const { client } = await startBench((request, response) => {
    if (request.url.startsWith('/watch')) response.writeHead(200).flushHeaders()
    else answer(response, {})
  })
  const streams = await Promise.all(Array.from({ length: 40 }, () => client.stream({ method: 'GET', path: '/watch' })))
  expect((await client.request(GET)).code).toBe(200)
  await Promise.all(streams.map((stream) => stream.return?.()))
})

test('KubeClient.request() answered with a Status throws a KubeStatusError with its fields', async () => {
  const details = { causes: [{ field: 'spec.port', message: 'too big' }] }
  const { client } = await startBench((_, response) =>
    answer(response, statusOf(422, 'Invalid', 'no good', details), 422),
  )
  await expect(client.request(POST)).rejects.toMatchObject({
    name: 'KubeStatusError',
    code: 422,
    reason: 'Invalid',
    message: 'no good',
    details,
  })
})

test('KubeClient.request() answered with 429 waits as long as the server asks, a write too', async () => {
  const { server, client, clock, seen } = await startBench(codes({ code: 429, headers: { 'retry-after': '7' } }))
  const done = client.request(POST)
  await attempts(seen, 1)
  await clock.advance(6_900)
  expect(server.requests).toHaveLength(1)
  await clock.advance(100)
  expect((await done).code).toBe(200)
})

test('KubeClient.request() answered with 429 again and again gives up after the tenth', async () => {
  const { server, client } = await startBench((_, response) =>
    answer(response, statusOf(429, 'TooManyRequests'), 429, { 'retry-after': '0' }),
  )
  const clock = createFakeClock()
  const kubeConfig = {
    description: '',
    cluster: { name: 'c', server: server.url, skipTLSVerify: false },
    user: { name: 'u' },
    namespace: undefined,
  }
  const impatient = createKubeClient({ kubeConfig, clock: { ...clock, sleep: async () => {} }, userAgent: 'x' })
  await expect(impatient.request(GET)).rejects.toMatchObject({ code: 429, retryAfterMs: 0 })
  expect(server.requests).toHaveLength(10)
  await impatient.close()
  await client.close()
})

test('KubeClient.request() that waits for a Retry-After ends when its signal aborts', async () => {
  const { server, client, clock, seen } = await startBench(codes({ code: 503, headers: { 'retry-after': '60' } }))
  const abort = new AbortController()
  const done = client.request({ ...GET, signal: abort.signal })
  await attempts(seen, 1)
  await clock.advance(10)
  abort.abort(new Error('call over'))
  await expect(done).rejects.toThrow('call over')
  expect(server.requests).toHaveLength(1)
})

test('KubeClient.request() by a user takes its turn at the gate, and one without a user goes at once', async () => {
  const held: (() => void)[] = []
  let inFlight = 0
  let most = 0
  const gate = new FairGate({ slots: 2, slotsPerUser: 2 })
  const { client } = await startBench(
    (request, response) => {
      if (request.url !== '/held') return answer(response, {})
      most = Math.max(most, ++inFlight)
      held.push(() => {
        inFlight--
        answer(response, {})
      })
    },
    { gate },
  )
  const done = Array.from({ length: 5 }, () => client.request({ method: 'GET', path: '/held', user: 'a' }))
  for (let i = 0; i < 5; i++) {
    await vi.waitFor(() => expect(held.length).toBeGreaterThan(i))
    expect((await client.request(GET)).code).toBe(200)
    held[i]?.()
  }
  await Promise.all(done)
  expect(most).toBe(2)
})

test('KubeClient.request() waiting for a Retry-After holds no slot of the gate', async () => {
  const gate = new FairGate({ slots: 1, slotsPerUser: 1 })
  const { client, clock, seen } = await startBench(codes({ code: 429, headers: { 'retry-after': '5' } }), { gate })
  const waits = client.request({ ...GET, user: 'a' })
  await attempts(seen, 1)
  expect((await client.request({ ...GET, user: 'b' })).code).toBe(200)
  await clock.advance(5_000)
  expect((await waits).code).toBe(200)
})

test('KubeClient.request() refused with 401 reads its token again and repeats', async () => {
  const { write } = tempDir()
  const tokenFile = write('token', 'old')
  const { server, client } = await startBench(
    (request, response) =>
      request.headers.authorization === 'Bearer new'
        ? answer(response, {})
        : answer(response, statusOf(401, 'Unauthorized'), 401),
    { user: { tokenFile } },
  )
  await expect(client.request(POST)).rejects.toMatchObject({ code: 401 })
  expect(server.requests).toHaveLength(1)
  write('token', 'new')
  expect((await client.request(POST)).code).toBe(200)
  expect(server.requests).toHaveLength(3)
})

test('KubeClient with a rotated token file sends the new token within a minute, though the old one still works', async () => {
  const { write } = tempDir()
  const { server, client, clock } = await startBench(codes(), { user: { tokenFile: write('token', 'old') } })
  await client.request(GET)
  write('token', 'new')
  await clock.advance(60_000)
  await client.request(GET)
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
  expect(server.connections).toBeLessThanOrEqual(2)
})

test('KubeClient.request() to a closed port is API_UNREACHABLE and surely not sent', async () => {
  const { server, client, seen } = await startBench(codes())
  await server.close()
  const error = (await client.request(POST).catch((thrown: unknown) => thrown)) as ApiUnreachableError
  expect(error).toMatchObject({ code: 'API_UNREACHABLE', notSent: true, cause: { code: 'ECONNREFUSED' } })
  expect(error.message).toBe(`Cannot POST ${server.url}/api: connect ECONNREFUSED ${new URL(server.url).host}`)
  expect(seen).toEqual([expect.objectContaining({ code: '<error>' })])
})

test('KubeClient.request() whose connection breaks before the answer is API_UNREACHABLE, perhaps sent, and a write is not repeated', async () => {
  const { server, client } = await startBench((_, __, raw) => raw.socket.destroy())
  await expect(client.request(POST)).rejects.toMatchObject({ code: 'API_UNREACHABLE', notSent: false })
  expect(server.requests).toHaveLength(1)
})

test('KubeClient.request() whose connection breaks in the middle of the answer is API_UNREACHABLE', async () => {
  const { client } = await startBench((_, response, raw) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"half":', () => raw.socket.destroy())
  })
  await expect(client.request(POST)).rejects.toMatchObject({ code: 'API_UNREACHABLE', notSent: false })
})

test('KubeClient.request() that reads over a connection that has just been closed is repeated once', async () => {
  let broken = false
  const { server, client, clock } = await startBench((_, response, raw) => {
    if (broken) return answer(response, {})
    broken = true
    raw.socket.destroy()
  })
  const done = client.request(GET)
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await vi.waitFor(async () => {
    await clock.advance(1)
    expect(server.requests).toHaveLength(2)
  })
  expect((await done).code).toBe(200)
})

test('KubeClient.request() without an answer is API_UNREACHABLE after its time, and its connection is closed', async () => {
  const { server, client, clock } = await startBench(() => {})
  const failed = expect(client.request(GET)).rejects.toMatchObject({
    code: 'API_UNREACHABLE',
    notSent: false,
    message: `Cannot GET ${server.url}/api: no whole answer within 60000 ms`,
  })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await clock.advance(60_000)
  await failed
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.request() that timed out while it waited for a connection was surely not sent', async () => {
  const { server, client, clock } = await startBench(() => {})
  const sent: string[] = []
  const ask = (name: string, timeoutMs: number) =>
    client
      .request({ ...POST, timeoutMs, onSent: () => sent.push(name) })
      .catch((error: unknown) => error as ApiUnreachableError)
  const first = Array.from({ length: 32 }, (_, i) => ask(`${i}`, 60_000))
  await vi.waitFor(() => expect(server.requests).toHaveLength(32))
  const queued = ask('queued', 1_000)
  await clock.advance(1_000)
  expect(await queued).toMatchObject({ code: 'API_UNREACHABLE', notSent: true })
  await clock.advance(60_000)
  expect((await Promise.all(first)).every((error) => (error as ApiUnreachableError).notSent === false)).toBe(true)
  expect(server.requests).toHaveLength(32)
  expect(sent).not.toContain('queued')
  expect(sent).toHaveLength(32)
})

test('KubeClient.request() whose signal aborts rejects with its reason and closes the connection', async () => {
  const { server, client, clock } = await startBench(() => {})
  const abort = new AbortController()
  const done = client.request({ ...GET, signal: abort.signal })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  abort.abort(new Error('deadline'))
  await expect(done).rejects.toThrow('deadline')
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
  expect(clock.pending).toBe(0)
})

test('KubeClient.request() with a signal that has aborted sends nothing', async () => {
  const { server, client } = await startBench(codes())
  const signal = AbortSignal.abort(new Error('too late'))
  await expect(client.request({ ...GET, signal })).rejects.toThrow('too late')
  await client.request(GET)
  expect(server.requests).toHaveLength(1)
})

test('KubeClient.request() of an answer above its cap stops reading and says so', async () => {
  const { server, client } = await startBench((_, response) => {
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
    }
    response.on('drain', more)
    more()
  })
  await expect(client.request({ ...GET, maxBytes: 1_000_000 })).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: `Cannot GET ${server.url}/api: the answer is longer than 1000000 bytes; ask for less at once`,
  })
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.request() to something that speaks no HTTP is API_UNREACHABLE', async () => {
  const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const port = (other.address() as { port: number }).port
  const cluster = { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: false }
  const kubeConfig = { description: '', cluster, user: { name: 'u', token: 's3cret' }, namespace: undefined }
  const client = createKubeClient({ kubeConfig, clock: createFakeClock(), userAgent: 'x' })
  const error = await client.request(POST).catch((thrown: unknown) => thrown as Error)
  expect(error).toMatchObject({ code: 'API_UNREACHABLE' })
  expect((error as Error).message).not.toContain('s3cret')
  await client.close()
  other.close()
})

test('KubeClient.close() breaks off what runs or waits, and refuses what comes after', async () => {
  const { server, client, clock, seen } = await startBench((request, response) => {
    if (request.url === '/wait') answer(response, statusOf(429, 'TooManyRequests'), 429, { 'retry-after': '9' })
  })
  const shuttingDown = { code: 'SHUTTING_DOWN' }
  const running = expect(client.request(GET)).rejects.toMatchObject(shuttingDown)
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  const waiting = expect(client.request({ ...GET, path: '/wait' })).rejects.toMatchObject(shuttingDown)
  await attempts(seen, 1)
  await clock.advance(1)
  await client.close()
  await Promise.all([running, waiting])
  await expect(client.request(GET)).rejects.toMatchObject(shuttingDown)
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})
