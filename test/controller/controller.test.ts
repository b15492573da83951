import { expect, test } from 'vitest'
import { objectKey } from '../../runtime/broker/object-key.ts'
import { settle } from '../fake-clock.ts'
import { controllerConfig, createScriptedController, DEMO, type ScriptedController } from './scripted-controller.ts'

const LONG = 60 * 60_000
const WITH_DELETED = { exports: ['reconcile', 'deleted'] }

/** A controller with one object that a TerminalError has parked. */
async function createParked(config = {}): Promise<ScriptedController> {
  const scripted = createScriptedController(config)
  await scripted.put('x')
  await scripted.call().throws({ terminal: true })
  return scripted
}

test('Controller calls reconcile with the newest version, once for what changed while the key waited', async () => {
  const scripted = createScriptedController({ concurrency: 1 })
  await scripted.put('busy')
  await scripted.put('x', { spec: { n: 1 } })
  await scripted.put('x', { spec: { n: 2 } })
  await scripted.call().returns()
  expect(scripted.call().object).toMatchObject({ metadata: { name: 'x', generation: 2 }, spec: { n: 2 } })
  await scripted.call().returns()
  expect(scripted.inFlight()).toEqual([])
  expect(scripted.counts).toEqual({ success: 2 })
})

test('Controller never has a key in two hands, and gives one that changed meanwhile exactly one more turn', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  await scripted.put('x', { spec: { n: 1 } })
  await scripted.put('x', { spec: { n: 2 } })
  await scripted.call().returns()
  expect(scripted.call().object.spec).toEqual({ n: 2 })
  await scripted.call().returns()
  expect(scripted.history).toEqual(['reconcile created 1 a/x', 'reconcile changed 1 a/x'])
})

test('Controller takes a live change before what the initial list brought', async () => {
  const scripted = createScriptedController({ concurrency: 1 })
  for (const name of ['a', 'b', 'c']) await scripted.put(name, {}, { initial: true })
  await scripted.put('c', { spec: {} })
  await scripted.call().returns()
  expect(scripted.call().key).toBe('a/c')
})

test('Controller with `on` counts a change elsewhere as skipped', async () => {
  const scripted = createScriptedController({ on: ['spec'] })
  await scripted.put('x')
  await scripted.call().returns()
  await scripted.put('x', { status: { ready: true } })
  await scripted.put('x', { metadata: { labels: { a: 'b' } } })
  expect(scripted.history).toHaveLength(1)
  expect(scripted.counts).toMatchObject({ unchanged: 2 })
  await scripted.put('x', { spec: { n: 1 } })
  expect(scripted.call().reason).toBe('changed')
})

test.each([
  ['deletionTimestamp', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
  ['finalizers', { finalizers: ['example.com/f'] }],
])('Controller with `on` lets a change of %s pass always', async (_, metadata) => {
  const scripted = createScriptedController({ on: ['spec'] })
  await scripted.put('x')
  await scripted.call().returns()
  await scripted.put('x', { metadata })
  expect(scripted.call().reason).toBe('changed')
})

test('Controller makes no call for a resourceVersion that comes again', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  await scripted.call().returns()
  scripted.controller.redelivered()
  await scripted.clock.advance(LONG)
  expect(scripted.history).toHaveLength(1)
  expect(scripted.counts).toMatchObject({ 'same-version': 1 })
})

test('Controller counts attempts over failures and starts over after a success', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(scripted.call().attempt).toBe(attempt)
    await scripted.call().throws()
    await scripted.clock.advance(1000)
  }
  expect(scripted.call()).toMatchObject({ attempt: 4, reason: 'retry' })
  await scripted.call().returns({ requeueAfter: '1s' })
  await scripted.clock.advance(1000)
  expect(scripted.call()).toMatchObject({ attempt: 1, reason: 'requeue' })
  expect(scripted.counts).toMatchObject({ error: 3, retried: 3, requeue_after: 1 })
})

