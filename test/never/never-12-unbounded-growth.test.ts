import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { EventBudget } from '../../runtime/broker/event-budget.ts'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { Mappings } from '../../runtime/controller/mappings.ts'
import { Tombstones } from '../../runtime/controller/tombstones.ts'
import type { Entry } from '../../runtime/informer/entry.ts'
import { createLineSplitter } from '../../runtime/informer/line-splitter.ts'
import { Fifo } from '../../runtime/queue/fifo.ts'
import { WorkQueue } from '../../runtime/queue/work-queue.ts'
import { createFakeObjects } from '../controller/fake-objects.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { entryOf } from '../informer/feed.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is left, in any Map or Set that is changed from now on and still lives, under a key with this text. */
function watchCollections(): { keysWith(text: string): Promise<string[]> } {
  type Collection = Map<unknown, unknown> | Set<unknown>
  const known = new WeakSet<Collection>()
  const all: WeakRef<Collection>[] = []
  const { set } = Map.prototype
  const { add } = Set.prototype
  const remember = (collection: Collection) => {
    if (known.has(collection)) return
    known.add(collection)
    all.push(new WeakRef(collection))
  }
  Map.prototype.set = function (key: unknown, value: unknown) {
    remember(this)
    return set.call(this, key, value)
  }
  Set.prototype.add = function (value: unknown) {
    remember(this)
    return add.call(this, value)
  }
  onTestFinished(() => {
    Map.prototype.set = set
    Set.prototype.add = add
  })
  return {
    async keysWith(text) {
      await settle()
      collectGarbage()
      const keys = all.flatMap((ref) => [...(ref.deref()?.keys() ?? [])])
      return keys.filter((key): key is string => typeof key === 'string' && key.includes(text))
    },
  }
}

/** Ways in which a call for an object may end while the object lives. */
const ENDS = ['success', 'requeue', 'failure', 'parked', 'death', 'conflict'] as const
const MANY = 60

test('never-12: all that is kept by an object goes with it, however its calls ended', async () => {
  const collections = watchCollections()
  const objects = createFakeObjects()
  const scripted = createScriptedController({}, { exports: ['reconcile', 'finalize'] })
  scripted.respond = objects.respond
  const { clock, controller, inFlight } = scripted
  for (let i = 0; i < MANY; i++) {
    const name = `leak-${i}`
    await scripted.tell(objects.set(name))
    const end = ENDS[i % ENDS.length]
    const call = scripted.call()
    if (end === 'success') await call.returns({ status: { n: i } })
    if (end === 'requeue') await call.returns({ requeueAfter: '1h' })
    if (end === 'failure') await call.throws()
    if (end === 'parked') await call.throws({ terminal: true })
    if (end === 'death') await call.settles({ kind: 'died', reason: 'out of memory' })
    if (end === 'conflict') await call.throws({ code: 409, name: 'Conflict' })
    for (const other of inFlight()) await other.returns({ requeueAfter: '1h' })
    const isFinalized = i % 2 === 0
    if (isFinalized) {
      await scripted.tell(objects.set(name, { deletionTimestamp: '2026-01-01T00:00:00Z' }))
      for (const other of inFlight()) await other.returns()
    }
    objects.delete(name)
    await scripted.remove(name)
    await clock.advance(1)
  }
  for (const other of inFlight()) await other.returns()
  expect(controller.isIdle).toBe(true)
  expect(await collections.keysWith('leak-')).toEqual([])
  expect(controller.parked()).toEqual([])
  // The circuit breaker's sweep, one for all keys: while nothing runs it is not set again.
  expect(clock.pending).toBeLessThanOrEqual(1)
  await clock.advance(10_000)
  expect(clock.pending).toBe(0)
})

test('never-12: a last write that the event of its object’s end has overtaken is not kept', async () => {
  const collections = watchCollections()
  const objects = createFakeObjects()
  const scripted = createScriptedController({}, { exports: ['reconcile', 'finalize'] })
  await scripted.tell(
    objects.set('leak-1', { finalizers: ['ostler.dev/demos'], deletionTimestamp: '2026-01-01T00:00:00Z' }),
  )
  scripted.respond = (request) => {
    const stored = objects.respond(request)
    void scripted.remove('leak-1')
    return stored
  }
  await scripted.call().returns()
  expect(objects.get('leak-1')).toBeUndefined()
  expect(await collections.keysWith('leak-1')).toEqual([])
})

