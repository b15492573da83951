import { expect, test } from 'vitest'
import { describeFieldError } from '../../../runtime/apiserver/field-error.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'
import { validateSchema } from '../../../runtime/apiserver/schema/validate.ts'

const INTEGER: Schema = { type: 'integer' }
const STRING: Schema = { type: 'string' }

/** As kube-apiserver 1.36 answers; asked of it. */
const CASES: readonly (readonly [Schema, unknown, readonly string[]])[] = [
  [INTEGER, 'a', ['spec: Invalid value: "string": spec in body must be of type integer: "string"']],
  [
    INTEGER,
    1.5,
    [
      'spec: Invalid value: "number": spec in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec',
    ],
  ],
  [
    { ...INTEGER, maximum: 1.5 },
    2,
    [
      '<nil>: Invalid value: "": Maximum boundary value must be of type integer (default format) in spec',
      'spec: Invalid value: 2: spec in body should be less than or equal to 1.5',
    ],
  ],
  [
    { ...INTEGER, multipleOf: 0 },
    3,
    ['spec: Invalid value: 0: factor MultipleOf declared for spec must be positive: 0'],
  ],
  [{ type: 'number', multipleOf: 0.01 }, 0.07, []],
  [{ type: 'number', multipleOf: 2.5 }, 5, ['spec: Invalid value: 5: spec in body should be a multiple of 2']],
  [{ type: 'number', multipleOf: 0.1 }, 1e20, ['spec: Invalid value: 1e+20: spec in body should be a multiple of 0.1']],
  [{ enum: ['a', 1, true] }, 1.5, []],
  [{ enum: ['a'] }, 97, []],
  [{ enum: ['a'] }, { b: 1, a: [] }, ['spec: Unsupported value: {"a":[],"b":1}: supported values: "a"']],
  [
    { type: 'number', maximum: 1 },
    1e20,
    ['spec: Invalid value: 1e+20: spec in body should be less than or equal to 1'],
  ],
  [{ ...INTEGER, minimum: 1 }, 0, ['spec: Invalid value: 0: spec in body should be greater than or equal to 1']],
  [{ ...INTEGER, maximum: 10 }, 11, ['spec: Invalid value: 11: spec in body should be less than or equal to 10']],
  [
    { type: 'number', minimum: 0.5, exclusiveMinimum: true },
    0.5,
    ['spec: Invalid value: 0.5: spec in body should be greater than 0.5'],
  ],
  [
    { ...INTEGER, format: 'int32' },
    3e9,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec'],
  ],
  [{ ...STRING, maxLength: 5 }, 'abcdef', ['spec: Too long: may not be more than 5 bytes']],
  [{ ...STRING, minLength: 2 }, 'a', ['spec: Invalid value: "a": spec in body should be at least 2 chars long']],
  [{ ...STRING, pattern: '^[a-z]+$' }, 'A', [`spec: Invalid value: "A": spec in body should match '^[a-z]+$'`]],
  [
    { ...STRING, enum: ['red', 'green'] },
    'blue',
    ['spec: Unsupported value: "blue": supported values: "red", "green"'],
  ],
  [{ ...STRING, format: 'ipv4' }, 'x', ['spec: Invalid value: "x": spec in body must be of type ipv4: "x"']],
  [{ ...STRING, format: 'no-such-format' }, 'x', []],
  [
    { 'x-kubernetes-int-or-string': true },
    true,
    ['spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"'],
  ],
  [{ type: 'array', items: STRING, maxItems: 1 }, ['a', 'b'], ['spec: Too many: 2: must have at most 1 item']],
  [
    { type: 'array', items: STRING },
    [null],
    ['spec[0]: Invalid value: "null": spec[0] in body must be of type string: "null"'],
  ],
  [
    { type: 'object', additionalProperties: STRING },
    { a: 1 },
    ['spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"'],
  ],
  [{ type: 'object', required: ['name'] }, {}, ['spec.name: Required value']],
  [
    { ...INTEGER, oneOf: [{ minimum: 5 }, { maximum: 2 }] },
    3,
    [
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
      'spec: Invalid value: 3: spec in body should be greater than or equal to 5',
    ],
  ],
  [{ ...INTEGER, not: { minimum: 5 } }, 6, ['<nil>: Invalid value: "": "spec" must not validate the schema (not)']],
]

test.each(CASES)('validateSchema() of %j against %j says what kube-apiserver says', (schema, value, messages) => {
  const errors = validateSchema({ type: 'object', properties: { spec: schema } }, { spec: value })
  expect(errors.map((error) => `${error.field}: ${describeFieldError(error)}`)).toEqual(messages)
})

test('validateSchema() of an update forgives what is wrong where it is unchanged, and only there', () => {
  const schema: Schema = {
    type: 'object',
    properties: { old: { ...STRING, maxLength: 1 }, other: { ...STRING, maxLength: 1 } },
  }
  expect(validateSchema(schema, { old: 'long', other: 'a' }, { old: 'long', other: 'b' })).toEqual([])
  const fields = validateSchema(schema, { old: 'long', other: 'longer' }, { old: 'long', other: 'b' })
  expect(fields.map(({ field }) => field)).toEqual(['other'])
})

test('validateSchema() finds the old item of a map list by its keys, wherever it stood', () => {
  const schema: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', properties: { name: STRING, size: { ...INTEGER, maximum: 1 } } },
  }
  const old = [{ name: 'a', size: 5 }]
  const moved = [{ name: 'b', size: 1 }, ...old]
  expect(validateSchema(schema, moved, old)).toEqual([])
  expect(validateSchema(schema, [{ name: 'b', size: 5 }, ...old], old).map(({ field }) => field)).toEqual(['[0].size'])
})
