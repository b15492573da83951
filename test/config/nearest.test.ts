import { expect, test } from 'vitest'
import { nearest } from '../../runtime/config/nearest.ts'

const known = ['name', 'for', 'handler', 'timeout', 'namespaces']

test.each([
  ['timout', 'timeout'],
  ['Handler', 'handler'],
  ['namespace', 'namespaces'],
  ['nmae', undefined],
  ['nam', 'name'],
  ['owns', undefined],
  ['', undefined],
])('nearest(%j) among the keys of a controller is %j', (text, expected) => {
  expect(nearest(text, known)).toBe(expected)
})
