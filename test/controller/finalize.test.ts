import { expect, test } from 'vitest'
import { createFakeObjects } from './fake-objects.ts'
import { createScriptedController } from './scripted-controller.ts'

const OURS = 'ostler.dev/demos'
const DELETED = '2026-01-01T00:00:00Z'
const ALL = ['reconcile', 'finalize', 'deleted']

function create(exports: readonly string[] = ['reconcile', 'finalize'], config = {}) {
  const objects = createFakeObjects()
  const scripted = createScriptedController(config, { exports })
  scripted.respond = objects.respond
  return {
    ...scripted,
    objects,
    call: scripted.call,
    /** The cache catches up. */
    async sync(name: string) {
      const object = objects.get(name)
      await (object === undefined ? scripted.remove(name) : scripted.tell(object))
    },
    async set(name: string, metadata = {}) {
      await scripted.tell(objects.set(name, metadata))
    },
  }
}

test('The finalizer is there before the first reconcile, which sees it, and its own event is no news', async () => {
  const { set, sync, call, history, sent, counts } = create()
  await set('x')
  expect(JSON.parse(sent[0]?.body as string)[0]).toMatchObject({ op: 'test', path: '/metadata/uid' })
  expect(call()).toMatchObject({ export: 'reconcile', reason: 'created' })
  expect(call().object.metadata?.finalizers).toEqual([OURS])
  await call().returns()
  await sync('x')
  expect(history).toHaveLength(1)
  expect(counts['same-version']).toBe(1)
})

test('A reconcile that is tried again before the cache has caught up is given what the first one was, not an older version', async () => {
  const { objects, tell, sync, call, history, clock } = create()
  const created = objects.set('x')
  objects.set('x', { generation: 2 })
  await tell(created)
  expect(call().object.metadata).toMatchObject({ finalizers: [OURS], generation: 2 })
  await call().throws()
  await clock.advance(10_000)
  expect(call().object.metadata).toMatchObject({ finalizers: [OURS], generation: 2 })
  await call().returns()
  // The event of that very version is no news; it would never be reconciled.
  await sync('x')
  expect(history).toHaveLength(2)
})

test('The finalizer joins those of others, also ones that come at the same moment', async () => {
  const { set, objects, call } = create()
  objects.meanwhile = () => objects.set('x', { finalizers: ['b.io/b'] })
  await set('x')
  expect(objects.finalizersOf('x')).toEqual(['b.io/b', OURS])
  objects.meanwhile = () => objects.set('y', { finalizers: ['a.io/a', 'c.io/c'] })
  await call().returns()
  await set('y', { finalizers: ['a.io/a'] })
  expect(objects.finalizersOf('y')).toEqual(['a.io/a', 'c.io/c', OURS])
})

test('The finalizer is never added to an object that is being deleted, also where the cache does not know', async () => {
  const { set, objects, history } = create()
  await set('x', { deletionTimestamp: DELETED, finalizers: ['b.io/b'] })
  objects.meanwhile = () => objects.set('y', { deletionTimestamp: DELETED })
  await set('y', { finalizers: ['b.io/b'] })
  expect([objects.finalizersOf('x'), objects.finalizersOf('y'), history]).toEqual([['b.io/b'], ['b.io/b'], []])
})

test('An object being deleted is finalized alone, then our finalizer goes and those of others stay', async () => {
  const { set, objects, call, sync, history } = create()
  await set('x', { finalizers: ['a.io/a', OURS, 'b.io/b'] })
  await call().returns()
  await set('x', { deletionTimestamp: DELETED })
  objects.meanwhile = () => objects.set('x', { finalizers: [OURS, 'b.io/b', 'c.io/c'] })
  await call().returns()
  expect(objects.finalizersOf('x')).toEqual(['b.io/b', 'c.io/c'])
  await sync('x')
  await set('x', { finalizers: ['b.io/b'] })
  expect(history).toEqual(['reconcile created 1 a/x', 'finalize changed 1 a/x'])
})

test('finalize is not called again for an object that the cache shows with the finalizer still', async () => {
  const { set, objects, call, history, tell } = create()
  await set('x', { deletionTimestamp: DELETED, finalizers: [OURS, 'b.io/b'] })
  const older = objects.set('x', {})
  const running = call()
  await tell(older)
  await running.returns()
  expect(history).toHaveLength(1)
})

test('finalize that throws keeps the finalizer, is tried again, and counts as blocking until it resolves', async () => {
  const { set, objects, call, controller, lines, clock } = create()
  await set('x', { deletionTimestamp: DELETED, finalizers: [OURS] })
  await call().throws()
  expect(controller.finalizersBlocking).toBe(1)
  expect(lines[0]).toMatch(
    /^finalize of "a\/x" failed \(attempt 1, again in \d+ms, blocking its deletion\): Error: boom$/,
  )
  await clock.advance(1000)
  expect(call()).toMatchObject({ export: 'finalize', reason: 'retry', attempt: 2 })
  await call().returns({ requeueAfter: '1s' })
  expect([controller.finalizersBlocking, objects.finalizersOf('x')]).toEqual([0, [OURS]])
  await clock.advance(1000)
  await call().returns()
  expect(objects.finalizersOf('x')).toBeUndefined()
})

test('finalize runs again when the finalizer cannot be removed', async () => {
  const { set, objects, call, controller, clock } = create()
  await set('x', { deletionTimestamp: DELETED, finalizers: [OURS] })
  objects.refuseWith = 403
  await call().returns()
  expect(controller.finalizersBlocking).toBe(1)
  objects.refuseWith = undefined
  await clock.advance(1000)
  await call().returns()
  expect(objects.finalizersOf('x')).toBeUndefined()
})

