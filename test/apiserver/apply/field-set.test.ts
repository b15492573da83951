import { expect, test } from 'vitest'
import {
  describePath,
  difference,
  fieldSetOf,
  hasPath,
  intersection,
  isEmptySet,
  listPaths,
  readFieldsV1,
  recursiveDifference,
  union,
  writeFieldsV1,
} from '../../../runtime/apiserver/apply/field-set.ts'
import { parsePathElement } from '../../../runtime/apiserver/apply/path-element.ts'

/** As a real server wrote it for a Deployment. */
const RECORDED = {
  'f:metadata': { 'f:finalizers': { '.': {}, 'v:"x.dev/a"': {} }, 'f:labels': { '.': {}, 'f:app': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"one"}': {
            '.': {},
            'f:image': {},
            'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
      },
    },
  },
}

test('readFieldsV1() and writeFieldsV1() give back what a real server wrote, in its order', () => {
  expect(JSON.stringify(writeFieldsV1(readFieldsV1(RECORDED)))).toBe(JSON.stringify(RECORDED))
})

test('writeFieldsV1() sorts fields by bytes, numbers by value and keys by name', () => {
  const set = readFieldsV1({ 'v:10': {}, 'v:9': {}, 'f:b': {}, 'f:B': {}, 'k:{"port":1,"name":"a"}': {} })
  expect(Object.keys(writeFieldsV1(set))).toEqual(['f:B', 'f:b', 'k:{"name":"a","port":1}', 'v:9', 'v:10'])
})

test('writeFieldsV1() escapes values for HTML, as Go does, and reads them back', () => {
  const set = readFieldsV1({ 'v:"a<b"': {} })
  expect(Object.keys(writeFieldsV1(set))).toEqual(['v:"a\\u003cb"'])
  expect(listPaths(readFieldsV1(writeFieldsV1(set)))).toEqual(listPaths(set))
})

test('parsePathElement() drops kinds of steps that it does not know, and refuses what is none', () => {
  expect(parsePathElement('z:what')).toBeUndefined()
  expect(() => parsePathElement('f')).toThrow('key must be 2 characters long:')
  expect(() => parsePathElement('spec')).toThrow('missing colon: spec')
})

test('describePath() shows fields, keys and values as conflicts do', () => {
  const path = ['f:spec', 'f:ports', 'k:{"containerPort":80,"protocol":"TCP"}', 'v:"a"', 'i:2']
  expect(describePath(path)).toBe('.spec.ports[containerPort=80,protocol="TCP"][="a"][2]')
})

test('difference() leaves what is inside a field that is taken out, recursiveDifference() does not', () => {
  const set = fieldSetOf(['f:a'], ['f:a', 'f:b'], ['f:c'])
  const taken = fieldSetOf(['f:a'])
  expect(listPaths(difference(set, taken))).toEqual([['f:c'], ['f:a', 'f:b']])
  expect(listPaths(recursiveDifference(set, taken))).toEqual([['f:c']])
})

test('union() and intersection() keep members and what is inside them apart', () => {
  const a = fieldSetOf(['f:a'], ['f:b', 'f:c'])
  const b = fieldSetOf(['f:a', 'f:x'], ['f:b', 'f:c'])
  expect(listPaths(union(a, b))).toEqual([['f:a'], ['f:a', 'f:x'], ['f:b', 'f:c']])
  expect(listPaths(intersection(a, b))).toEqual([['f:b', 'f:c']])
  expect(isEmptySet(intersection(fieldSetOf(['f:a']), fieldSetOf(['f:a', 'f:x'])))).toBe(true)
  expect(hasPath(a, ['f:b'])).toBe(false)
})
