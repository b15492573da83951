import { describe, expect, test } from 'vitest'
import { type InformerSpec, Informers } from '../../runtime/informer/informers.ts'
import type { StreamRequest } from '../../runtime/informer/list-watch.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import type { Gvk } from '../../runtime/util/gvk.ts'
import { createFakeClock, settle } from '../fake-clock.ts'

const spec: InformerSpec = { identity: '', gvk: { group: 'apps', version: 'v1', kind: 'Deployment' } }

function setUp() {
  const requests: (StreamRequest & { identity: string })[] = []
  const kinds = {
    resolve: async (gvk: Gvk): Promise<Resource> => ({
      ...gvk,
      plural: 'deployments',
      namespaced: true,
      verbs: ['list', 'watch'],
      subresources: [],
    }),
    whenServed: () => new Promise<Resource>(() => {}),
  }
  const clientOf = (identity: string) => ({
    stream(request: StreamRequest) {
      requests.push({ ...request, identity })
      return new Promise<AsyncIterable<Buffer>>((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason))
      })
    },
  })
  return { informers: new Informers({ clientOf, kinds, clock: createFakeClock() }), requests }
}

describe('Informers.acquire()', () => {
  test('shares one informer and one request among all who ask for the same', async () => {
    const { informers, requests } = setUp()
    const leases = [informers.acquire(spec), informers.acquire({ ...spec, gvk: { ...spec.gvk }, labelSelector: '' })]
    await settle()
    expect(leases[0]?.informer).toBe(leases[1]?.informer)
    expect([requests.length, informers.all().length]).toEqual([1, 1])
    informers.close()
  })

  test.each([
    ['identity', { ...spec, identity: 'system:serviceaccount:a:b' }],
    ['version', { ...spec, gvk: { ...spec.gvk, version: 'v2' } }],
    ['namespace', { ...spec, namespace: 'shop' }],
    ['label selector', { ...spec, labelSelector: 'a=b' }],
    ['field selector', { ...spec, fieldSelector: 'a=b' }],
  ])('gives another informer for another %s', async (_, other) => {
    const { informers, requests } = setUp()
    expect(informers.acquire(spec).informer).not.toBe(informers.acquire(other).informer)
    await settle()
    expect(requests).toHaveLength(2)
    expect(requests[1]?.identity).toBe(other.identity)
    informers.close()
  })
})

describe('InformerLease.release()', () => {
  test('by the last holder stops the informer, in whatever order, and once each', async () => {
    const { informers, requests } = setUp()
    const [first, second] = [informers.acquire(spec), informers.acquire(spec)]
    await settle()
    second.release()
    second.release()
    expect([first.informer.state.kind, requests[0]?.signal.aborted]).toEqual(['Syncing', false])
    first.release()
    expect([first.informer.state.kind, requests[0]?.signal.aborted]).toEqual(['Stopped', true])
    expect(informers.all()).toEqual([])
  })

  test('before a new acquire() leads to a new informer; after it, to the same', async () => {
    const { informers } = setUp()
    const first = informers.acquire(spec)
    const second = informers.acquire(spec)
    first.release()
    expect(second.informer.state.kind).toBe('Syncing')
    second.release()
    const third = informers.acquire(spec)
    expect(third.informer).not.toBe(first.informer)
    first.release()
    expect(third.informer.state.kind).toBe('Syncing')
    informers.close()
    expect(third.informer.state.kind).toBe('Stopped')
  })
})
