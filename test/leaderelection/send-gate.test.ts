import { expect, onTestFinished, test, vi } from 'vitest'
import { createKubeClient, type KubeRequest } from '../../runtime/kube/client.ts'
import { createSendGate } from '../../runtime/leaderelection/send-gate.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { answer, type Respond, startScriptedServer, statusOf } from '../kube/scripted-server.ts'
import { createCandidate, createFreezableClock, createScriptedLeases, stopwatchOf } from './scripted-leases.ts'

const PATCH: KubeRequest = { method: 'PATCH', path: '/x', body: '{}', user: 'c' }
const READ: KubeRequest = { method: 'GET', path: '/x', user: 'c' }
const LIST: KubeRequest = { method: 'GET', path: '/list' }
const REVIEW: KubeRequest = {
  method: 'POST',
  path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  body: '{}',
}

const WHO: KubeRequest = { ...REVIEW, path: '/apis/authentication.k8s.io/v1/selfsubjectreviews' }

/** A client behind the gate of a leader, or with `leads: false` of a candidate. */
async function startBench(respond: Respond, { leads = true } = {}) {
  const clock = createFreezableClock()
  const { elector } = createCandidate(createScriptedLeases(), 'a', clock, { startStopwatch: stopwatchOf(clock) })
  if (leads) await elector.tryAcquireOrRenew()
  const server = await startScriptedServer(respond)
  onTestFinished(() => server.close())
  const cluster = { name: 'c', server: server.url, skipTLSVerify: false }
  const kubeConfig = { description: '', cluster, user: { name: 'u' }, namespace: undefined }
  const guard = createSendGate(elector)
  const retries = createFakeClock()
  const client = createKubeClient({ kubeConfig, clock: retries, userAgent: 'x', guard })
  onTestFinished(() => client.close())
  return { clock, retries, elector, server, client }
}

const ok: Respond = (_, response) => answer(response, {})
const silent: Respond = () => {}

test('SendGate of a host on standby lets reads and access reviews pass, and no write', async () => {
  const { server, client } = await startBench(ok, { leads: false })
  for (const request of [READ, LIST, REVIEW, WHO]) expect(await client.request(request)).toMatchObject({ code: 200 })
  for (const request of [PATCH, { method: 'DELETE', path: '/x' } as const]) {
    await expect(client.request(request)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  }
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST', 'POST'])
})

test('SendGate of a leader lets everything pass, and tells when it was sent', async () => {
  const { client } = await startBench(ok)
  const onSent = vi.fn()
  for (const request of [PATCH, READ, LIST, REVIEW]) await client.request({ ...request, onSent })
  expect(onSent).toHaveBeenCalledTimes(4)
})

test('SendGate of a host that was frozen past its deadline refuses a write before its first byte', async () => {
  const { clock, elector, server, client } = await startBench(ok)
  await client.request(PATCH)
  clock.freeze(60_000)
  await expect(client.request(PATCH)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(elector.isLeader).toBe(false)
  expect(server.requests).toHaveLength(1)
})

test('SendGate of a host that is frozen between asking and sending refuses the write too', async () => {
  const { clock, server, client } = await startBench(ok)
  // It has no connection yet: the request waits for one.
  const onSent = vi.fn()
  const written = client.request({ ...PATCH, onSent })
  clock.freeze(60_000)
  await expect(written).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(onSent).not.toHaveBeenCalled()
  expect(server.requests).toHaveLength(0)
})

test('SendGate asks again before a write is repeated', async () => {
  const { clock, retries, server, client } = await startBench((_, response) =>
    answer(response, statusOf(429, 'TooManyRequests'), 429, { 'retry-after': '5' }),
  )
  const written = client.request(PATCH)
  const refused = expect(written).rejects.toMatchObject({ code: 'LEASE_LOST' })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await vi.waitFor(() => expect(retries.pending).toBe(1))
  clock.freeze(60_000)
  await retries.advance(5_000)
  await refused
  expect(server.requests).toHaveLength(1)
})

test('SendGate breaks off what is under way for controllers when the lease is lost, and leaves lists alone', async () => {
  const { clock, elector, server, client } = await startBench(silent)
  const broken = [PATCH, READ].map((request) => client.request(request).catch((error: unknown) => error))
  const list = client.request(LIST).then(
    () => 'answered',
    () => 'failed',
  )
  await vi.waitFor(() => expect(server.requests).toHaveLength(3))
  clock.freeze(60_000)
  expect(() => elector.assertLeading()).toThrow('last renewed')
  for (const error of await Promise.all(broken)) expect(error).toMatchObject({ code: 'LEASE_LOST' })
  await vi.waitFor(() => expect(server.openConnections).toBe(1))
  await settle()
  await client.close()
  expect(await list).toBe('failed')
})

test("SendGate leaves the request's own signal at work", async () => {
  const { server, client } = await startBench(silent)
  const own = new AbortController()
  const written = client.request({ ...PATCH, signal: own.signal })
  const refused = expect(written).rejects.toThrow('enough')
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  own.abort(new Error('enough'))
  await refused
})
