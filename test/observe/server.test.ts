import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { parseListenAddress } from '../../runtime/observe/listen-address.ts'
import { isLoopbackAddress, isLoopbackHost } from '../../runtime/observe/loopback.ts'
import type { Overview } from '../../runtime/observe/page.ts'
import {
  type Readiness,
  type ReplayRef,
  type Server,
  type ServerSource,
  startServer,
} from '../../runtime/observe/server.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

const parked = {
  controller: 'a',
  namespace: 'default',
  name: 'x',
  since: '2026-01-02T12:03:04Z',
  attempts: 3,
  message: 'boom',
}

const overview: Overview = {
  version: '1.2.3',
  cluster: 'context demo',
  ok: true,
  problems: [],
  controllers: [],
  parked: [parked],
  troubles: [],
}

async function serve(source: Partial<ServerSource> = {}, listen = '127.0.0.1:0') {
  const replays: (ReplayRef & { controller: string })[] = []
  const errors: string[] = []
  const server = await startServer({
    listen,
    log: { error: (message) => void errors.push(message) },
    ready: () => ({ ok: true, controllers: [] }),
    parked: () => [parked],
    replay: (controller, ref) => {
      replays.push({ controller, ...ref })
      return controller === 'a' && ref.name === 'x'
    },
    overview: () => overview,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    ...source,
  })
  onTestFinished(() => server.close())
  return { server, replays, errors, ask: (path: string, options?: Ask) => ask(server, path, options) }
}

/** By node:http, as fetch() does not let the Host header be chosen. */
function ask({ address }: Server, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host, port } = address
    const outgoing = request(
      { host: host === '0.0.0.0' ? '127.0.0.1' : host, port, path, method, headers },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }))
      },
    )
    outgoing.on('error', reject).end(body)
  })
}

const JSON_TYPE = { 'content-type': 'application/json' }

test('/livez answers whatever the source says', async () => {
  const { ask } = await serve({
    ready: () => {
      throw new Error('broken')
    },
  })
  expect(await ask('/livez')).toMatchObject({ status: 200, body: 'ok\n' })
})

test('/readyz is 200 or 503, naming who is not ready', async () => {
  let readiness: Readiness = { ok: true, controllers: [{ name: 'a', state: 'Running', ok: true }] }
  const { ask } = await serve({ ready: () => readiness })
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
  readiness = {
    ok: false,
    problems: ['the API server\nhas not answered yet'],
    controllers: [
      { name: 'a', state: 'Running', ok: true },
      { name: 'b', state: 'Syncing', message: 'listing', ok: false },
    ],
  }
  expect(await ask('/readyz')).toMatchObject({
    status: 503,
    body: '[-] b Syncing: listing\n[-] the API server has not answered yet\nnot ready\n',
  })
})

test('/readyz?verbose lists every controller with its state', async () => {
  const controllers = [
    { name: 'a', state: 'Running', ok: true },
    { name: 'b', state: 'WaitingForCRD', message: 'crddemo.k8s.io/v1/Mydemo\nis not served', ok: true },
  ]
  const { ask } = await serve({ ready: () => ({ ok: true, controllers }) })
  expect(await ask('/readyz?verbose')).toMatchObject({
    status: 200,
    body: '[+] a Running\n[+] b WaitingForCRD: crddemo.k8s.io/v1/Mydemo is not served\nready\n',
  })
})

test('/metrics answers with the registry’s content type; a broken one is 500', async () => {
  const { ask } = await serve()
  const answer = await ask('/metrics')
  expect(answer).toMatchObject({ status: 200, body: 'up 1\n' })
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4')
  const broken = await serve({ metrics: () => Promise.reject(new Error('no')) })
  expect(await broken.ask('/metrics')).toMatchObject({ status: 500 })
  expect(broken.errors).toEqual(['Cannot answer GET /metrics'])
  expect(await broken.ask('/livez')).toMatchObject({ status: 200 })
})