test('deleted runs after finalize, with the same key in no other hand', async () => {
  const { set, objects, call, sync, history } = create(ALL)
  await set('x', { deletionTimestamp: DELETED, finalizers: [OURS] })
  await call().returns({ status: { bye: true } })
  expect(objects.finalizersOf('x')).toBeUndefined()
  await sync('x')
  await call().returns()
  expect(history).toEqual(['finalize created 1 a/x', 'deleted deleted 1 a/x'])
})

test('A handler with finalize alone has its finalizer on every object', async () => {
  const { set, objects, history } = create(['finalize'])
  await set('x')
  expect([objects.finalizersOf('x'), history]).toEqual([[OURS], []])
})

test('A handler without finalize reconciles an object being deleted as any other', async () => {
  const { set, call, sent } = create(['reconcile'])
  await set('x', { deletionTimestamp: DELETED, finalizers: ['b.io/b'] })
  expect(call().export).toBe('reconcile')
  expect(sent).toEqual([])
})

test('A bundle without finalize takes the finalizer off all objects while calls run, and says how many', async () => {
  const { set, objects, controller, infos, clock, inFlight } = create(undefined, { concurrency: 1 })
  for (const name of ['x', 'y', 'z']) await set(name, { finalizers: [OURS, 'b.io/b'] })
  expect(inFlight()).toHaveLength(1)
  objects.refuseWith = 500
  controller.loaded(['reconcile'])
  await clock.advance(500)
  expect(objects.finalizersOf('x')).toEqual([OURS, 'b.io/b'])
  objects.refuseWith = undefined
  await clock.advance(1000)
  expect(['x', 'y', 'z'].map(objects.finalizersOf)).toEqual([['b.io/b'], ['b.io/b'], ['b.io/b']])
  expect(infos).toEqual([`No export "finalize": took the finalizer "${OURS}" off 3 objects`])
})

test('A finalizer that nothing stands behind goes also from an object that comes with it later', async () => {
  const { set, objects, controller } = create(['reconcile'])
  await set('x', { finalizers: [OURS] })
  expect(objects.finalizersOf('x')).toEqual([])
  expect(controller.isFreeOfFinalizers).toBe(true)
})

const SELECTED = { labelSelector: 'app=web' }
const WEB = { labels: { app: 'web' } }

test('An object that left the selector is finalized with reason unselected, and loses our finalizer', async () => {
  const { set, objects, call, remove, clock } = create(ALL, SELECTED)
  await set('x', WEB)
  await call().returns()
  objects.set('x', { labels: {} })
  await remove('x')
  expect(call()).toMatchObject({ export: 'finalize', reason: 'unselected' })
  expect(call().object.metadata?.labels).toEqual({})
  // And again with the same reason.
  await call().throws()
  await clock.advance(1000)
  expect(call()).toMatchObject({ export: 'finalize', reason: 'unselected', attempt: 2 })
  await call().returns()
  expect(objects.finalizersOf('x')).toEqual([])
})

test('A handler with deleted alone hears of an object that left the selector by that', async () => {
  const { set, objects, call, remove } = create(['reconcile', 'deleted'], SELECTED)
  await set('x', WEB)
  await call().returns()
  objects.set('x', { labels: {} })
  await remove('x')
  expect(call()).toMatchObject({ export: 'deleted', reason: 'unselected' })
})

test('An object with a selector that is gone for certain is deleted, by one live get', async () => {
  const { set, objects, call, remove, sent } = create(['reconcile', 'deleted'], SELECTED)
  await set('x', WEB)
  await call().returns()
  objects.delete('x')
  await remove('x')
  expect(call()).toMatchObject({ export: 'deleted', reason: 'deleted' })
  expect(sent.filter(({ method, path }) => method === 'GET' && path.endsWith('/x'))).toHaveLength(1)
})

test('An object that comes back into the selector before its turn is neither finalized nor deleted', async () => {
  const { set, sync, call, remove, objects, history } = create(ALL, { ...SELECTED, concurrency: 1 })
  await set('x', WEB)
  await call().returns()
  await set('busy', WEB)
  objects.set('x', { labels: {} })
  await remove('x')
  objects.set('x', WEB)
  await sync('x')
  await call().returns()
  await call().returns()
  expect(history.at(-1)).toBe('reconcile created 1 a/x')
  expect(history).toHaveLength(3)
})

test('A look at start finds what left the selector while no host ran, and lists metadata only', async () => {
  const { objects, call, sent, history, controller } = create([], SELECTED)
  objects.set('x', { finalizers: [OURS], labels: {} })
  objects.set('y', { finalizers: ['b.io/b'], labels: {} })
  controller.loaded(['reconcile', 'finalize'])
  await expect.poll(() => history).toEqual(['finalize unselected 1 a/x'])
  expect(sent[0]).toMatchObject({ method: 'GET', accept: expect.stringContaining('PartialObjectMetadataList') })
  await call().returns()
  expect([objects.finalizersOf('x'), objects.finalizersOf('y')]).toEqual([[], ['b.io/b']])
})

test('More leavers than are kept in mind are found again by another look', async () => {
  const { objects, history, controller, inFlight } = create([], { ...SELECTED, concurrency: 100 })
  const names = Array.from({ length: 1200 }, (_, index) => `x${index}`)
  for (const name of names) objects.set(name, { finalizers: [OURS], labels: {} })
  controller.loaded(['finalize'])
  while (names.some((name) => objects.finalizersOf(name)?.length)) {
    await expect.poll(() => inFlight().length).toBeGreaterThan(0)
    await Promise.all(inFlight().map((call) => call.returns()))
  }
  expect(history).toHaveLength(1200)
})
