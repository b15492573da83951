import { expect, test } from 'vitest'
import { applySchemaDefaults } from '../../../runtime/apiserver/schema/defaults.ts'
import { validateListTypes } from '../../../runtime/apiserver/schema/list-types.ts'
import { prune } from '../../../runtime/apiserver/schema/prune.ts'
import { compileRegularExpression } from '../../../runtime/apiserver/schema/regular-expression.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'
import { strictFieldErrors } from '../../../runtime/apiserver/schema/strict.ts'

const STRING: Schema = { type: 'string' }
const SPEC: Schema = {
  type: 'object',
  properties: {
    name: { ...STRING, default: 'x' },
    nothing: { ...STRING, nullable: true },
    plain: STRING,
    list: { type: 'array', items: { type: 'object', properties: { a: STRING } } },
    map: { type: 'object', additionalProperties: STRING },
    free: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'object', properties: { a: STRING } } },
    },
    embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
  },
}
const ROOT: Schema = { type: 'object', properties: { spec: SPEC } }

test('prune() drops what the schema does not know and answers its paths, keeping maps, metadata and preserved fields', () => {
  const object = {
    apiVersion: 'a/v1',
    kind: 'A',
    metadata: { name: 'a', foo: 1, labels: { any: 'x' } },
    status: {},
    spec: {
      z: 1,
      list: [{ a: 'a', b: 1 }],
      map: { any: 'thing' },
      free: { other: { x: 1 }, known: { a: 'a', b: 1 } },
      embedded: { apiVersion: 'v1', kind: 'B', metadata: { name: 'b', bar: 1 }, spec: { x: 1 } },
    },
  }
  expect(prune(ROOT, object)).toEqual([
    'metadata.foo',
    'spec.embedded.spec.x',
    'spec.free.known.b',
    'spec.list[0].b',
    'spec.z',
    'status',
    'spec.embedded.metadata.bar',
  ])
  expect(object.spec).toEqual({
    list: [{ a: 'a' }],
    map: { any: 'thing' },
    free: { other: { x: 1 }, known: { a: 'a' } },
    embedded: { apiVersion: 'v1', kind: 'B', metadata: { name: 'b' }, spec: {} },
  })
})

test('applySchemaDefaults() replaces a forbidden null by the default, drops it without one, and keeps an allowed one', () => {
  const object = { spec: { name: null, nothing: null, plain: null } }
  applySchemaDefaults(ROOT, object)
  expect(object).toEqual({ spec: { name: 'x', nothing: null } })
})

test('applySchemaDefaults() fills in a default and what that leaves out, and copies it', () => {
  const schema: Schema = { type: 'object', properties: { spec: { ...SPEC, default: {} } } }
  const [one, other]: { spec?: { name: string } }[] = [{}, {}]
  applySchemaDefaults(schema, one)
  applySchemaDefaults(schema, other)
  expect(one).toEqual({ spec: { name: 'x' } })
  if (one?.spec !== undefined) one.spec.name = 'changed'
  expect(other).toEqual({ spec: { name: 'x' } })
})

test('strictFieldErrors() tells duplicates first and then what is unknown, and leaves the object alone', () => {
  const text = '{"spec":{"z":1,"plain":"a","plain":"b","list":[{"b":1,"a":"{\\"","a":"c"}]}}'
  const object = JSON.parse(text)
  expect(strictFieldErrors(ROOT, object, text)).toEqual([
    'duplicate field "spec.plain"',
    'duplicate field "spec.list[0].a"',
    'unknown field "spec.list[0].b"',
    'unknown field "spec.z"',
  ])
  expect(object).toEqual(JSON.parse(text))
})

test('strictFieldErrors() of a built-in kind keeps the order of the text', () => {
  const text = '{"spec":{"z":1,"plain":"a","plain":"b"}}'
  expect(strictFieldErrors(ROOT, JSON.parse(text), text, false)).toEqual([
    'unknown field "spec.z"',
    'duplicate field "spec.plain"',
  ])
})

test('validateListTypes() tells the second of what stands twice in a set or a map list, by whatever order of keys', () => {
  const set: Schema = { type: 'array', 'x-kubernetes-list-type': 'set', items: STRING }
  expect(validateListTypes(set, ['a', 'b', 'a', 'a'], 'spec').map(({ field, badValue }) => [field, badValue])).toEqual([
    ['spec[2]', 'a'],
  ])
  const map: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a', 'b'],
    items: { type: 'object' },
  }
  const twice = validateListTypes(map, [{ a: 1, b: 2 }, { b: 2, a: 1, c: 3 }, { a: 1 }], 'spec')
  expect(twice.map(({ field, badValue }) => [field, badValue])).toEqual([['spec[1]', { a: 1, b: 2 }]])
})

test('compileRegularExpression() reads what only RE2 has, and refuses what RE2 does', () => {
  expect(compileRegularExpression('(?i)^abc$').test('ABC')).toBe(true)
  expect(compileRegularExpression('^[[:alpha:]_]+\\z').test('a_B')).toBe(true)
  expect(compileRegularExpression('^(?P<year>\\d+)$').test('12')).toBe(true)
  expect(compileRegularExpression('^a\\-b$').test('a-b')).toBe(true)
  expect(() => compileRegularExpression('a(?=b)')).toThrow('invalid or unsupported Perl syntax')
  expect(() => compileRegularExpression('(')).toThrow('missing closing ): `(`')
})