test('Controller runs a live change at once with the failures counted so far, and drops the retry that waited', async () => {
  const scripted = createScriptedController({ retry: { baseDelayMs: 60_000, maxDelayMs: LONG, maxAttempts: 0 } })
  await scripted.put('x')
  await scripted.call().throws()
  await scripted.put('x', { spec: {} })
  expect(scripted.call()).toMatchObject({ attempt: 2, reason: 'changed' })
  await scripted.call().returns()
  await scripted.clock.advance(LONG)
  expect(scripted.inFlight()).toEqual([])
})

test('Controller keeps one timer a key, which the last outcome sets', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  await scripted.call().returns({ requeueAfter: '10s' })
  await scripted.put('x', { spec: {} })
  await scripted.call().returns({ requeueAfter: '30s' })
  await scripted.clock.advance(29_999)
  expect(scripted.inFlight()).toEqual([])
  await scripted.clock.advance(1)
  await scripted.call().returns()
  await scripted.clock.advance(LONG)
  expect(scripted.history).toHaveLength(3)
})

test('Controller forgets requeueAfter when a live change ends without one', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  await scripted.call().returns({ requeueAfter: '10s' })
  await scripted.put('x', { spec: {} })
  await scripted.call().returns()
  await scripted.clock.advance(LONG)
  expect(scripted.history).toHaveLength(2)
  expect(scripted.clock.pending).toBe(0)
})

test('Controller counts no attempt for an API server out of reach', async () => {
  const scripted = createScriptedController({ retry: { baseDelayMs: 5, maxDelayMs: 5, maxAttempts: 1 } })
  await scripted.put('x')
  await scripted.call().throws({ code: 'API_UNREACHABLE' })
  await scripted.clock.advance(3_000)
  expect(scripted.call()).toMatchObject({ attempt: 1, reason: 'requeue' })
  expect(scripted.controller.parked()).toEqual([])
  expect(scripted.counts).toEqual({ requeue: 1 })
})

test('Controller parks after maxAttempts, says so, and tries no more', async () => {
  const scripted = createScriptedController({ retry: { baseDelayMs: 5, maxDelayMs: 5, maxAttempts: 2 } })
  const { uid } = await scripted.put('x')
  await scripted.call().throws()
  await scripted.clock.advance(1000)
  await scripted.call().throws({ name: 'TypeError', message: 'no such thing' })
  await scripted.clock.advance(LONG)
  expect(scripted.history).toHaveLength(2)
  expect(scripted.controller.parked()).toMatchObject([
    { key: 'a/x', uid, attempts: 2, failure: { name: 'TypeError', message: 'no such thing' } },
  ])
  expect(scripted.lines.at(-1)).toContain('parked until it changes): TypeError: no such thing')
})

test('Controller.replay() runs a parked key from its first attempt, and answers whether there was one', async () => {
  const scripted = await createParked()
  expect(scripted.controller.replay('a/other')).toBe(false)
  expect(scripted.controller.replay('a/x')).toBe(true)
  await settle()
  expect(scripted.call()).toMatchObject({ attempt: 1, reason: 'replay' })
  expect(scripted.controller.parked()).toEqual([])
  expect(scripted.controller.replay('a/x')).toBe(false)
})

test("Controller frees a parked key by somebody else's change, and not by one of its own writes", async () => {
  const scripted = await createParked()
  scripted.writeNext('x')
  await scripted.put('x', { status: { half: 'done' } })
  expect(scripted.inFlight()).toEqual([])
  expect(scripted.controller.parked()).toHaveLength(1)
  await scripted.put('x', { spec: {} })
  expect(scripted.call()).toMatchObject({ attempt: 1, reason: 'changed' })
})

test('Controller keeps a key parked through a change that `on` does not let pass', async () => {
  const scripted = await createParked({ on: ['spec'] })
  await scripted.put('x', { status: {} })
  expect(scripted.controller.parked()).toHaveLength(1)
})

test('Controller drops what is parked with its object', async () => {
  const scripted = await createParked()
  await scripted.remove('x')
  expect(scripted.controller.parked()).toEqual([])
  await scripted.put('x')
  expect(scripted.call()).toMatchObject({ attempt: 1, reason: 'created' })
})

