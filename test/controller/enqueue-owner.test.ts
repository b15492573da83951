import { expect, test } from 'vitest'
import { enqueueOwner } from '../../runtime/controller/enqueue-owner.ts'
import { createEntryParser, type Entry } from '../../runtime/informer/entry.ts'
import { createScriptedController, DEMO } from './scripted-controller.ts'

const parser = createEntryParser({ apiVersion: 'v1', kind: 'ConfigMap' })
const owner = (name: string, rest: object = {}) => ({
  ...{ apiVersion: 'demo.io/v1', kind: 'Demo', name, uid: `uid-${name}`, controller: true },
  ...rest,
})

function owned(...ownerReferences: ReturnType<typeof owner>[]): Entry {
  return parser.parse({ metadata: { namespace: 'a', name: 'c', uid: 'c', resourceVersion: '1', ownerReferences } })
}

function primary(namespace: string | undefined, name: string, uid = `uid-${name}`): Entry {
  return parser.parse({ metadata: { ...(namespace && { namespace }), name, uid, resourceVersion: '1' } })
}

/** The keys that a change enqueues while the cache holds these. */
function enqueued(primaries: Entry[], entry: Entry, old?: Entry): string[] {
  const keys: string[] = []
  const find = (key: string) => primaries.find((candidate) => candidate.key === key)
  const event = { entry, old, isGone: false, isInitial: false }
  enqueueOwner(event, { gvk: DEMO, find, enqueue: (key) => keys.push(key) })
  return keys
}

test('enqueueOwner() enqueues the controller of an object, and no other owner', () => {
  const entry = owned(owner('x'), owner('y', { controller: false }))
  expect(enqueued([primary('a', 'x'), primary('a', 'y')], entry)).toEqual(['a/x'])
})

test('enqueueOwner() enqueues the owner before and the owner after a change, each once', () => {
  const both = [primary('a', 'x'), primary('a', 'y')]
  expect(enqueued(both, owned(owner('y')), owned(owner('x')))).toEqual(['a/y', 'a/x'])
  expect(enqueued(both, owned(owner('x')), owned(owner('x')))).toEqual(['a/x'])
  expect(enqueued(both, owned(), owned(owner('x')))).toEqual(['a/x'])
})

test.each([
  ['another kind', owner('x', { kind: 'Other' }), []],
  ['another group', owner('x', { apiVersion: 'other.io/v1' }), []],
  ['another uid', owner('x', { uid: 'older' }), []],
  ['another version of the kind', owner('x', { apiVersion: 'demo.io/v1beta1' }), ['a/x']],
  ['a name that the cache does not have', owner('z'), []],
])('enqueueOwner() of an object whose owner has %s', (_, reference, expected) => {
  expect(enqueued([primary('a', 'x')], owned(reference))).toEqual(expected)
})

test('enqueueOwner() finds a cluster-scoped owner, and none of the same name in another namespace', () => {
  expect(enqueued([primary(undefined, 'x'), primary('b', 'x')], owned(owner('x')))).toEqual(['x'])
})

test('Controller.secondary() of an owned object runs its owner, whatever `on` says, and does not free a parked one', async () => {
  const { controller, ...scripted } = createScriptedController({ on: ['spec'] })
  const { uid } = await scripted.put('x')
  await scripted.call().returns()
  const entry = owned(owner('x', { uid }))
  const tell = async () => {
    controller.secondary(
      { gvk: { group: '', version: 'v1', kind: 'ConfigMap' } },
      { entry, old: entry, isGone: false, isInitial: false },
    )
    await scripted.clock.advance(0)
  }
  await tell()
  expect(scripted.call().reason).toBe('owned')
  await scripted.call().throws({ terminal: true })
  await tell()
  expect([scripted.inFlight().length, controller.parked().length]).toEqual([0, 1])
})
