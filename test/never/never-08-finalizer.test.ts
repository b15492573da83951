import { expect, test } from 'vitest'
import type { Settled } from '../../runtime/sandbox/call.ts'
import { createFakeObjects } from '../controller/fake-objects.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'

const OURS = 'ostler.dev/demos'
const THEIRS = 'b.io/b'
const deletionTimestamp = '2026-01-01T00:00:00Z'

function create(exports: readonly string[] = ['reconcile', 'finalize']) {
  const objects = createFakeObjects()
  const scripted = createScriptedController({}, { exports })
  scripted.respond = objects.respond
  const { call } = scripted
  const set = async (metadata: object) => scripted.tell(objects.set('x', metadata))
  return { ...scripted, call, objects, set, finalizers: () => objects.finalizersOf('x') }
}

test.each<[string, Settled]>([
  ['throws', { kind: 'threw', error: { name: 'Error', message: 'boom', stack: '' }, terminal: false }],
  ['is given up', { kind: 'threw', error: { name: 'Error', message: 'boom', stack: '' }, terminal: true }],
  ['takes too long', { kind: 'timedOut', afterMs: 1000 }],
  ['dies', { kind: 'died', reason: 'out of memory' }],
  ['is replaced', { kind: 'died', reason: 'replaced' }],
  ['asks for more time', { kind: 'returned', value: { requeueAfter: '1h' } }],
  ['returns nonsense', { kind: 'returned', value: { requeueAfter: 7 } }],
])('never-08: a finalize that %s leaves the finalizer where it is', async (_, settled) => {
  const { set, call, sent, finalizers } = create()
  await set({ deletionTimestamp, finalizers: [OURS, THEIRS] })
  await call().settles(settled)
  expect([finalizers(), sent]).toEqual([[OURS, THEIRS], []])
})

test('never-08: a finalize that resolves takes ours off and no other, wherever it stands by then', async () => {
  const { set, call, objects, finalizers } = create()
  await set({ deletionTimestamp, finalizers: [OURS, THEIRS] })
  objects.meanwhile = () => objects.set('x', { finalizers: [THEIRS, OURS, 'c.io/c'] })
  await call().returns()
  expect(finalizers()).toEqual([THEIRS, 'c.io/c'])
})

test('never-08: ours joins those of others, also one that comes at the same moment', async () => {
  const { set, objects, finalizers } = create()
  objects.meanwhile = () => objects.set('x', { finalizers: [THEIRS] })
  await set({})
  expect(finalizers()).toEqual([THEIRS, OURS])
})

test('never-08: no finalizer of ours is taken off, or put on, an object made anew under the name', async () => {
  const { set, call, objects, finalizers } = create()
  await set({ deletionTimestamp, finalizers: [OURS] })
  objects.meanwhile = () => {
    objects.delete('x')
    objects.set('x', { uid: 'second', finalizers: [OURS] })
  }
  await call().returns()
  expect(finalizers()).toEqual([OURS])
  const other = create()
  other.objects.meanwhile = () => {
    other.objects.delete('x')
    other.objects.set('x', { uid: 'second', finalizers: [THEIRS] })
  }
  await other.set({ finalizers: [THEIRS] })
  expect([other.finalizers(), other.history]).toEqual([[THEIRS], []])
})

test('never-08: reconcile is never called for what is not protected yet, nor finalize for what is not ours', async () => {
  const { set, history, objects, finalizers } = create()
  objects.refuseWith = 403
  await set({})
  expect([history, finalizers()]).toEqual([[], []])
  const deleting = create()
  await deleting.set({ deletionTimestamp, finalizers: [THEIRS] })
  expect([deleting.history, deleting.finalizers()]).toEqual([[], [THEIRS]])
})

test('never-08: a bundle without finalize takes ours off, and those of others stay', async () => {
  const { set, finalizers } = create(['reconcile'])
  await set({ finalizers: [THEIRS, OURS] })
  expect(finalizers()).toEqual([THEIRS])
})
