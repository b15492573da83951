import { describe, expect, onTestFinished, test } from 'vitest'
import { Informer, type InformerHooks, SILENCE_LIMIT_MS, type Subscriber } from '../../runtime/informer/informer.ts'
import { IDLE_LIMIT_MS } from '../../runtime/informer/reflector.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import type { Gvk } from '../../runtime/util/gvk.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, remove, statusError } from './feed.ts'

const gvk: Gvk = { group: 'demo.io', version: 'v1', kind: 'Demo' }
const demos: Resource = { ...gvk, plural: 'demos', namespaced: true, verbs: ['list', 'watch'], subresources: [] }

function setUp({ namespace }: { namespace?: string } = {}) {
  const clock = createFakeClock()
  const source = createScriptedListWatch()
  const plurals: string[] = []
  const counts: Record<string, number> = {}
  const errors: string[] = []
  const states: string[] = []
  /** What resolve() answers; undefined: whenServed() waits for serve(). */
  let served: Resource | Error | undefined = demos
  let serve = (_: Resource) => {}
  const kinds = {
    async resolve() {
      if (served instanceof Error) throw served
      return served
    },
    whenServed: (_: Gvk, signal: AbortSignal) =>
      new Promise<Resource>((resolve, reject) => {
        serve = resolve
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  const hooks: Partial<InformerHooks> = {
    event: count,
    relist: () => count('relist'),
    restart: (why) => count(`restart ${why}`),
    fallback: () => count('fallback'),
    state: ({ kind }) => states.push(kind),
    error: (error, what) => errors.push(`${what}: ${(error as Error).message}`),
  }
  const sourceOf = (resource: Resource) => {
    plurals.push(resource.plural)
    return source
  }
  const informer = new Informer({ gvk, namespace, kinds, sourceOf, clock, random: () => 0.5, hooks })
  onTestFinished(() => informer.stop())
  return {
    clock,
    source,
    plurals,
    counts,
    errors,
    states,
    informer,
    setServed(next: Resource | Error | undefined) {
      served = next
    },
    serve: (resource: Resource) => serve(resource),
  }
}

/** Writes down what it is told: `added a@1 initial`, `changed a@1→2`. */
function createRecorder(): Subscriber & { readonly told: string[]; take(): string[] } {
  const told: string[] = []
  return {
    told,
    take: () => told.splice(0),
    added: (entry, initial) =>
      void told.push(`added ${entry.name}@${entry.resourceVersion}${initial ? ' initial' : ''}`),
    changed: (entry, old) => void told.push(`changed ${entry.name}@${old.resourceVersion}→${entry.resourceVersion}`),
    removed: (entry) => void told.push(`removed ${entry.name}@${entry.resourceVersion}`),
    redelivered: (entry) => void told.push(`redelivered ${entry.name}@${entry.resourceVersion}`),
    synced: () => void told.push('synced'),
    relisted: () => void told.push('relisted'),
  }
}

/** An informer that has listed a@1 and b@1 and watches. */
async function setUpSynced() {
  const setup = setUp()
  const recorder = createRecorder()
  setup.informer.subscribe(recorder)
  const feed = setup.source.nextWatch().push([], [apply('a', 1), apply('b', 1), bookmark(10, true)])
  setup.informer.start()
  await settle()
  expect(recorder.take()).toEqual(['added a@1 initial', 'added b@1 initial', 'synced'])
  return { ...setup, recorder, feed }
}

describe('Informer', () => {
  test('tells the first list, then what changes', async () => {
    const { feed, informer, recorder, counts } = await setUpSynced()
    expect(informer.state).toEqual({ kind: 'Synced' })
    feed.push([apply('c', 11), apply('a', 12), remove('b', 13), remove('none', 14), bookmark(15)])
    await settle()
    expect(recorder.told).toEqual(['added c@11', 'changed a@1→12', 'removed b@13'])
    expect(informer.lister.list().map(({ key }) => key)).toEqual(['default/a', 'default/c'])
    expect(counts).toEqual({ added: 3, changed: 1, removed: 1, bookmark: 1 })
  })

  test('tells a re-created object as removed, then added', async () => {
    const { feed, informer, recorder } = await setUpSynced()
    recorder.removed = (entry) => {
      recorder.told.push(`removed ${entry.uid}, held: ${informer.lister.get(entry.key)?.uid}`)
    }
    feed.push([apply('a', 12, { metadata: { uid: 'second' } })])
    await settle()
    expect(recorder.told).toEqual(['removed uid-a, held: undefined', 'added a@12'])
    expect(informer.lister.get('default/a')?.uid).toBe('second')
  })

  test('after 410 lists anew, and the old content stays readable meanwhile', async () => {
    const { clock, source, feed, informer, recorder } = await setUpSynced()
    source.nextWatch().push([], [apply('a', 1), apply('c', 20)])
    feed.fail(statusError(410))
    await clock.advance(1000)
    expect(recorder.take()).toEqual(['redelivered a@1', 'added c@20'])
    expect(informer.lister.get('default/b')?.name).toBe('b')
    expect(informer.hasSynced).toBe(true)
  })

  test('after 410 tells an object re-created meanwhile as removed, then added, and the end of the list', async () => {
    const { clock, source, feed, informer, recorder, counts } = await setUpSynced()
    source.nextWatch().push([], [apply('a', 20, { metadata: { uid: 'second' } }), bookmark(21, true)])
    feed.fail(statusError(410))
    await clock.advance(1000)
    expect(recorder.take()).toEqual(['removed a@1', 'added a@20', 'removed b@1', 'relisted'])
    expect([informer.lister.size, informer.relists, informer.restarts]).toEqual([1, 1, 1])
    expect(counts).toMatchObject({ relist: 1, 'restart error': 1 })
  })

  test('goes on from the last version after a break, without a list', async () => {
    const { clock, source, feed, recorder } = await setUpSynced()
    const second = source.nextWatch().push([])
    feed.push([apply('a', 12)]).fail(new Error('connection reset'))
    await clock.advance(1000)
    second.push([apply('a', 13)])
    await settle()
    expect(source.requests[1]).toMatchObject({ verb: 'watch', resourceVersion: '12' })
    expect(recorder.told).toEqual(['changed a@1→12', 'changed a@12→13'])
  })

  test('replays to a late subscriber and tells it the rest', async () => {
    const { feed, informer } = await setUpSynced()
    const late = createRecorder()
    const unsubscribe = informer.subscribe(late)
    expect(late.take()).toEqual(['added a@1 initial', 'added b@1 initial', 'synced'])
    feed.push([apply('a', 12)])
    await settle()
    expect(late.take()).toEqual(['changed a@1→12'])
    unsubscribe()
    feed.push([apply('a', 13)])
    await settle()
    expect(late.told).toEqual([])
  })

  test('tells a subscriber that comes during a round each object once', async () => {
    const { feed, informer, recorder } = await setUpSynced()
    const late = createRecorder()
    recorder.added = () => void informer.subscribe(late)
    feed.push([apply('c', 11)])
    await settle()
    expect(late.told).toEqual(['added a@1 initial', 'added b@1 initial', 'added c@11 initial', 'synced'])
  })

  test('reports a subscriber that throws and harms nobody else', async () => {
    const { feed, informer, recorder, errors } = await setUpSynced()
    informer.subscribe({
      added() {
        throw new Error('bad subscriber')
      },
      changed() {
        throw new Error('bad subscriber')
      },
    })
    const late = createRecorder()
    informer.subscribe(late)
    feed.push([apply('a', 12)])
    await settle()
    expect(recorder.told).toEqual(['changed a@1→12'])
    expect(late.told.at(-1)).toBe('changed a@1→12')
    expect(errors).toEqual(Array(3).fill('subscriber: bad subscriber'))
  })

  test('keeps the age of the last sign of life and says when it is too old', async () => {
    const { clock, source, feed, informer } = await setUpSynced()
    await clock.advance(60_000)
    expect(informer.lastSignAgeMs).toBe(60_000)
    feed.push([bookmark(11)])
    await settle()
    expect(informer.lastSignAgeMs).toBe(0)
    await clock.advance(IDLE_LIMIT_MS + 1000)
    expect([feed.isAborted, source.requests.length, informer.isSilent]).toEqual([true, 2, false])
    await clock.advance(SILENCE_LIMIT_MS - IDLE_LIMIT_MS)
    expect([informer.isSilent, informer.state.kind]).toEqual([true, 'Synced'])
  })

  test('never asks in a tight loop, whatever the server does', async () => {
    const { clock, source, feed } = await setUpSynced()
    feed.end()
    for (let i = 0; i < 1000; i++) source.nextWatch().end()
    await clock.advance(600_000)
    // 0.4 s doubling to 15 s (jitter at its middle): about 45 in ten minutes
    expect(source.requests.length).toBeGreaterThan(30)
    expect(source.requests.length).toBeLessThan(60)
  })

  test('heeds how long the server asks to be left alone, within bounds', async () => {
    const { clock, source, feed } = await setUpSynced()
    source.nextWatch().fail(statusError(429, 'slow down', 3_600_000))
    feed.fail(statusError(429, 'slow down', 20_000))
    await clock.advance(19_000)
    expect(source.requests).toHaveLength(1)
    await clock.advance(1000)
    expect(source.requests).toHaveLength(2)
    await clock.advance(60_000)
    expect(source.requests).toHaveLength(3)
  })
})

describe('Informer of a kind that is not served', () => {
  test('waits for it, saying so, and begins by itself', async () => {
    const { source, states, informer, setServed, serve } = setUp()
    setServed(undefined)
    informer.start()
    await settle()
    expect(informer.state).toEqual({
      kind: 'WaitingForCRD',
      message: 'The API server does not serve "demo.io/v1/Demo" yet',
    })
    expect(informer.isSilent).toBe(false)
    source.nextWatch().push([], [apply('a', 1), bookmark(2, true)])
    serve(demos)
    await settle()
    expect(informer.lister.size).toBe(1)
    expect(states).toEqual(['WaitingForCRD', 'Syncing', 'Synced'])
  })

  test('tells the objects of a kind that goes as removed, and finds it again under another plural', async () => {
    const { clock, feed, source, states, informer, recorder, plurals, setServed, serve } = await setUpSynced()
    setServed(undefined)
    feed.fail(statusError(404))
    await clock.advance(1000)
    expect(recorder.take()).toEqual(['removed a@1', 'removed b@1'])
    expect([informer.state.kind, informer.hasSynced]).toEqual(['WaitingForCRD', false])
    source.nextWatch().push([], [apply('a', 30), bookmark(31, true)])
    serve({ ...demos, plural: 'demoses' })
    await settle()
    expect(plurals).toEqual(['demos', 'demoses'])
    expect(recorder.take()).toEqual(['added a@30 initial', 'synced'])
    expect(states).toEqual(['Synced', 'WaitingForCRD', 'Syncing', 'Synced'])
  })

  test('keeps its objects through a 404 when discovery still shows the kind', async () => {
    const { clock, feed, source, informer, recorder, plurals } = await setUpSynced()
    feed.fail(statusError(404))
    source.nextWatch().push([], [apply('a', 1), apply('b', 30), bookmark(31, true)])
    await clock.advance(1000)
    expect(recorder.told).toEqual(['redelivered a@1', 'changed b@1→30', 'relisted'])
    expect([plurals.length, informer.state.kind]).toEqual([2, 'Synced'])
  })
})

describe('Informer.state', () => {
  test('is Forbidden with the rule to add, asked again every 30 s', async () => {
    const { clock, source, informer } = setUp({ namespace: 'shop' })
    source.nextWatch().fail(statusError(403))
    source.nextWatch().push([], [bookmark(1, true)])
    informer.start()
    await settle()
    expect(informer.state.kind).toBe('Forbidden')
    const message = 'message' in informer.state ? informer.state.message : ''
    expect(message).toContain('in namespace "shop"')
    expect(message).toContain('{apiGroups: ["demo.io"], resources: ["demos"], verbs: ["get", "list", "watch"]}')
    await clock.advance(29_999)
    expect(source.requests).toHaveLength(1)
    await clock.advance(1)
    expect(informer.state.kind).toBe('Synced')
  })

  test('shows rights that are taken away after the sync, and given back', async () => {
    const { clock, feed, source, informer, recorder } = await setUpSynced()
    feed.fail(statusError(403))
    await settle()
    expect([informer.state.kind, informer.hasSynced, informer.lister.size]).toEqual(['Forbidden', true, 2])
    source.nextWatch().push([])
    await clock.advance(30_000)
    expect([informer.state.kind, recorder.told]).toEqual(['Synced', []])
  })

  test('is Unreachable while the first list does not succeed', async () => {
    const { clock, source, informer, errors } = setUp()
    source.nextWatch().fail(new Error('connect ECONNREFUSED'))
    informer.start()
    await settle()
    expect(informer.state).toEqual({ kind: 'Unreachable', message: 'connect ECONNREFUSED' })
    expect(errors).toEqual(['watch: connect ECONNREFUSED'])
    source.nextWatch().push([])
    await clock.advance(1000)
    expect(informer.state.kind).toBe('Syncing')
  })

  test.each([429, 503])(
    'waits in silence for a new kind whose storage is being set up (%i), and not for long',
    async (code) => {
      const { clock, source, informer, states, setServed, serve } = setUp()
      setServed(undefined)
      informer.start()
      await settle()
      setServed(demos)
      serve(demos)
      for (let second = 0; second < 4; second++) {
        source.nextWatch().fail(statusError(code, 'storage is (re)initializing', 1000))
        await clock.advance(1000)
      }
      expect(states).toEqual(['WaitingForCRD', 'Syncing'])
      for (let second = 0; second < 4; second++) {
        source.nextWatch().fail(statusError(code, 'storage is (re)initializing', 1000))
        await clock.advance(1000)
      }
      expect(informer.state).toEqual({ kind: 'Unreachable', message: 'storage is (re)initializing' })
    },
  )

  test('is Unreachable while discovery cannot be asked', async () => {
    const { clock, source, informer, setServed } = setUp()
    setServed(new Error('no discovery'))
    informer.start()
    await settle()
    expect(informer.state).toEqual({ kind: 'Unreachable', message: 'no discovery' })
    setServed(demos)
    source.nextWatch().push([], [bookmark(1, true)])
    await clock.advance(1000)
    expect(informer.state.kind).toBe('Synced')
  })

  test.each([
    ['a cluster-scoped kind in a namespace', { ...demos, namespaced: false }, 'cluster-scoped'],
    ['a kind without watch', { ...demos, verbs: ['list', 'create'] }, 'no watch'],
  ])('is ConfigError for %s, until that changes', async (_, resource, words) => {
    const { clock, source, informer, setServed } = setUp({ namespace: 'shop' })
    setServed(resource)
    informer.start()
    await settle()
    expect(informer.state).toMatchObject({ kind: 'ConfigError', message: expect.stringContaining(words) })
    source.nextWatch().push([], [bookmark(1, true)])
    setServed(demos)
    await clock.advance(30_000)
    expect(informer.state.kind).toBe('Synced')
  })

  test('is ConfigError for a selector that the server refuses', async () => {
    const { source, informer, counts } = setUp()
    source.nextWatch().fail(statusError(400))
    source.nextList().fail(statusError(400, 'field label not supported: spec.x'))
    informer.start()
    await settle()
    expect(informer.state).toEqual({ kind: 'ConfigError', message: 'field label not supported: spec.x' })
    expect(counts).toMatchObject({ fallback: 1 })
  })
})

test.each(['Syncing', 'Synced', 'WaitingForCRD'])('Informer.stop() while %s ends everything', async (state) => {
  const { clock, source, informer, setServed } = setUp()
  const recorder = createRecorder()
  informer.subscribe(recorder)
  const feed = source.nextWatch().push([], [apply('a', 1)], ...(state === 'Synced' ? [[bookmark(2, true)]] : []))
  if (state === 'WaitingForCRD') setServed(undefined)
  informer.start()
  await settle()
  expect(informer.state.kind).toBe(state)
  recorder.take()
  informer.stop()
  feed.push([apply('b', 3)])
  await clock.advance(600_000)
  expect([recorder.told, informer.lister.size, informer.state.kind]).toEqual([[], 0, 'Stopped'])
  expect([clock.pending, source.requests.length]).toEqual([0, state === 'WaitingForCRD' ? 0 : 1])
})
