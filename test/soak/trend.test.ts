import { expect, test } from 'vitest'
import { growth } from './trend.ts'

test('growth() of what rises evenly is its rise over the last two thirds', () => {
  expect(growth([0, 1, 2, 3, 4, 5, 6, 7, 8])).toBeCloseTo(5)
})

test('growth() of what fills up in the first third and stays is nothing', () => {
  expect(growth([0, 50, 100, 100, 100, 100, 100, 100, 100])).toBe(0)
})

test('growth() is hardly moved by one high sample', () => {
  expect(Math.abs(growth([5, 5, 5, 5, 5, 5, 20, 5, 5]))).toBeLessThan(5)
})
