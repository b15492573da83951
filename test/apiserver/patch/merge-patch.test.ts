import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import { mergePatch } from '../../../runtime/apiserver/patch/merge-patch.ts'

test.each<[JsonObject, JsonObject, JsonObject]>([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ a: 'b' }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{}, { a: [{ b: null, c: 1 }, null] }, { a: [{ c: 1 }, null] }],
])('mergePatch() of %j and %j is %j', (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected)
})

test.each<[JsonValue, string]>([
  [[], 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ['x', 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}'],
  [null, 'Invalid JSON Patch'],
])('mergePatch() refuses %j as the real server does', (patch, message) => {
  expect(() => mergePatch({}, patch)).toThrow(message)
})
