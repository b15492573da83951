import { expect, test } from 'vitest'
import { createLeaseClient, formatMicroTime } from '../../runtime/leaderelection/lease.ts'
import { answer, statusOf } from '../kube/scripted-server.ts'
import { startBench } from '../kube/test-client.ts'

const { signal } = new AbortController()

test('LeaseClient.get() of a lease that is not there answers undefined', async () => {
  const { client, server } = await startBench((_, response) => answer(response, statusOf(404, 'NotFound'), 404))
  const leases = createLeaseClient(client, { namespace: 'n', name: 'ostler' })
  expect(await leases.get(signal)).toBe(undefined)
  expect(server.requests[0]).toMatchObject({
    method: 'GET',
    url: '/apis/coordination.k8s.io/v1/namespaces/n/leases/ostler',
  })
})

test('LeaseClient.get() that is refused throws', async () => {
  const { client } = await startBench((_, response) => answer(response, statusOf(403, 'Forbidden'), 403))
  const leases = createLeaseClient(client, { namespace: 'n', name: 'ostler' })
  await expect(leases.get(signal)).rejects.toMatchObject({ code: 403 })
})

test('LeaseClient.create() posts a whole Lease', async () => {
  const { client, server } = await startBench((_, response) => answer(response, {}, 201))
  await createLeaseClient(client, { namespace: 'n', name: 'ostler' }).create({ holderIdentity: 'a' }, signal)
  const { method, url, body } = server.requests[0] ?? {}
  expect({ method, url }).toEqual({ method: 'POST', url: '/apis/coordination.k8s.io/v1/namespaces/n/leases' })
  expect(JSON.parse(body ?? '')).toEqual({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'n', name: 'ostler' },
    spec: { holderIdentity: 'a' },
  })
})

test('LeaseClient.update() replaces that very version, and keeps what others wrote to it', async () => {
  const { client, server } = await startBench((_, response) => answer(response, {}))
  const metadata = { namespace: 'n', name: 'ostler', resourceVersion: '7', labels: { team: 'x' } }
  const lease = { metadata, spec: { holderIdentity: 'a', strategy: 'OldestEmulationVersion' } }
  const leases = createLeaseClient(client, { namespace: 'n', name: 'ostler' })
  await leases.update(lease, { holderIdentity: 'b', leaseTransitions: 1 }, signal)
  const { method, body } = server.requests[0] ?? {}
  expect(method).toBe('PUT')
  expect(JSON.parse(body ?? '')).toMatchObject({
    metadata,
    spec: { holderIdentity: 'b', leaseTransitions: 1, strategy: 'OldestEmulationVersion' },
  })
})

test('formatMicroTime() writes microseconds, as metav1.MicroTime is read', () => {
  expect(formatMicroTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe('2026-01-02T03:04:05.006000Z')
})
