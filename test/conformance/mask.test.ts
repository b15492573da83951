import { expect, test } from 'vitest'
import { get, type Step } from './case.ts'
import type { Json } from './json.ts'
import { at, maskAnswers } from './mask.ts'

const UIDS = ['11111111-2222-4333-8444-555555555555', '99999999-2222-4333-8444-555555555555'] as const

/** The masked bodies of answers of one case. */
function masked(bodies: readonly Json[], step: Partial<Step> = {}): unknown[] {
  const raw = bodies.map((body) => ({
    step: { ...get('/'), ...step },
    status: 200,
    contentType: 'application/json',
    warnings: [],
    body,
  }))
  return maskAnswers(raw).map(({ body }) => body)
}

test('a uid keeps its identity throughout a case, also within messages', () => {
  const [first, second] = masked([{ uid: UIDS[0] }, { message: `no ${UIDS[1]}, but ${UIDS[0]}` }])
  expect(first).toEqual({ uid: '<uid 1>' })
  expect(second).toEqual({ message: 'no <uid 2>, but <uid 1>' })
})

test("versions of objects become their rank, a list's the highest rank that it covers", () => {
  const object = (resourceVersion: string) => ({ metadata: { resourceVersion } })
  const list = { metadata: { resourceVersion: '150' }, items: [object('100')] }
  expect(masked([object('20'), list, object('200'), object('20')])).toEqual([
    object('v1'),
    { metadata: { resourceVersion: '>=v2' }, items: [object('v2')] },
    object('v3'),
    object('v1'),
  ])
})

test('times of now are masked with their precision, others are kept', () => {
  const now = new Date().toISOString()
  expect(masked([{ a: now, b: now.replace(/\.\d+/, ''), c: '2001-02-03T04:05:06Z' }])).toEqual([
    { a: '<time.3Z>', b: '<timeZ>', c: '2001-02-03T04:05:06Z' },
  ])
})

test('a generated suffix is masked where it is made and wherever its name appears', () => {
  const body = { metadata: { generateName: 'gen-', name: 'gen-x7k2p' }, message: 'made gen-x7k2p' }
  expect(masked([body])).toEqual([
    { metadata: { generateName: 'gen-', name: 'gen-<suffix>' }, message: 'made gen-<suffix>' },
  ])
})

test('managed fields are left out unless they are asked for, and then sorted by manager', () => {
  const body = {
    metadata: {
      managedFields: [
        { manager: 'b', operation: 'Update' },
        { manager: 'a', operation: 'Update' },
      ],
    },
  }
  expect(masked([body])).toEqual([{ metadata: {} }])
  const sorted = [
    { manager: 'a', operation: 'Update' },
    { manager: 'b', operation: 'Update' },
  ]
  expect(masked([body], { managed: true })).toEqual([{ metadata: { managedFields: sorted } }])
})

test('at() enters lists by index or by a field of their elements', () => {
  const body = {
    items: [
      { metadata: { name: 'a' }, n: 1 },
      { name: 'b', n: 2 },
    ],
  }
  expect(at(body, ['items', '1', 'n'])).toBe(2)
  expect(at(body, ['items', 'name=a', 'n'])).toBe(1)
  expect(at(body, ['items', 'name=c'])).toBeUndefined()
})
