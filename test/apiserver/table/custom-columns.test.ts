import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { customColumns } from '../../../runtime/apiserver/kinds/columns/custom-columns.ts'

const object: ApiObject = {
  apiVersion: 'example.com/v1',
  kind: 'Col',
  metadata: { name: 'a', creationTimestamp: '2026-01-02T03:00:00Z' },
  s: {
    nul: null,
    map: { b: 1, a: ['x'] },
    list: ['p', 'q', 'r'],
    int: 12345678,
    float: 1.5,
    bool: true,
    str: 'hello',
    empty: '',
    day: '2026-01-02',
    zone: '2026-01-02T03:04:05+02:00',
    future: '2036-01-02T03:04:05Z',
    'a.b/c': 'dotted',
    objs: [
      { n: 1, v: 'one' },
      { n: 2, v: 'two', w: 1 },
    ],
    html: { a: '<&>' },
  },
}
const nowMs = Date.parse('2026-11-22T12:33:02Z')

/** Type, path, and the cell that kube-apiserver 1.36.3 printed. */
const CASES: readonly [type: string, jsonPath: string, cell: unknown][] = [
  ['string', '.s.nul', '<no value>'],
  ['string', '.s.map', '{"a":["x"],"b":1}'],
  ['string', '.s.list', '["p","q","r"]'],
  ['string', '.s.int', '12345678'],
  ['string', '.s.float', '1.5'],
  ['string', '.s.bool', 'true'],
  ['integer', '.s.float', 1],
  ['integer', '.s.str', null],
  ['integer', '.s.nul', null],
  ['date', '.s.str', '<invalid>'],
  ['date', '.s.empty', '<unknown>'],
  ['date', '.s.day', '<invalid>'],
  ['date', '.s.zone', '324d'],
  ['date', '.s.future', '<invalid>'],
  ['string', '.s.list[7]', null],
  ['string', '.s.list[-1]', 'r'],
  ['string', '.s.list[0:2]', 'p'],
  ['string', '.s.list[*]', 'p'],
  ['string', ".s['a.b/c']", null],
  ['string', '.s.a\\.b/c', 'dotted'],
  ['string', '.s.objs[?(@.n>1)].v', 'two'],
  ['string', '.s.objs[?(@.w)].v', 'two'],
  ['string', '.s.objs[?(@.v>1)].n', null],
  ['string', '.s.objs[?(@.v!="one")].v', 'two'],
  ['string', '.s.str[0]', null],
  ['string', '.x.y.z', null],
  ['string', '.s.html', '{"a":"\\u003c\\u0026\\u003e"}'],
  ['string', '..v', 'one'],
  ['string', ".s['str','int']", 'hello'],
  ['string', '.s.list[1,0]', 'q'],
]

describe('customColumns() prints the cell that kube-apiserver prints', () => {
  for (const [type, jsonPath, cell] of CASES) {
    test(`${type} ${jsonPath}`, () => {
      const [, column] = customColumns([{ name: 'x', type, jsonPath }])
      expect(column?.cell(object, nowMs)).toEqual(cell)
    })
  }
})

test('customColumns() of a definition without columns are name and age', () => {
  const columns = customColumns(undefined)
  expect(columns.map(({ name, type, format }) => ({ name, type, format }))).toEqual([
    { name: 'Name', type: 'string', format: 'name' },
    { name: 'Age', type: 'date', format: '' },
  ])
  expect(columns.map((column) => column.cell(object, nowMs))).toEqual(['a', '324d'])
  expect(columns.every(({ description }) => description.length > 0)).toBe(true)
})

test('customColumns() describes a column without a description by its path', () => {
  const [, column] = customColumns([{ name: 'x', type: 'string', jsonPath: '.spec.x' }])
  expect(column?.description).toBe('Custom resource definition column (in JSONPath format): .spec.x')
})

test('customColumns() leaves the cells of a path that cannot be read empty', () => {
  for (const jsonPath of ['.s[', '.s.objs[?(@.n', '.s.list[x]', '.s.objs[?(@.n=~1)]']) {
    const [, column] = customColumns([{ name: 'x', type: 'string', jsonPath }])
    expect(column?.cell(object, nowMs)).toBeNull()
  }
})
