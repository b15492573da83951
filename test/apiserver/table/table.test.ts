import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { tableOptions, toPartialObjectMetadataList, toTable } from '../../../runtime/apiserver/rest/table.ts'
import type { RecordedRow } from './record-tables.ts'

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-tables.json'), 'utf8')) as RecordedRow[]
const registry = createBuiltInRegistry()

function resourceOf(path: string): ApiResource {
  const parts = path.split('/').slice(1)
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]]
  return registry.find(group as string, version as string, parts.at(-1) as string) as ApiResource
}

function tableOf(resource: ApiResource, object: ApiObject, nowMs: number) {
  return toTable(resource, [object], {}, {}, nowMs).rows[0] as { cells: unknown[]; conditions?: unknown[] }
}

describe('toTable() prints what kube-apiserver printed for the same object', () => {
  for (const { path, object, nowMs, cells, conditions } of recorded) {
    test(`${path} ${object.metadata.name}`, () => {
      const resource = resourceOf(path)
      const row = tableOf(resource, object, nowMs)
      // kube-apiserver sends an IPAddress's age in a column that it does not define.
      expect(row.cells).toEqual(cells.slice(0, resource.columns.length))
      expect(row.conditions).toEqual(conditions)
    })
  }
})

test('toTable() has a cell of its own for every column of every built-in kind that is recorded', () => {
  const seen = new Map<string, Set<string>>()
  for (const { path, object, nowMs } of recorded) {
    const resource = resourceOf(path)
    const id = `${resource.group}/${resource.kind}`
    const { cells } = tableOf(resource, object, nowMs)
    const filled = resource.columns.filter((_column, i) => cells[i] !== null).map(({ name }) => name)
    seen.set(id, new Set([...(seen.get(id) ?? []), ...filled]))
  }
  for (const { group, kind, columns, verbs } of registry.list()) {
    if (!verbs.includes('create') || !verbs.includes('list')) continue
    const id = `${group}/${kind}`
    if (NOT_RECORDED.has(id)) continue
    expect([...(seen.get(id) ?? [])].sort(), id).toEqual(columns.map(({ name }) => name).sort())
  }
})

/** Their cells are written by the same lines as those of kinds that are recorded, or are served by few servers. */
const NOT_RECORDED = new Set([
  'admissionregistration.k8s.io/MutatingAdmissionPolicy',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding',
  'networking.k8s.io/IPAddress',
  'networking.k8s.io/ServiceCIDR',
])

describe('toTable()', () => {
  const configMaps = registry.find('', 'v1', 'configmaps') as ApiResource
  const map: ApiObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'u' }, data: { b: 'c' } }

  test('bears the metadata alone, unless the request asks for nothing or for all', () => {
    const rowObject = (includeObject?: 'None' | 'Metadata' | 'Object') => {
      const options = includeObject === undefined ? {} : { includeObject }
      return (toTable(configMaps, [map], {}, options, 0).rows[0] as { object: unknown }).object
    }
    expect(rowObject()).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'a', uid: 'u' },
    })
    expect(rowObject('None')).toBeNull()
    expect(rowObject('Object')).toEqual(map)
  })

  test('leaves out column definitions where a watch has sent them before', () => {
    expect(toTable(configMaps, [map], {}, { withoutColumns: true }, 0).columnDefinitions).toBeNull()
    expect(toTable(configMaps, [map], {}, {}, 0).columnDefinitions).toHaveLength(3)
  })

  test('shows an unknown age where there is no creation time', () => {
    expect(tableOf(configMaps, map, 0).cells).toEqual(['a', 1, '<unknown>'])
  })
})

test('toPartialObjectMetadataList() has nothing of the objects but their metadata', () => {
  const map: ApiObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: 'c' } }
  expect(toPartialObjectMetadataList([map], { resourceVersion: '7' })).toEqual({
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '7' },
    items: [{ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a' } }],
  })
})

test("tableOptions() refuses an includeObject that there is not, in kube-apiserver's words", () => {
  expect(tableOptions(new URLSearchParams('includeObject=None'))).toEqual({ includeObject: 'None' })
  expect(tableOptions(new URLSearchParams('limit=1'))).toEqual({})
  expect(() => tableOptions(new URLSearchParams('includeObject=foo'))).toThrow(
    `Unable to convert to Table as requested: includeObject: Invalid value: "foo": must be 'Metadata', 'Object', 'None', or empty`,
  )
})
