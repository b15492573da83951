import { expect, test } from 'vitest'
import {
  addQuantities,
  compareQuantities,
  quantityMillis,
  roundUpToWhole,
  subtractQuantities,
} from '../../../runtime/apiserver/kinds/strategies/quantity.ts'
import { addLists, formatList, growthOf, maxOfLists } from '../../../runtime/apiserver/quota/resource-list.ts'

test.each([
  ['1Gi', '512Mi', '1536Mi'],
  ['500m', '500m', '1'],
  ['0', '1Gi', '1Gi'],
  ['1Gi', '1000', '1073742824'],
  ['1k', '1', '1001'],
  ['1e3', '1', '1001'],
])('addQuantities(%s, %s) is %s, in the notation of what is not zero', (a, b, sum) => {
  expect(addQuantities(a, b)).toBe(sum)
})

test('subtractQuantities() can end below zero', () => {
  expect(subtractQuantities('1Gi', '2Gi')).toBe('-1Gi')
  expect(compareQuantities('-1Gi', '0')).toBe(-1)
})

test('roundUpToWhole() and quantityMillis() round away from zero', () => {
  expect(roundUpToWhole('1500m')).toBe('2')
  expect(roundUpToWhole('1Gi')).toBe('1Gi')
  expect(quantityMillis('1u')).toBe(1n)
})

test('lists are added and compared by name, and shown in the order of their names', () => {
  const sum = addLists({ memory: '1Gi', cpu: '1' }, { cpu: '500m', pods: '1' })
  expect(formatList(sum)).toBe('cpu=1500m,memory=1Gi,pods=1')
  expect(maxOfLists({ cpu: '1', memory: '1Gi' }, { cpu: '1500m', memory: '1' })).toEqual({
    cpu: '1500m',
    memory: '1Gi',
  })
})

test('growthOf() is nothing for what has become less or is gone', () => {
  expect(growthOf({ cpu: '1', pods: '1' }, { cpu: '2', memory: '1Gi' })).toEqual({ cpu: '0', pods: '1' })
})