test('Controller with resync calls for each object again and again, behind live changes, and leaves parked keys alone', async () => {
  const scripted = await createParked({ resyncMs: 30_000, concurrency: 1 })
  for (const name of ['y', 'z']) {
    await scripted.put(name)
    await scripted.call().returns()
  }
  await scripted.clock.advance(30_000)
  expect(scripted.call()).toMatchObject({ key: 'a/y', reason: 'resync' })
  await scripted.put('live')
  await scripted.call().returns()
  expect(scripted.call().key).toBe('a/live')
  await scripted.call().returns()
  await scripted.call().returns()
  await scripted.clock.advance(30_000)
  expect(scripted.call()).toMatchObject({ key: 'a/y', reason: 'resync' })
  expect(scripted.controller.parked()).toMatchObject([{ key: 'a/x' }])
})

test('Controller.loaded() of another bundle enqueues each object once, parked ones too', async () => {
  const scripted = await createParked({ concurrency: 1 })
  await scripted.put('y')
  await scripted.put('z')
  await scripted.call().returns()
  // z waits already: it keeps its one turn, and its reason.
  const before = scripted.history.length
  scripted.controller.loaded(['reconcile'])
  while (scripted.inFlight().length > 0) await scripted.call().returns()
  expect(scripted.history.slice(before - 1).toSorted()).toEqual([
    'reconcile created 1 a/z',
    'reconcile reload 1 a/x',
    'reconcile reload 1 a/y',
    'reconcile reload 1 a/z',
  ])
  expect(scripted.controller.parked()).toEqual([])
})

test('Controller hands out nothing before a bundle has loaded, nor while the guest is not ready', async () => {
  const scripted = createScriptedController({}, { exports: [] })
  await scripted.put('x')
  expect(scripted.inFlight()).toEqual([])
  scripted.isReady = false
  scripted.controller.loaded(['reconcile'])
  await settle()
  expect(scripted.inFlight()).toEqual([])
  scripted.isReady = true
  scripted.controller.dispatch()
  await settle()
  expect(scripted.call().reason).toBe('created')
})

test('Controller.configure() takes over concurrency, retry, `on` and resync in place', async () => {
  const scripted = createScriptedController({ concurrency: 1 })
  for (const name of ['x', 'y', 'z']) await scripted.put(name)
  expect(scripted.inFlight()).toHaveLength(1)
  const retry = { baseDelayMs: 1, maxDelayMs: 1, maxAttempts: 1 }
  scripted.controller.configure(controllerConfig({ concurrency: 3, resyncMs: 1000, on: ['spec'], retry }))
  await settle()
  expect(scripted.inFlight()).toHaveLength(3)
  for (const call of scripted.inFlight()) await call.throws()
  expect(scripted.controller.parked()).toHaveLength(3)
  await scripted.put('x', { status: {} })
  expect(scripted.counts).toMatchObject({ unchanged: 1 })
  await scripted.put('w')
  await scripted.call().returns()
  await scripted.clock.advance(1000)
  expect(scripted.call()).toMatchObject({ key: 'a/w', reason: 'resync' })
})

test('Controller.drain() lets the calls in hand finish and begins no other', async () => {
  const scripted = createScriptedController({ concurrency: 1, resyncMs: 1000 })
  await scripted.put('x')
  await scripted.put('y')
  let isDrained = false
  const drained = scripted.controller.drain().then(() => {
    isDrained = true
  })
  await scripted.put('z')
  expect(isDrained).toBe(false)
  await scripted.call().returns()
  await drained
  await scripted.clock.advance(LONG)
  expect(scripted.history).toEqual(['reconcile created 1 a/x'])
})

test('Controller.drain() sets no timer for the call that it waits for', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  const drained = scripted.controller.drain()
  await scripted.call().returns({ requeueAfter: '1s' })
  await drained
  expect(scripted.clock.pending).toBe(0)
  await scripted.clock.advance(LONG)
  expect(scripted.history).toHaveLength(1)
})

