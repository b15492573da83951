import { expect, test } from 'vitest'
import { describeStrategicRefusal } from '../../../runtime/apiserver/patch/strategic-refusal.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
      items: { type: 'object', properties: { name: { type: 'string' } } },
    },
  },
}

// Recorded with kube-apiserver 1.36.
test.each([
  ['string', 'int32', 'unrecognized type: int32'],
  ['number 1.5', 'int32', 'cannot convert float64 to int32'],
  ['number', 'string', 'cannot convert int64 to string'],
  ['string', 'v1.DeploymentSpec', 'cannot restore struct from: string'],
  ['object', 'v1.DeploymentStrategyType', 'unrecognized type: string'],
  ['string', '[]v1.Container', 'cannot restore slice from string'],
  ['string', 'map[string]string', 'cannot restore map from string'],
])(
  'describeStrategicRefusal() of a %s for a %s speaks as the converter, not as the JSON decoder',
  (json, type, detail) => {
    const message = `json: cannot unmarshal ${json} into Go struct field Deployment.spec of type ${type}`
    expect(describeStrategicRefusal(undefined, {}, {}, message).detail).toBe(detail)
  },
)

test('describeStrategicRefusal() keeps words that are not the JSON decoder’s', () => {
  const message = 'strict decoding error: unknown field "a"'
  expect(describeStrategicRefusal(undefined, {}, {}, message).detail).toBe(message)
})

test('describeStrategicRefusal() shows the patch as Go prints a map, without the lists that it orders', () => {
  const patch = {
    '$setElementOrder/items': [{ name: 'a' }],
    items: [{ name: 'a' }],
    x: [1, 'a', null, true, {}],
    b: { z: 1.5, a: null },
  }
  const { badValue } = describeStrategicRefusal(SCHEMA, { items: [{ name: 'a' }] }, patch, '')
  expect(badValue).toBe('map[b:map[a:<nil> z:1.5] x:[1 a <nil> true map[]]]')
  expect(patch.items, 'the patch is left as it was').toHaveLength(1)
})
