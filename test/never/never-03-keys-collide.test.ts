import { expect, test } from 'vitest'
import { objectKey } from '../../runtime/broker/object-key.ts'
import { Informer } from '../../runtime/informer/informer.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { createScriptedBroker, DEMO, DEPLOYMENT, demo } from '../broker/scripted-broker.ts'
import { createFakeObjects } from '../controller/fake-objects.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch } from '../informer/feed.ts'

test('never-03: two controllers on one object fail, wait and park each for itself', async () => {
  const [a, b] = [createScriptedController({ name: 'a' }), createScriptedController({ name: 'b' })]
  for (const { put } of [a, b]) await put('x')
  await a.call().throws({ terminal: true })
  await b.call().throws()
  await b.clock.advance(60_000)
  expect([a.controller.parked().length, b.controller.parked().length]).toEqual([1, 0])
  expect([a.inFlight().length, b.call().attempt]).toEqual([0, 2])
})

test('never-03: objects of one name are others by kind and by namespace', async () => {
  const keys = [DEMO, DEPLOYMENT, { ...DEMO, group: 'other.io' }, { ...DEMO, kind: 'Other' }].flatMap((gvk) =>
    ['a', 'b', undefined].map((namespace) => objectKey(gvk, namespace, 'x')),
  )
  expect(new Set(keys).size).toBe(12)
  // One object in two versions of its kind.
  const v2 = { ...DEMO, version: 'v2' }
  expect(objectKey(v2, 'a', 'x')).toBe(keys[0])
  const written = [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'a', resourceVersion: '9' } },
    demo('x', 9, { metadata: { namespace: 'b' }, spec: { of: 'b' } }),
  ]
  const allow = [DEMO, DEPLOYMENT].map((gvk) => ({ gvk, verbs: ['patch'] }))
  const broker = createScriptedBroker({ answer: () => written.shift(), allow })
  broker.cached(demo('x', 1, { spec: { of: 'a' } }), demo('x', 1, { metadata: { namespace: 'b' } }))
  await broker.call('patch', 'apps/v1/Deployment', { name: 'x' }, {})
  await broker.call('patch', 'demo.io/v1/Demo', { namespace: 'b', name: 'x' }, {})
  expect(await broker.call('get', 'demo.io/v1/Demo', { name: 'x' })).toMatchObject({ spec: { of: 'a' } })
  expect(await broker.call('get', 'demo.io/v1/Demo', { namespace: 'b', name: 'x' })).toMatchObject({
    spec: { of: 'b' },
  })
})

test('never-03: an object re-created between two events is told as gone, then as new', async () => {
  const source = createScriptedListWatch()
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => source, clock: createFakeClock() })
  const told: string[] = []
  informer.subscribe({
    added: ({ uid }) => told.push(`added ${uid}`),
    changed: ({ uid }) => told.push(`changed ${uid}`),
    removed: ({ uid }) => told.push(`removed ${uid}`),
  })
  const second = { metadata: { uid: 'second' } }
  source.nextWatch().push([], [apply('a', 1), bookmark(2, true), apply('a', 3, second)])
  informer.start()
  await settle()
  informer.stop()
  expect(told).toEqual(['added uid-a', 'removed uid-a', 'added second'])
})

test('never-03: what a call for the object before says about its key is not taken for the new one', async () => {
  const { put, remove, call, sent, controller, counts } = createScriptedController()
  await put('x', { spec: { n: 1 } })
  const old = call()
  await remove('x')
  await put('x', { spec: { n: 2 } })
  await old.throws({ terminal: true })
  expect([controller.parked(), counts]).toEqual([[], { dropped: 1 }])
  expect(call()).toMatchObject({ attempt: 1, object: { spec: { n: 2 } } })
  await remove('x')
  await put('x', { spec: { n: 3 } })
  await call().returns({ status: { of: 2 } })
  expect(sent).toEqual([])
})

/** What a request says about the uid that it is meant for. */
function uidIn({ body = 'null' }: KubeRequest): unknown {
  const parsed = JSON.parse(body)
  const test = Array.isArray(parsed)
    ? parsed.find(({ op, path }) => op === 'test' && path === '/metadata/uid')
    : undefined
  return test?.value ?? parsed.metadata?.uid ?? parsed.preconditions?.uid
}

test('never-03: what the host writes to an object is bound to its uid', async () => {
  const objects = createFakeObjects()
  const scripted = createScriptedController({}, { exports: ['reconcile', 'finalize'] })
  scripted.respond = objects.respond
  const { metadata } = objects.set('x')
  await scripted.tell(objects.get('x') ?? {})
  await scripted.call().returns({ status: { n: 1 } })
  await scripted.tell(objects.set('x', { deletionTimestamp: '2026-01-01T00:00:00Z' }))
  await scripted.call().returns()
  expect(objects.get('x')).toBeUndefined()
  expect(scripted.sent.map(({ method, path }) => `${method} ${path.split('/').slice(6).join('/')}`)).toEqual([
    'PATCH demos/x',
    'PATCH demos/x/status',
    'PATCH demos/x',
  ])
  expect(scripted.sent.map(uidIn)).toEqual(Array(3).fill(metadata?.uid))
})

test.each([
  ['update', [demo('mine', 1)]],
  ['patch', ['demo.io/v1/Demo', { name: 'mine' }, { spec: {} }]],
  ['patch', ['demo.io/v1/Demo', { name: 'mine' }, [], { type: 'json' }]],
  ['delete', ['demo.io/v1/Demo', { name: 'mine' }]],
])('never-03: a handler’s %s of its own object by name is bound to the uid in hand', async (method, args) => {
  const verbs = ['update', 'patch', 'delete', 'create']
  const broker = createScriptedBroker({ allow: [{ gvk: DEMO, verbs }] })
  const [first, ...rest] = args as [unknown, ...unknown[]]
  const object = method === 'update' ? { ...(first as object), metadata: { name: 'mine', namespace: 'a' } } : first
  await broker.call(method, object, ...rest)
  expect(broker.sent.map(uidIn)).toEqual(['u'])
})