test('Controller.configure() of one that drains begins no resync', async () => {
  const scripted = createScriptedController({ resyncMs: 1000 })
  await scripted.controller.drain()
  scripted.controller.configure(controllerConfig({ resyncMs: 500 }))
  expect(scripted.clock.pending).toBe(0)
})

test.each([
  ['a success', undefined],
  ['requeueAfter', { requeueAfter: '1s' }],
  ['a failure', 'throw'],
  ['a TerminalError', 'terminal'],
] as const)('Controller drops and counts %s that comes for an object which is gone', async (_, how) => {
  const scripted = createScriptedController()
  await scripted.put('x')
  const call = scripted.call()
  await scripted.remove('x')
  await (typeof how === 'string' ? call.throws({ terminal: how === 'terminal' }) : call.returns(how))
  expect(scripted.counts).toEqual({ dropped: 1 })
  expect(scripted.controller.parked()).toEqual([])
  expect(scripted.clock.pending).toBe(0)
  await scripted.put('x')
  expect(scripted.call()).toMatchObject({ attempt: 1, reason: 'created' })
})

test('Controller drops a failure of the object before when it has been re-created under the same key', async () => {
  const scripted = createScriptedController()
  await scripted.put('x', { spec: { old: true } })
  const call = scripted.call()
  await scripted.remove('x')
  await scripted.put('x', { spec: { old: false } })
  await call.throws({ terminal: true })
  expect(scripted.call()).toMatchObject({ attempt: 1, object: { spec: { old: false } } })
  expect(scripted.controller.parked()).toEqual([])
})

test('Controller calls deleted with the last state, and writes no status for it', async () => {
  const scripted = createScriptedController({}, WITH_DELETED)
  await scripted.put('x', { spec: { last: true } })
  await scripted.call().returns()
  await scripted.remove('x')
  expect(scripted.call()).toMatchObject({ export: 'deleted', reason: 'deleted', object: { spec: { last: true } } })
  await scripted.call().returns({ status: { ignored: true } })
  await scripted.clock.advance(LONG)
  expect(scripted.history).toHaveLength(2)
  expect(scripted.sent).toEqual([])
})

test('Controller.forgetDeleted() drops the last states of what went before, and leaves an object of the same name its turn', async () => {
  const scripted = createScriptedController({}, WITH_DELETED)
  scripted.isReady = false
  for (const name of ['gone', 'back']) await scripted.put(name)
  for (const name of ['gone', 'back']) await scripted.remove(name)
  await scripted.put('back')
  scripted.controller.forgetDeleted()
  scripted.isReady = true
  scripted.controller.dispatch()
  await scripted.clock.advance(0)
  await scripted.call().returns()
  expect(scripted.history).toEqual(['reconcile created 1 a/back'])
})

test('Controller whose handler has no deleted takes back the turn of an object that went', async () => {
  const scripted = createScriptedController({ concurrency: 1 })
  await scripted.put('busy')
  await scripted.put('x')
  await scripted.remove('x')
  expect(scripted.controller.depth).toBe(0)
})

test('Controller completes deleted of the object before, retries included, ahead of the one re-created under its key', async () => {
  const scripted = createScriptedController({}, WITH_DELETED)
  await scripted.put('x', { spec: { n: 1 } })
  await scripted.call().returns()
  await scripted.remove('x')
  await scripted.put('x', { spec: { n: 2 } })
  await scripted.call().throws()
  await scripted.put('x', { spec: { n: 3 } })
  expect(scripted.call()).toMatchObject({ export: 'deleted', attempt: 2, object: { spec: { n: 1 } } })
  await scripted.call().returns()
  expect(scripted.history.slice(1)).toEqual(['deleted deleted 1 a/x', 'deleted retry 2 a/x', 'reconcile created 1 a/x'])
  expect(scripted.call().object.spec).toEqual({ n: 3 })
})

