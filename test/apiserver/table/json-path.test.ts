import { expect, test } from 'vitest'
import { findByJsonPath } from '../../../runtime/apiserver/kinds/columns/json-path.ts'

const object = {
  apiVersion: 'example.com/v1',
  kind: 'Example',
  metadata: { labels: { 'a.b/c': 'x' } },
  list: [1, 2, 3],
  conditions: [
    { type: 'Ready', status: 'True' },
    { type: 'Other', status: 'False' },
  ],
}

test.each([
  [String.raw`.metadata.labels.a\.b/c`, ['x']],
  [String.raw`.metadata.labels['a\.b/c']`, ['x']],
  ['.list[-1]', [3]],
  ['.list[0:2]', [1, 2]],
  ['.conditions[?(@.type=="Ready")].status', ['True']],
  ['.conditions[*].type', ['Ready', 'Other']],
  ['..type', ['Ready', 'Other']],
  ['.nothing.there', []],
])('findByJsonPath() of %s finds %j', (path, found) => {
  expect(findByJsonPath(path)(object)).toEqual(found)
})

test('findByJsonPath() of a path that cannot be read, or not be applied, finds nothing', () => {
  expect(findByJsonPath('.list[')(object)).toEqual([])
  expect(findByJsonPath('.kind[0]')(object)).toEqual([])
})