test('never-12: nor one of the host’s own that takes a needless finalizer off', async () => {
  const collections = watchCollections()
  const objects = createFakeObjects()
  const scripted = createScriptedController()
  scripted.isReady = false
  scripted.respond = (request) => {
    const stored = objects.respond(request)
    objects.delete('leak-1')
    void scripted.remove('leak-1')
    return stored
  }
  await scripted.tell(objects.set('leak-1', { finalizers: ['ostler.dev/demos'] }))
  expect(scripted.sent.map(({ method }) => method)).toEqual(['PATCH'])
  expect(await collections.keysWith('leak-1')).toEqual([])
})

test.each([
  ['on standby', ['reconcile', 'deleted'], false],
  ['whose handler has never loaded', [], true],
])(
  'never-12: a controller %s holds no more for objects that come and go than it may',
  async (_, exports, isStarted) => {
    const collections = watchCollections()
    const { put, remove } = createScriptedController({}, { exports, isStarted })
    for (let i = 0; i < 3000; i++) {
      await put(`leak-${i}`)
      await remove(`leak-${i}`)
    }
    const places = new Map<string, number>()
    for (const key of await collections.keysWith('leak-')) places.set(key, (places.get(key) ?? 0) + 1)
    // Of the last states that wait for `deleted`.
    expect(places.size).toBeLessThanOrEqual(1000)
  },
)

test('never-12: a queue nobody takes from holds no more than what waits', () => {
  const { push } = Fifo.prototype
  const lanes = new Set<Fifo<unknown>>()
  Fifo.prototype.push = function (item) {
    lanes.add(this)
    return push.call(this, item)
  }
  onTestFinished(() => {
    Fifo.prototype.push = push
  })
  const queue = new WorkQueue()
  for (const key of ['first', 'second']) queue.add(key)
  for (let i = 0; i < 10_000; i++) {
    queue.add(`gone-${i}`, i % 2 === 0 ? 'high' : 'low')
    queue.remove(`gone-${i}`)
  }
  expect([...lanes].reduce((sum, lane) => sum + lane.size, 0)).toBeLessThan(200)
  queue.add('third')
  expect([queue.depth, queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([
    ...[3, 'first', 'second', 'third', undefined],
  ])
})

/** Fills a buffer past its bound; answers how much it holds then, and what happened to the rest. */
const BUFFERS: readonly [string, () => unknown, unknown][] = [
  [
    'own writes over the cache: 10,000, then reads are live',
    () => {
      const overlay = new Overlay(createFakeClock())
      for (let i = 0; i < 10_050; i++)
        overlay.record(`k${i}`, { version: 'v1', uid: 'u', resourceVersion: '1', json: '{}' })
      return [overlay.size, overlay.lookup('k0')]
    },
    [10_000, 'expired'],
  ],
  [
    'last states for deleted: 1,000, the oldest goes and is named',
    () => {
      const tombstones = new Tombstones()
      const dropped = Array.from({ length: 1002 }, (_, i) => tombstones.add({ ...GONE, key: `k${i}` }))
      return [tombstones.size, ...dropped.slice(999)]
    },
    [1000, undefined, 'k0', 'k1'],
  ],
  [
    'changes that wait for a mapper: 8 of an object and 1,000 that are gone, the rest is said to be lost',
    () => {
      const mappings = new Mappings()
      const watch = { gvk: { group: '', version: 'v1', kind: 'Thing' }, map: 'm' }
      const add = (name: string, version: number, isGone: boolean) =>
        mappings.add(watch, { entry: entryOf(name, version), old: undefined, isGone, isInitial: false })
      const lost = Array.from({ length: 8 }, (_, i) => add('one', i, false).isLost)
      const kept = mappings.take('v1/Thing m default/one')?.states.length
      const gone = Array.from({ length: 1001 }, (_, i) => add(`k${i}`, 1, true).isLost)
      return [lost.indexOf(true), kept, mappings.size, gone.indexOf(true)]
    },
    [7, 8, 1000, 1000],
  ],
  [
    'events about one object: 25 at once, then none',
    () => {
      const budget = new EventBudget(createFakeClock())
      return Array.from({ length: 40 }, () => budget.tryTake('x')).filter(Boolean).length
    },
    25,
  ],
  [
    'a line of a watch: an error beyond its bound',
    () => {
      const splitter = createLineSplitter()
      const chunk = Buffer.alloc(1 << 20, 'x')
      let chunks = 0
      try {
        for (; chunks < 1000; chunks++) for (const _ of splitter.push(chunk));
      } catch (error) {
        return [(error as Error).name, chunks < 200]
      }
      return chunks
    },
    ['RangeError', true],
  ],
]

const GONE: Entry = entryOf('gone', 1)

test.each(BUFFERS)('never-12: bound of %s', (_, fill, expected) => {
  expect(fill()).toEqual(expected)
})
