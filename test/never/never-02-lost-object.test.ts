import { expect, test } from 'vitest'
import { Informer } from '../../runtime/informer/informer.ts'
import type { Settled } from '../../runtime/sandbox/call.ts'
import { createScriptedController, DEMO } from '../controller/scripted-controller.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { apply, bookmark, createScriptedListWatch, entryOf } from '../informer/feed.ts'

test('never-02: an object is in the cache on receipt, before anybody is told, and whatever they throw', async () => {
  const source = createScriptedListWatch()
  const kinds = { resolve: async () => DEMO, whenServed: () => new Promise<never>(() => {}) }
  const informer = new Informer({ gvk: DEMO, kinds, sourceOf: () => source, clock: createFakeClock() })
  const seen: (string | undefined)[] = []
  informer.subscribe({
    added: ({ key }) => {
      seen.push(informer.lister.get(key)?.key)
      throw new Error('a subscriber that fails')
    },
  })
  const told: string[] = []
  informer.subscribe({ added: ({ key }) => told.push(key), changed: ({ key }) => told.push(key) })
  source.nextWatch().push([], [apply('a', 1), apply('b', 2), bookmark(3, true), apply('b', 4)])
  informer.start()
  await settle()
  informer.stop()
  expect(seen).toEqual(['default/a', 'default/b'])
  expect(told).toEqual(['default/a', 'default/b', 'default/b'])
  // One list and its watch: the failure did not cost the stream.
  expect(source.requests).toHaveLength(1)
})

const threw = (code?: string): Settled => ({
  kind: 'threw',
  error: { name: 'Error', message: 'boom', stack: '', ...(code === undefined ? {} : { code }) },
  terminal: false,
})

test.each<[string, Settled]>([
  ['throws', threw()],
  ['takes too long', { kind: 'timedOut', afterMs: 1000 }],
  ['returns nonsense', { kind: 'returned', value: { requeueAfterr: '1s' } }],
  ['dies', { kind: 'died', reason: 'out of memory' }],
  ['is replaced', { kind: 'died', reason: 'replaced' }],
  ['has not begun', { kind: 'died', reason: 'not running' }],
  ['finds no API server', threw('API_UNREACHABLE')],
])('never-02: a call that %s brings its key another turn, without any event', async (_, settled) => {
  const { call, put, clock, history } = createScriptedController()
  await put('x', { spec: { n: 1 } })
  for (let turn = 1; turn <= 5; turn++) {
    expect(history).toHaveLength(turn)
    await call().settles(settled)
    await clock.advance(60_000)
  }
  expect(call().object.spec).toEqual({ n: 1 })
})

test('never-02: what is given up stays in sight, and its next change is a turn', async () => {
  const { call, put, controller } = createScriptedController()
  await put('x')
  await call().throws({ terminal: true })
  expect(controller.parked()).toMatchObject([{ key: 'a/x' }])
  await put('x', { spec: {} })
  expect(call().key).toBe('a/x')
})

test('never-02: a mapper that throws loses no change of the object that it maps', async () => {
  const watches = [{ gvk: { group: '', version: 'v1', kind: 'Thing' }, map: 'toDemos' }]
  const scripted = createScriptedController({ watches }, { exports: ['reconcile', 'toDemos'] })
  await scripted.put('x')
  await scripted.call().returns()
  const event = { entry: entryOf('c', 2), old: entryOf('c', 1), isGone: false, isInitial: false }
  scripted.controller.secondary(watches[0] as (typeof watches)[0], event)
  await scripted.clock.advance(0)
  await scripted.call().throws()
  await scripted.clock.advance(60_000)
  expect(scripted.call().args.map((object) => object?.metadata?.resourceVersion)).toEqual(['2', '1'])
  await scripted.call().returns([{ name: 'x', namespace: 'a' }])
  expect(scripted.call()).toMatchObject({ key: 'a/x', reason: 'watched' })
})
