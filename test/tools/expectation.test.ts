import { expect, test } from 'vitest'
import { differenceFrom, mostLike } from '../../runtime/tools/expectation.ts'

test.each([
  ['an equal value', { a: 1 }, { a: 1 }],
  ['fields that nobody asked for', { a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }],
  [
    'a list item among others, in any order',
    { l: [{ n: 'b' }, { n: 'a' }] },
    { l: [{ n: 'a', x: 1 }, {}, { n: 'b' }] },
  ],
  ['null where there is nothing', { a: null }, {}],
])('differenceFrom() finds none in %s', (_, expected, actual) => {
  expect(differenceFrom(expected, actual)).toBeUndefined()
})

test.each([
  ['another value', { status: { port: 1 } }, { status: { port: 2 } }, 'status.port: expected 1, found 2'],
  ['a field that is missing', { status: { port: 1 } }, {}, 'status: expected an object, found nothing'],
  ['a number written as text', { port: 1 }, { port: '1' }, 'port: expected 1, found "1"'],
  [
    'an item twice that is there once',
    { l: [{ n: 1 }, { n: 1 }] },
    { l: [{ n: 1 }] },
    'l[1]: expected {"n":1}, found [{"n":1}]',
  ],
  ['what should be absent', { a: null }, { a: 1 }, 'a: expected nothing, found 1'],
])('differenceFrom() names %s', (_, expected, actual, difference) => {
  expect(differenceFrom(expected, actual)).toBe(difference)
})

test('mostLike() is the candidate that has most of the values expected', () => {
  const candidates = [{}, { a: { b: 1, c: 3 } }, { a: { b: 2, c: 2 }, d: 1 }]
  expect(mostLike({ a: { b: 1, c: 2 }, d: 1 }, candidates)).toBe(candidates[2])
})
