import { expect, test } from 'vitest'
import { mergeStatus } from '../../runtime/controller/status.ts'

const base = (status: unknown) => ({ status, generation: 7, now: '2026-01-02T03:04:05Z' })

test('mergeStatus() merges maps by key, removes by null and replaces arrays', () => {
  const present = { a: { x: 1, y: 2 }, gone: 1, list: [1, 2], kept: true }
  expect(mergeStatus(base(present), { a: { y: 3, z: null }, gone: null, list: [3] })).toEqual({
    a: { x: 1, y: 3 },
    list: [3],
    kept: true,
  })
})

test('mergeStatus() is undefined when nothing differs, whatever the order of keys', () => {
  expect(mergeStatus(base({ a: 1, b: { c: [1, { d: 2 }] } }), { b: { c: [1, { d: 2 }] }, a: 1 })).toBeUndefined()
  expect(mergeStatus(base(undefined), {})).toBeUndefined()
  expect(mergeStatus(base({ a: 1 }), { b: null })).toBeUndefined()
})

test('mergeStatus() keeps lastTransitionTime while the condition stays, and sets it when it turns', () => {
  const old = '2020-01-01T00:00:00Z'
  const present = {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'A', message: '', lastTransitionTime: old, observedGeneration: 6 },
      { type: 'Other', status: 'False', reason: 'O', message: '', lastTransitionTime: old },
    ],
  }
  const same = mergeStatus(base(present), {
    conditions: [{ type: 'Ready', status: 'True', reason: 'B', message: 'm' }],
  })
  expect(same?.conditions).toEqual([
    { type: 'Ready', status: 'True', reason: 'B', message: 'm', lastTransitionTime: old, observedGeneration: 7 },
    present.conditions[1],
  ])
  const turned = mergeStatus(base(present), { conditions: [{ type: 'Ready', status: 'False', reason: 'C' }] })
  expect(turned?.conditions).toMatchObject([{ status: 'False', lastTransitionTime: '2026-01-02T03:04:05Z' }, {}])
})

test('mergeStatus() puts a value of another type in the place of a map', () => {
  expect(mergeStatus(base({ a: { b: 1 } }), { a: 'text' })).toEqual({ a: 'text' })
  expect(mergeStatus(base({ a: 'text' }), { a: { b: 1 } })).toEqual({ a: { b: 1 } })
})

test('mergeStatus() keeps lastTransitionTime also where the handler sends one along, and removes by null in conditions', () => {
  const old = '2020-01-01T00:00:00Z'
  const condition = { type: 'Ready', status: 'True', message: 'm', lastTransitionTime: old, observedGeneration: 7 }
  const present = { conditions: [condition] }
  const now = '2026-05-05T00:00:00Z'
  const again = { type: 'Ready', status: 'True', lastTransitionTime: now }
  expect(mergeStatus(base(present), { conditions: [again] })).toBeUndefined()
  const turned = { type: 'Ready', status: 'False', lastTransitionTime: now, message: null }
  expect(mergeStatus(base(present), { conditions: [turned] })).toEqual({
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: now, observedGeneration: 7 }],
  })
})
