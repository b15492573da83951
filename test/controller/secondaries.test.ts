import { describe, expect, test } from 'vitest'
import { createJointCache, createScopeReader, type Scope } from '../../runtime/controller/scopes.ts'
import { Secondaries, type SecondarySource, sourcesOf } from '../../runtime/controller/secondaries.ts'
import { Informers } from '../../runtime/informer/informers.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import { formatGvk, type Gvk } from '../../runtime/util/gvk.ts'
import { createFakeClock } from '../fake-clock.ts'

const gvkOf = (kind: string): Gvk => ({ group: '', version: 'v1', kind })
const KINDS = ['A', 'B', 'C', 'D'].map(gvkOf)

function setUp() {
  const kinds = {
    resolve: async (gvk: Gvk): Promise<Resource> => ({
      ...{ ...gvk, plural: `${gvk.kind}s`, namespaced: true, verbs: ['list', 'watch'], subresources: [] },
    }),
    whenServed: () => new Promise<Resource>(() => {}),
  }
  const stream = ({ signal }: { signal: AbortSignal }) =>
    new Promise<AsyncIterable<Buffer>>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const informers = new Informers({ clientOf: () => ({ stream }), kinds, clock: createFakeClock() })
  const acquire = (gvk: Gvk): Scope[] => [{ ...informers.acquire({ identity: '', gvk }), namespace: undefined }]
  const subscriptions: string[] = []
  const subscribe = ({ gvk, map }: SecondarySource) => {
    const id = `${formatGvk(gvk)} ${map ?? ''}`
    subscriptions.push(id)
    let isActive = true
    return () => {
      if (isActive) subscriptions.splice(subscriptions.indexOf(id), 1)
      isActive = false
    }
  }
  return { informers, acquire, subscriptions, create: () => new Secondaries({ acquire, subscribe }) }
}

/** A generator of numbers in [0, 1) that a failure can be repeated with. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

describe('Secondaries.follow()', () => {
  test('leaves alone what stays, and takes new leases before it releases old ones', () => {
    const { create, informers, subscriptions } = setUp()
    const [a, b] = KINDS as [Gvk, Gvk]
    const secondaries = create()
    secondaries.follow({ owns: [a], watches: [] })
    const held = secondaries.scopes[0]?.informer
    secondaries.follow({ owns: [a], watches: [{ gvk: b, map: 'm' }] })
    expect(secondaries.scopes[0]?.informer).toBe(held)
    // The same informer for another use of the kind.
    secondaries.follow({ owns: [], watches: [{ gvk: a, map: 'm' }] })
    expect(secondaries.scopes.map(({ informer }) => informer)).toEqual([held])
    expect(held?.state.kind).toBe('Syncing')
    expect(subscriptions).toEqual(['v1/A m'])
    secondaries.release()
    expect([held?.state.kind, informers.all(), subscriptions]).toEqual(['Stopped', [], []])
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'of several controllers in any order runs exactly the informers that are asked for (seed %i)',
    (seed) => {
      const random = seeded(seed)
      const { create, acquire, informers, subscriptions } = setUp()
      const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
      const some = () => KINDS.filter(() => random() < 0.4)
      const configs = new Map<Controller, ReturnType<typeof configOf>>()
      const configOf = () => ({
        gvk: pick(KINDS),
        owns: some(),
        watches: some().map((gvk) => ({ gvk, map: pick(['m', 'n']) })),
      })
      for (let step = 0; step < 300; step++) {
        const known = [...configs.keys()]
        const before = new Map(informers.all().map(({ spec, informer }) => [formatGvk(spec.gvk), informer]))
        const act = random()
        if (known.length === 0 || (act < 0.3 && known.length < 6)) add()
        else if (act < 0.6) change(pick(known))
        else if (act < 0.8) replace(pick(known))
        else remove(pick(known))
        const wanted = [...configs.values()].flatMap(({ gvk, ...rest }) => [{ gvk }, ...sourcesOf(rest)])
        const kinds = [...new Set(wanted.map(({ gvk }) => formatGvk(gvk)))].sort()
        expect(
          informers
            .all()
            .map(({ spec }) => formatGvk(spec.gvk))
            .sort(),
        ).toEqual(kinds)
        expect(informers.all().reduce((sum, { users }) => sum + users, 0)).toBe(wanted.length)
        expect(subscriptions).toHaveLength(wanted.length - configs.size)
        for (const { spec, informer } of informers.all()) {
          expect(informer.state.kind).toBe('Syncing')
          // What was in use before and is now has not been listed again.
          expect([informer, undefined]).toContain(before.get(formatGvk(spec.gvk)))
        }
      }
      for (const controller of configs.keys()) controller.stop()
      expect([informers.all(), subscriptions]).toEqual([[], []])

      function add(config = configOf()): void {
        const secondaries = create()
        const own = acquire(config.gvk)
        secondaries.follow(config)
        const stop = () => {
          secondaries.unsubscribe()
          for (const scope of own) scope.release()
          secondaries.release()
        }
        configs.set({ secondaries, stop }, config)
      }
      function change(controller: Controller): void {
        const config = { ...configOf(), gvk: configs.get(controller)?.gvk as Gvk }
        controller.secondaries.follow(config)
        configs.set(controller, config)
      }
      /** As hosted-controllers.ts does: what the new one needs is held before the old one lets go. */
      function replace(controller: Controller): void {
        const config = configOf()
        const kept = [config.gvk, ...sourcesOf(config).map(({ gvk }) => gvk)].flatMap(acquire)
        remove(controller)
        add(config)
        for (const scope of kept) scope.release()
      }
      function remove(controller: Controller): void {
        controller.stop()
        // A second call changes nothing.
        controller.stop()
        configs.delete(controller)
      }
    },
  )
})

interface Controller {
  readonly secondaries: Secondaries
  stop(): void
}

describe('createJointCache()', () => {
  const reader = (gvk: Gvk, names: readonly string[], selected = false, state = 'Synced') => {
    const entries = names.map((name) => ({ name, json: gvk.kind }))
    const lister = { get: (key: string) => entries.find(({ name }) => `a/${name}` === key), list: () => entries }
    return createScopeReader(
      [{ namespace: 'a', informer: { lister, hasSynced: true, state: { kind: state } } } as unknown as Scope],
      gvk,
      selected,
    )
  }
  const none = { requirements: [] }

  test('asks the cache that covers a kind, and no other where that one says that an object is absent', () => {
    const [a, b, c] = KINDS as [Gvk, Gvk, Gvk]
    const cache = createJointCache(() => [reader(a, ['x'], true), reader(b, ['x']), reader(a, ['y'])])
    expect(cache.get(b, 'a', 'x')?.json).toBe('B')
    expect(cache.get(a, 'a', 'x')).toBeNull()
    expect(cache.get(a, 'a', 'y')?.json).toBe('A')
    expect(cache.get(c, 'a', 'x')).toBeUndefined()
    expect(cache.get({ ...b, version: 'v2' }, 'a', 'x')).toBeUndefined()
    expect(cache.get(b, 'b', 'x')).toBeUndefined()
    expect(cache.list(b, 'a', none)?.map(({ name }) => name)).toEqual(['x'])
    expect(cache.list(b, undefined, none)).toBeUndefined()
  })

  test('reads nothing of what may not be followed any more', () => {
    const [a] = KINDS as [Gvk, ...Gvk[]]
    const cache = createJointCache(() => [reader(a, ['x'], false, 'Forbidden')])
    expect([cache.get(a, 'a', 'x'), cache.list(a, 'a', none)]).toEqual([undefined, undefined])
  })
})
