import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createKubeClient } from '../../runtime/kube/client.ts'
import { FairGate } from '../../runtime/kube/fair-gate.ts'
import { createFakeClock } from '../fake-clock.ts'
import { cert, certFile } from './certificates.ts'
import { answer, type Respond } from './scripted-server.ts'
import { tempDir } from './temp-dir.ts'
import { startBench } from './test-client.ts'

const GET = { method: 'GET', path: '/api' } as const
const base64 = (name: string) => Buffer.from(cert(name)).toString('base64')
const serverA = { key: cert('server.key'), cert: cert('server-a.crt') }
const serverB = { key: cert('server.key'), cert: cert('server-b.crt') }
const ok: Respond = (_, response) => answer(response, {})

test('KubeClient trusts the cluster’s CA, from a file or inline, and keeps its connections', async () => {
  for (const cluster of [{ caFile: certFile('ca-a.crt') }, { caData: base64('ca-a.crt') }]) {
    const { client, server } = await startBench(ok, { tls: serverA, cluster })
    for (let i = 0; i < 20; i++) expect((await client.request(GET)).code).toBe(200)
    // undici frees a connection a turn after its answer, so a second one serves those who ask again at once
    expect(server.connections).toBeLessThanOrEqual(2)
  }
})

test('KubeClient refuses a server that another CA signed: API_UNREACHABLE, nothing sent, no token shown', async () => {
  const { client, server } = await startBench(ok, { tls: serverB, cluster: { caFile: certFile('ca-a.crt') } })
  const error = await client.request({ ...GET, method: 'POST' }).catch((thrown: unknown) => thrown as Error)
  expect(error).toMatchObject({ code: 'API_UNREACHABLE', notSent: true })
  expect((error as Error).message).toMatch(/certificate/)
  expect((error as Error).message).not.toContain('s3cret')
  expect(server.requests).toHaveLength(0)
})

test('KubeClient with a CA file that was replaced connects anew with the new CA, while a stream on the old connection goes on', async () => {
  const { write } = tempDir()
  const caFile = write('ca.crt', cert('ca-a.crt'))
  const { client, server, clock } = await startBench(
    (request, response) => {
      if (request.url !== '/watch') return answer(response, {})
      response.writeHead(200).flushHeaders()
      server.respond = (_, next) => {
        response.write('still here')
        answer(next, {})
      }
    },
    { tls: serverA, cluster: { caFile } },
  )
  await client.request(GET)
  const stream = await client.stream({ method: 'GET', path: '/watch' })
  const before = server.connections

  write('ca.crt', cert('ca-b.crt'))
  server.setSecureContext(serverB)
  await clock.advance(60_000)
  expect((await client.request(GET)).code).toBe(200)
  expect(server.connections).toBe(before + 1)
  expect((await stream.next()).value?.toString()).toBe('still here')
  await vi.waitFor(() => expect(server.openConnections).toBe(2))
  await stream.return?.()
  await vi.waitFor(() => expect(server.openConnections).toBe(1))
})

test('KubeClient.close() while a replaced connection still drains closes that one too', async () => {
  const { write } = tempDir()
  const caFile = write('ca.crt', cert('ca-a.crt'))
  const { client, server, clock } = await startBench((_, response) => response.writeHead(200).flushHeaders(), {
    tls: serverA,
    cluster: { caFile },
  })
  const old = await client.stream({ method: 'GET', path: '/watch' })
  write('ca.crt', `${cert('ca-b.crt')}${cert('ca-a.crt')}`)
  await clock.advance(60_000)
  const young = await client.stream({ method: 'GET', path: '/watch' })
  const ends = [old, young].map((stream) => expect(stream.next()).rejects.toMatchObject({ code: 'API_UNREACHABLE' }))
  await client.close()
  await Promise.all(ends)
  await vi.waitFor(() => expect(server.openConnections).toBe(0))
})

test('KubeClient.request() that waited at the gate while the CA was replaced goes by the new one', async () => {
  const { write } = tempDir()
  const caFile = write('ca.crt', cert('ca-a.crt'))
  const held: (() => void)[] = []
  const { client, server, clock } = await startBench((_, response) => void held.push(() => answer(response, {})), {
    tls: serverA,
    cluster: { caFile },
    gate: new FairGate({ slots: 1, slotsPerUser: 1 }),
  })
  const first = client.request({ ...GET, user: 'a', timeoutMs: 3_600_000 })
  await vi.waitFor(() => expect(held).toHaveLength(1))
  const second = client.request({ ...GET, user: 'a', timeoutMs: 3_600_000 })
  write('ca.crt', cert('ca-b.crt'))
  server.setSecureContext(serverB)
  await clock.advance(60_000)
  held[0]?.()
  await first
  await vi.waitFor(() => expect(held).toHaveLength(2))
  held[1]?.()
  expect((await second).code).toBe(200)
})

test('KubeClient with insecure-skip-tls-verify takes any certificate', async () => {
  const { client } = await startBench(ok, { tls: serverB, cluster: { skipTLSVerify: true } })
  expect((await client.request(GET)).code).toBe(200)
})

test('KubeClient with tls-server-name checks the certificate against that name', async () => {
  const named = { key: cert('server.key'), cert: cert('server-named.crt') }
  const cluster = { caFile: certFile('ca-a.crt') }
  const without = await startBench(ok, { tls: named, cluster })
  await expect(without.client.request(GET)).rejects.toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  const withName = await startBench(ok, { tls: named, cluster: { ...cluster, tlsServerName: 'kube.internal' } })
  expect((await withName.client.request(GET)).code).toBe(200)
})

test('KubeClient with a proxy-url reaches the server through it, by its own CA', async () => {
  const tunnels: string[] = []
  const proxy = createServer()
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const { hostname, port } = new URL(`http://${request.url}`)
    const upstream = connect(Number(port), hostname, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    upstream.pipe(socket).pipe(upstream)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void proxy.close())
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const { client, server } = await startBench(ok, { tls: serverA, cluster: { caFile: certFile('ca-a.crt'), proxyUrl } })
  for (let i = 0; i < 5; i++) expect((await client.request(GET)).code).toBe(200)
  expect(new Set(tunnels)).toEqual(new Set([new URL(server.url).host]))
  expect(tunnels.length).toBeLessThanOrEqual(2)
})

test('KubeClient speaks HTTP/1.1 to a server that would rather speak HTTP/2', async () => {
  const versions: string[] = []
  const server = createSecureServer({ ...serverA, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion)
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cluster = { name: 'c', server: url, caFile: certFile('ca-a.crt'), skipTLSVerify: false }
  const kubeConfig = { description: '', cluster, user: { name: 'u' }, namespace: undefined }
  const client = createKubeClient({ kubeConfig, clock: createFakeClock(), userAgent: 'x' })
  await client.request(GET)
  await (await client.stream(GET)).return?.()
  expect(versions).toEqual(['1.1', '1.1'])
  await client.close()
})
