import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import { jsonPatch } from '../../../runtime/apiserver/patch/json-patch.ts'
import { ApiError } from '../../../runtime/apiserver/status.ts'

// Statuses are a real server's; it tells its clients no more than that, the reasons are in its own log.

const target: JsonObject = { data: { x: '1' }, list: ['a', 'b'] }

function failureOf(operations: JsonValue): ApiError {
  try {
    jsonPatch(target, operations)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('It did not fail')
}

test.each<[JsonObject, JsonObject]>([
  [
    { op: 'add', path: '/data/y', value: '2' },
    { data: { x: '1', y: '2' }, list: ['a', 'b'] },
  ],
  [
    { op: 'replace', path: '/data/new', value: 'n' },
    { data: { x: '1', new: 'n' }, list: ['a', 'b'] },
  ],
  [
    { op: 'add', path: '/list/-', value: 'c' },
    { data: { x: '1' }, list: ['a', 'b', 'c'] },
  ],
  [
    { op: 'add', path: '/list/-1', value: 'c' },
    { data: { x: '1' }, list: ['a', 'b', 'c'] },
  ],
  [
    { op: 'add', path: '/list/0', value: 'c' },
    { data: { x: '1' }, list: ['c', 'a', 'b'] },
  ],
  [
    { op: 'remove', path: '/list/-1' },
    { data: { x: '1' }, list: ['a'] },
  ],
  [
    { op: 'move', from: '/data/x', path: '/list/1' },
    { data: {}, list: ['a', '1', 'b'] },
  ],
  [
    { op: 'copy', from: '/list', path: '/data/l' },
    { data: { x: '1', l: ['a', 'b'] }, list: ['a', 'b'] },
  ],
  [
    { op: 'test', path: '/data/none', value: null },
    { data: { x: '1' }, list: ['a', 'b'] },
  ],
  [
    { op: 'add', path: '/data/~1a~0b', value: '1' },
    { data: { x: '1', '/a~b': '1' }, list: ['a', 'b'] },
  ],
])('jsonPatch() follows %j', (operation, expected) => {
  expect(jsonPatch(target, [operation])).toEqual(expected)
})

test.each<[JsonObject, string]>([
  [{ op: 'test', path: '/data/x', value: '2' }, 'testing value /data/x failed: test failed'],
  [
    { op: 'remove', path: '/data/q' },
    "error in remove for path: '/data/q': Unable to remove nonexistent key: q: missing value",
  ],
  [
    { op: 'add', path: '/foo/q', value: 1 },
    'add operation does not apply: doc is missing path: "/foo/q": missing value',
  ],
  [{ op: 'frob', path: '/foo' }, 'Unexpected kind: frob'],
  [
    { op: 'replace', path: '/list/5', value: 1 },
    'replace operation does not apply: doc is missing key: /list/5: missing value',
  ],
  [{ op: 'replace', path: '', value: 3 }, 'replace operation value must be object or array: %!w(<nil>)'],
])('jsonPatch() ends with 422 for %j', (operation, why) => {
  const error = failureOf([operation])
  expect(error.status).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  })
  expect(error.cause).toBe(why)
})

test.each<[JsonValue, string]>([
  [
    { op: 'remove' },
    'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  ],
  [['x'], 'error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp'],
  [
    [{ op: 5 }],
    'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
  ],
])('jsonPatch() ends with 400 for %j', (operations, message) => {
  expect(failureOf(operations).status).toMatchObject({ code: 400, reason: 'BadRequest', message })
})

test('jsonPatch() changes nothing for null, and nothing in its argument', () => {
  expect(jsonPatch(target, null)).toEqual(target)
  jsonPatch(target, [{ op: 'add', path: '/list/-', value: 'c' }])
  expect(target.list).toEqual(['a', 'b'])
})

test('jsonPatch() refuses more than 10,000 operations', () => {
  const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/x', value: '1' }))
  expect(failureOf(operations).status).toMatchObject({
    code: 413,
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  })
  expect(jsonPatch(target, operations.slice(1))).toEqual(target)
})

test('jsonPatch() makes a field named __proto__ a field', () => {
  const patched = jsonPatch(target, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]) as JsonObject
  expect(Object.hasOwn(patched, '__proto__')).toBe(true)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})