test('Controller gives a re-created object its turn when deleted of the one before has been parked', async () => {
  const scripted = createScriptedController({}, WITH_DELETED)
  await scripted.put('x', { spec: { n: 1 } })
  await scripted.call().returns()
  await scripted.remove('x')
  await scripted.put('x', { spec: { n: 2 } })
  await scripted.call().throws({ terminal: true })
  expect(scripted.controller.parked()).toMatchObject([{ key: 'a/x', export: 'deleted' }])
  expect(scripted.call()).toMatchObject({ export: 'reconcile', reason: 'created', object: { spec: { n: 2 } } })
  await scripted.call().returns()
  scripted.controller.replay('a/x')
  await settle()
  expect(scripted.call()).toMatchObject({ export: 'deleted', reason: 'replay', object: { spec: { n: 1 } } })
})

test('Controller keeps in mind what goes while it drains, for the one that takes over', async () => {
  const scripted = createScriptedController({}, { exports: ['reconcile', 'deleted'] })
  await scripted.put('x')
  const drained = scripted.controller.drain()
  await scripted.remove('x')
  await scripted.call().returns()
  await drained
  expect(scripted.controller.buried.map(({ key }) => key)).toEqual(['a/x'])
  const next = createScriptedController({}, { exports: [] })
  next.controller.inherit(scripted.controller.buried)
  next.controller.loaded(['reconcile', 'deleted'])
  await next.clock.advance(0)
  expect([next.call().export, next.call().key]).toEqual(['deleted', 'a/x'])
  const without = createScriptedController({}, { exports: [] })
  without.controller.inherit(scripted.controller.buried)
  without.controller.loaded(['reconcile'])
  await without.clock.advance(0)
  expect([without.inFlight(), without.controller.buried]).toEqual([[], []])
})

test('Controller calls deleted for each of the objects that lived under one key', async () => {
  const scripted = createScriptedController({ concurrency: 1 }, WITH_DELETED)
  await scripted.put('busy')
  for (const n of [1, 2]) {
    await scripted.put('x', { spec: { n } })
    await scripted.remove('x')
  }
  await scripted.call().returns()
  const seen: unknown[] = []
  while (scripted.inFlight().length > 0) {
    seen.push([scripted.call().export, scripted.call().object.spec])
    await scripted.call().returns()
  }
  expect(seen).toEqual([
    ['deleted', { n: 1 }],
    ['deleted', { n: 2 }],
  ])
})

test('Controller gives up a last state that is parked for the next one of its name, counted', async () => {
  const scripted = createScriptedController({}, WITH_DELETED)
  for (const n of [1, 2]) {
    await scripted.put('x', { spec: { n } })
    await scripted.call().returns()
    await scripted.remove('x')
    expect(scripted.call()).toMatchObject({ export: 'deleted', attempt: 1, object: { spec: { n } } })
    await scripted.call().throws({ terminal: true })
  }
  expect(scripted.counts).toMatchObject({ terminal: 2, tombstoneDropped: 1 })
  expect(scripted.controller.parked()).toHaveLength(1)
})

test('Controller gives up a last state that fails for good when another one of its name waits', async () => {
  const scripted = createScriptedController({}, WITH_DELETED)
  await scripted.put('x', { spec: { n: 1 } })
  await scripted.call().returns()
  await scripted.remove('x')
  await scripted.put('x', { spec: { n: 2 } })
  await scripted.remove('x')
  await scripted.call().throws({ terminal: true })
  expect(scripted.lines.at(-1)).toContain('given up for the next one of this name')
  expect(scripted.call()).toMatchObject({ export: 'deleted', attempt: 1, object: { spec: { n: 2 } } })
  expect(scripted.controller.parked()).toEqual([])
  expect(scripted.counts).toMatchObject({ tombstoneDropped: 1 })
})

