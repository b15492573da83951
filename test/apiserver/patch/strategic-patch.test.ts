import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import { builtInSchemas } from '../../../runtime/apiserver/kinds/load.ts'
import { strategicMergePatch } from '../../../runtime/apiserver/patch/strategic-patch.ts'
import { ApiError } from '../../../runtime/apiserver/status.ts'

const pod = builtInSchemas().get('io.k8s.api.core.v1.Pod')
const live: JsonObject = {
  metadata: { labels: { a: '1', b: '2' }, finalizers: ['x', 'y'] },
  spec: {
    containers: [
      { name: 'one', image: 'i', command: ['c'], env: [{ name: 'A', value: '1' }] },
      { name: 'two', image: 'j' },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
}

function spec(patch: JsonObject): JsonObject {
  return strategicMergePatch(pod, live, { spec: patch }).spec as JsonObject
}

function metadata(patch: JsonObject): JsonObject {
  return strategicMergePatch(pod, live, { metadata: patch }).metadata as JsonObject
}

function failureOf(patch: JsonValue): ApiError['status'] {
  try {
    strategicMergePatch(pod, live, patch)
  } catch (error) {
    if (error instanceof ApiError) return error.status
    throw error
  }
  throw new Error('It did not fail')
}

test('strategicMergePatch() merges lists by their key, and plain lists not', () => {
  const containers = [
    { name: 'one', command: ['d'], env: [{ name: 'B', value: '2' }] },
    { name: 'three', image: 'k' },
  ]
  expect(spec({ containers }).containers).toEqual([
    {
      name: 'one',
      image: 'i',
      command: ['d'],
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    },
    { name: 'three', image: 'k' },
    { name: 'two', image: 'j' },
  ])
})

test('strategicMergePatch() deletes items and replaces lists and maps where $patch says so', () => {
  expect(spec({ containers: [{ name: 'one', $patch: 'delete' }] }).containers).toEqual([{ name: 'two', image: 'j' }])
  const replaced = [{ $patch: 'replace' }, { name: 'four', image: 'z' }]
  expect(spec({ containers: replaced }).containers).toEqual([{ name: 'four', image: 'z' }])
  expect(metadata({ labels: { $patch: 'replace', c: '3' } }).labels).toEqual({ c: '3' })
  expect(metadata({ labels: { $patch: 'delete' } }).labels).toEqual({})
})

test('strategicMergePatch() follows $deleteFromPrimitiveList, $setElementOrder and $retainKeys', () => {
  expect(metadata({ '$deleteFromPrimitiveList/finalizers': ['x'] }).finalizers).toEqual(['y'])
  const order = ['z', 'y', 'x']
  expect(metadata({ '$setElementOrder/finalizers': order, finalizers: ['z'] }).finalizers).toEqual(['z', 'y', 'x'])
  const volume = { name: 'v', hostPath: { path: '/' }, $retainKeys: ['name', 'hostPath'] }
  expect(spec({ volumes: [volume] }).volumes).toEqual([{ name: 'v', hostPath: { path: '/' } }])
})

test('strategicMergePatch() deletes fields by null and keeps its argument', () => {
  expect(metadata({ labels: { a: null } }).labels).toEqual({ b: '2' })
  expect((live.metadata as JsonObject).labels).toEqual({ a: '1', b: '2' })
})

test.each<[JsonValue, number, string]>([
  [{ metadata: { $patch: 'frob' } }, 500, 'unknown patch type: frob in map: map[$patch:frob]'],
  [{ metadata: { $retainKeys: 3 } }, 400, 'invalid patch format of retainKeys'],
  [{ metadata: { '$setElementOrder/finalizers': 'a' } }, 500, 'expected a []interface {}, but received a string'],
  [{ '$setElementOrder/frob': ['a'] }, 500, 'unable to find api field in struct Pod for the json field "frob"'],
  [{ metadata: { $deleteFromPrimitiveList: ['a'] } }, 400, 'invalid patch format of primitive list'],
  [{ spec: { containers: [{ image: 'x' }] } }, 500, 'map: map[image:x] does not contain declared merge key: name'],
  [[], 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
])('strategicMergePatch() refuses %j with %i as the real server does', (patch, code, message) => {
  expect(failureOf(patch)).toMatchObject({ code, message })
})