test('/parked is JSON, cut where it grows long', async () => {
  const { ask } = await serve()
  const answer = await ask('/parked')
  expect(answer.headers['content-type']).toBe('application/json')
  expect(JSON.parse(answer.body)).toEqual({ total: 1, parked: [parked] })
  const many = await serve({ parked: () => Array(5_000).fill(parked) })
  const { total, parked: shown } = JSON.parse((await many.ask('/parked')).body)
  expect([total, shown.length]).toEqual([5_000, 1_000])
})

test('Replay passes controller and object on, and says 202', async () => {
  const { ask, replays } = await serve()
  const body = '{"namespace":"default","name":"x"}'
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  expect(await ask('/parked/a/replay', { method: 'POST', headers, body })).toMatchObject({ status: 202 })
  expect(await ask('/parked/a/replay', { method: 'POST', headers, body: '{"name":"x"}' })).toMatchObject({
    status: 202,
  })
  expect(replays).toEqual([
    { controller: 'a', namespace: 'default', name: 'x' },
    { controller: 'a', name: 'x' },
  ])
})

test.each([
  ['/parked/a/replay', '{"name":"y"}', 404, 'is not parked in'],
  ['/parked/b/replay', '{"name":"x"}', 404, 'is not parked in'],
])('Replay at %s with %s is %i', async (path, body, status, text) => {
  const { ask } = await serve()
  const answer = await ask(path, { method: 'POST', headers: JSON_TYPE, body })
  expect(answer.status).toBe(status)
  expect(answer.body).toContain(text)
})

test.each(['', '{', '[]', '"x"', '{}', '{"name":""}', '{"name":1}', '{"name":"x","uid":"y"}', 'null'])(
  'Replay with the body %j is 400 and replays nothing',
  async (body) => {
    const { ask, replays } = await serve()
    expect(await ask('/parked/a/replay', { method: 'POST', headers: JSON_TYPE, body })).toMatchObject({ status: 400 })
    expect(replays).toEqual([])
  },
)

test('Replay with a body above the cap is 413, and the server goes on', async () => {
  const { ask, replays } = await serve()
  const body = JSON.stringify({ name: 'x'.repeat(100_000) })
  expect(await ask('/parked/a/replay', { method: 'POST', headers: JSON_TYPE, body })).toMatchObject({ status: 413 })
  expect(replays).toEqual([])
  expect(await ask('/livez')).toMatchObject({ status: 200 })
})

test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
  'Replay with the content type %j is 403, as a page’s form could send it',
  async (type) => {
    const { ask, replays } = await serve()
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
    expect(await ask('/parked/a/replay', { method: 'POST', headers, body: '{"name":"x"}' })).toMatchObject({
      status: 403,
    })
    expect(replays).toEqual([])
  },
)

test('A foreign Host header gets probes and metrics only', async () => {
  const { ask, replays } = await serve()
  const headers = { ...JSON_TYPE, host: 'evil.example.com:8787' }
  expect(await ask('/livez', { headers })).toMatchObject({ status: 200 })
  expect(await ask('/readyz', { headers })).toMatchObject({ status: 200 })
  expect(await ask('/metrics', { headers })).toMatchObject({ status: 200 })
  expect(await ask('/parked', { headers })).toMatchObject({ status: 403 })
  expect(await ask('/', { headers })).toMatchObject({ status: 403 })
  expect(await ask('/parked/a/replay', { method: 'POST', headers, body: '{"name":"x"}' })).toMatchObject({
    status: 403,
  })
  expect(replays).toEqual([])
})

const outer = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

test.skipIf(outer === undefined)(
  'On another address than loopback only probes and metrics answer, whatever Host says',
  async () => {
    const { server } = await serve({}, '0.0.0.0:0')
    const fromOutside = { ...server, address: { ...server.address, host: outer as string } }
    const headers = { host: 'localhost' }
    expect(await ask(fromOutside, '/readyz', { headers })).toMatchObject({ status: 200 })
    expect(await ask(fromOutside, '/metrics', { headers })).toMatchObject({ status: 200 })
    expect(await ask(fromOutside, '/parked', { headers })).toMatchObject({ status: 403 })
    expect(await ask(server, '/parked', { headers })).toMatchObject({ status: 200 })
  },
)