test('Controller gives an object its turn when the last state before it had to make room amid its call', async () => {
  const scripted = createScriptedController({ concurrency: 1 }, WITH_DELETED)
  await scripted.put('x', { spec: { n: 1 } })
  await scripted.call().returns()
  await scripted.remove('x')
  await scripted.put('x', { spec: { n: 2 } })
  await scripted.call().throws()
  await scripted.clock.advance(1000)
  const call = scripted.call()
  for (let i = 0; i < 1000; i++) await scripted.put(`y${i}`)
  for (let i = 0; i < 1000; i++) await scripted.remove(`y${i}`)
  await call.throws()
  expect(scripted.counts).toMatchObject({ tombstoneDropped: 1, dropped: 1 })
  scripted.controller.configure(controllerConfig({ concurrency: 100 }))
  await settle()
  const turns = () => scripted.inFlight().find(({ key, export: name }) => key === 'a/x' && name === 'reconcile')
  while (turns() === undefined) for (const other of scripted.inFlight()) await other.returns()
  expect(turns()).toMatchObject({ attempt: 1, object: { spec: { n: 2 } } })
})

test('Controller keeps 1,000 last states; for another one the oldest goes, counted', async () => {
  const scripted = createScriptedController({ concurrency: 1 }, WITH_DELETED)
  await scripted.put('busy')
  scripted.isReady = false
  for (let i = 0; i < 1001; i++) await scripted.put(`x${i}`)
  for (let i = 0; i < 1001; i++) await scripted.remove(`x${i}`)
  expect(scripted.counts).toEqual({ tombstoneDropped: 1 })
  scripted.isReady = true
  await scripted.call().returns()
  expect(scripted.call()).toMatchObject({ export: 'deleted', key: 'a/x1' })
})

test('Controller forgets the keys of last states that had to go: on standby they would be queued for ever', async () => {
  const scripted = createScriptedController({}, { ...WITH_DELETED, isStarted: false })
  for (let i = 0; i < 3000; i++) {
    await scripted.put(`x${i}`)
    await scripted.remove(`x${i}`)
  }
  expect(scripted.controller.depth).toBe(1000)
})

test('Controller does not park an object that changed, or was deleted, while the call ran that would park it', async () => {
  const scripted = createScriptedController({}, { exports: ['reconcile', 'finalize'] })
  await scripted.put('x', { metadata: { finalizers: ['ostler.dev/demos'] }, spec: { n: 1 } })
  const first = scripted.call()
  await scripted.put('x', { spec: { n: 2 } })
  await first.throws({ terminal: true })
  const second = scripted.call()
  expect(second).toMatchObject({ export: 'reconcile', attempt: 1, object: { spec: { n: 2 } } })
  await scripted.put('x', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })
  await second.throws({ terminal: true })
  expect(scripted.call()).toMatchObject({ export: 'finalize' })
  expect(scripted.controller.parked()).toEqual([])
})

test('Controller parks an object that nobody but its own handler changed while the call ran', async () => {
  const scripted = createScriptedController()
  await scripted.put('x')
  scripted.writeNext('x')
  const first = scripted.call()
  await scripted.put('x', { spec: { n: 2 } })
  await first.throws({ terminal: true })
  expect(scripted.inFlight()).toEqual([])
  expect(scripted.controller.parked()).toHaveLength(1)
})

test('Controller drops what it wrote to an object whose deletion it saw before the answer to the write', async () => {
  const scripted = createScriptedController()
  const { uid, resourceVersion } = await scripted.put('x')
  const call = scripted.call()
  await scripted.remove('x')
  const json = JSON.stringify({ metadata: { uid } })
  scripted.overlay.record(objectKey(DEMO, 'a', 'x'), { version: DEMO.version, uid, resourceVersion, json })
  await call.returns()
  expect(scripted.overlay.size).toBe(0)
})

test('Controller writes the status that reconcile returned, unless it is there already', async () => {
  const scripted = createScriptedController()
  await scripted.put('x', { status: { n: 1 } })
  await scripted.call().returns({ status: { n: 1 } })
  expect(scripted.sent).toEqual([])
  await scripted.put('x', { spec: {} })
  await scripted.call().returns({ status: { n: 2 } })
  expect(scripted.sent).toMatchObject([{ method: 'PATCH', path: '/apis/demo.io/v1/namespaces/a/demos/x/status' }])
})
