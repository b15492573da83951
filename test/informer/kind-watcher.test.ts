import { describe, expect, test } from 'vitest'
import { KindWatcher } from '../../runtime/informer/kind-watcher.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import type { Gvk } from '../../runtime/util/gvk.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, statusError } from './feed.ts'

const demo: Gvk = { group: 'demo.io', version: 'v1', kind: 'Demo' }
const resource: Resource = { ...demo, plural: 'demos', namespaced: true, verbs: ['list', 'watch'], subresources: [] }

function setUp() {
  const clock = createFakeClock()
  const crds = createScriptedListWatch()
  const served = new Map<string, Resource>()
  const looks: number[] = []
  const errors: unknown[] = []
  let failure: unknown
  let invalidations = 0
  const startedAtMs = clock.now()
  const discovery = {
    async resolve({ kind }: Gvk) {
      looks.push(clock.now() - startedAtMs)
      if (failure !== undefined) throw failure
      return served.get(kind)
    },
    invalidate: () => void invalidations++,
  }
  const watcher = new KindWatcher({ discovery, crds, clock, random: () => 0, onError: (error) => errors.push(error) })
  const setFailure = (error: unknown) => {
    failure = error
  }
  return {
    clock,
    crds,
    served,
    looks,
    invalidations: () => invalidations,
    errors,
    watcher,
    setFailure,
    stop: new AbortController(),
  }
}

describe('KindWatcher.whenServed()', () => {
  test('asks discovery after 1 s, doubling to 30 s, for ever', async () => {
    const { clock, looks, served, stop, watcher, invalidations } = setUp()
    const found = watcher.whenServed(demo, stop.signal)
    await clock.advance(122_000)
    expect(looks).toEqual([1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000])
    expect(invalidations()).toBe(looks.length)
    served.set('Demo', resource)
    await clock.advance(30_000)
    expect(await found).toBe(resource)
  })

  test('asks soon after a CRD of the group changed, and not for those of others', async () => {
    const { clock, crds, looks, served, stop, watcher } = setUp()
    const feed = crds.nextWatch().push([], [bookmark(1, true)])
    const found = watcher.whenServed(demo, stop.signal)
    await clock.advance(61_000)
    looks.length = 0
    feed.push([apply('others.example.com', 2)])
    await clock.advance(500)
    expect(looks).toEqual([])
    feed.push([apply('demos.demo.io', 3)])
    await clock.advance(500)
    expect(looks).toHaveLength(2)
    served.set('Demo', resource)
    await clock.advance(1000)
    expect(await found).toBe(resource)
    expect(feed.isAborted).toBe(true)
  })

  test('goes on by discovery alone where CRDs are forbidden, and does not call that an error', async () => {
    const { clock, crds, served, errors, stop, watcher } = setUp()
    crds.nextWatch().fail(statusError(403))
    const found = watcher.whenServed(demo, stop.signal)
    served.set('Demo', resource)
    await clock.advance(1000)
    expect(await found).toBe(resource)
    expect(errors).toEqual([])
    expect(crds.requests).toHaveLength(1)
  })

  test('reports failed looks and goes on', async () => {
    const { clock, served, errors, stop, watcher, setFailure } = setUp()
    const found = watcher.whenServed(demo, stop.signal)
    setFailure(new Error('unreachable'))
    await clock.advance(1000)
    expect(errors).toMatchObject([{ message: 'unreachable' }])
    setFailure(undefined)
    served.set('Demo', resource)
    await clock.advance(2000)
    expect(await found).toBe(resource)
  })

  test('watches and looks only while somebody waits', async () => {
    const { clock, crds, stop, watcher } = setUp()
    const feed = crds.nextWatch().push([])
    const stopOther = new AbortController()
    const first = watcher.whenServed(demo, stop.signal)
    const second = watcher.whenServed({ ...demo, kind: 'Other' }, stopOther.signal)
    await settle()
    expect(crds.requests).toHaveLength(1)
    stop.abort(new Error('first left'))
    await expect(first).rejects.toThrow('first left')
    expect(feed.isAborted).toBe(false)
    stopOther.abort(new Error('second left'))
    await expect(second).rejects.toThrow('second left')
    await settle()
    expect([feed.isAborted, clock.pending]).toEqual([true, 0])
    void watcher.whenServed(demo, new AbortController().signal)
    await settle()
    expect(crds.requests).toHaveLength(2)
  })
})

test('KindWatcher.resolve() drops what discovery knows only when asked for a fresh look', async () => {
  const { served, invalidations, watcher } = setUp()
  served.set('Demo', resource)
  expect(await watcher.resolve(demo, false)).toBe(resource)
  expect(invalidations()).toBe(0)
  await watcher.resolve(demo, true)
  expect(invalidations()).toBe(1)
})