test.each([
  ['POST', '/livez', 'GET, HEAD'],
  ['DELETE', '/parked', 'GET, HEAD'],
  ['GET', '/parked/a/replay', 'POST'],
  ['OPTIONS', '/parked/a/replay', 'POST'],
])('%s %s is 405 and says what goes', async (method, path, allow) => {
  const { ask } = await serve()
  const answer = await ask(path, { method })
  expect([answer.status, answer.headers.allow]).toEqual([405, allow])
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
})

test.each(['/nothing', '/parked/', '/parked/a', '/livez/', '//livez', '/parked/a/b/replay'])(
  'GET %s is 404 with a hint',
  async (path) => {
    const { ask } = await serve()
    const answer = await ask(path)
    expect(answer.status).toBe(404)
    expect(answer.body).toContain('/readyz')
  },
)

test('HEAD has the headers and no body', async () => {
  const { ask } = await serve()
  const answer = await ask('/metrics', { method: 'HEAD' })
  expect([answer.status, answer.headers['content-length'], answer.body]).toEqual([200, '5', ''])
})

test('startServer() on a port in use names the port and --listen', async () => {
  const { server } = await serve()
  const { port } = server.address
  await expect(serve({}, `127.0.0.1:${port}`)).rejects.toMatchObject({
    name: 'RuntimeError',
    message: `Cannot listen on 127.0.0.1:${port}: port ${port} is in use; choose another with --listen HOST:PORT`,
  })
})

test('close() ends connections that are kept open, and frees the port', async () => {
  const { server } = await serve()
  const socket = connect(server.address.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.on('connect', resolve))
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await new Promise((resolve) => socket.once('data', resolve))
  await server.close()
  await closed
  const next = await serve({}, `127.0.0.1:${server.address.port}`)
  expect(await next.ask('/livez')).toMatchObject({ status: 200 })
})

test.each([
  ['127.0.0.1:8787', { host: '127.0.0.1', port: 8787 }],
  ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
  ['[::1]:8787', { host: '::1', port: 8787 }],
])('parseListenAddress(%j) reads host and port', (text, expected) => {
  expect(parseListenAddress(text)).toEqual(expected)
})

test.each(['', '8787', ':8787', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:8787', 'a b:1', 'http://x:1'])(
  'parseListenAddress(%j) says what --listen takes',
  (text) => {
    expect(() => parseListenAddress(text)).toThrow('--listen takes HOST:PORT')
  },
)

test.each([
  ['localhost', true],
  ['LOCALHOST:8787', true],
  ['127.0.0.1:8787', true],
  ['127.8.9.1', true],
  ['[::1]:8787', true],
  ['localhost.evil.com', false],
  ['127.0.0.1.evil.com', false],
  ['192.168.0.1:8787', false],
  ['', false],
  [undefined, false],
])('isLoopbackHost(%j) is %j', (header, expected) => {
  expect(isLoopbackHost(header)).toBe(expected)
})

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  [undefined, false],
])('isLoopbackAddress(%j) is %j', (address, expected) => {
  expect(isLoopbackAddress(address)).toBe(expected)
})

test('/ is a page that loads nothing from elsewhere, for this machine alone', async () => {
  const { ask } = await serve()
  const page = await ask('/')
  expect(page.status).toBe(200)
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.body).toContain('boom')
  expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(403)
  expect((await ask('/', { method: 'POST' })).status).toBe(405)
})

test('a probe is answered while others hold every connection, of which the one that is idle for longest goes', async () => {
  const { server, ask } = await serve()
  const { host, port } = server.address
  let closed = 0
  const opened = Array.from({ length: 100 }, () => {
    const socket = connect(port, host).on('close', () => closed++)
    onTestFinished(() => void socket.destroy())
    return new Promise((resolve) => socket.once('connect', resolve))
  })
  await Promise.all(opened)
  expect(await ask('/livez')).toMatchObject({ status: 200 })
  await expect.poll(() => closed).toBe(1)
})
