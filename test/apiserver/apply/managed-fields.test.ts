import { expect, test } from 'vitest'
import { keepUnchangedTimes, trackUpdate } from '../../../runtime/apiserver/apply/managed-fields.ts'
import type { ApiObject, ManagedFieldsEntry } from '../../../runtime/apiserver/json.ts'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'

const registry = createBuiltInRegistry()
const configMaps = registry.find('', 'v1', 'configmaps') as ApiResource
const deployments = registry.find('apps', 'v1', 'deployments') as ApiResource

function track(
  object: ApiObject,
  old?: ApiObject,
  options: { manager?: string; second?: number; resource?: ApiResource } = {},
) {
  const { manager = 'curl', second = 0, resource = configMaps } = options
  const now = new Date(Date.UTC(2026, 0, 1, 0, 0, second))
  trackUpdate({ resource, old, object, manager, subresource: '', now })
  return object
}

function configMap(data: Record<string, string>, managedFields?: ManagedFieldsEntry[]): ApiObject {
  const metadata = { name: 'a', uid: 'u', ...(managedFields !== undefined && { managedFields }) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
}

function ownersOf(object: ApiObject) {
  return object.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1])
}

test('trackUpdate() of a create gives the creator all fields, structs of built-in kinds not as such', () => {
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a', labels: { app: 'a' } },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      strategy: { type: 'Recreate' },
      template: {
        spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, protocol: 'TCP' }], resources: {} }] },
      },
    },
    status: {},
  }
  expect(ownersOf(track(object, undefined, { resource: deployments }))).toEqual([
    [
      'curl',
      {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:selector': {},
          'f:strategy': { 'f:type': {} },
          'f:template': {
            'f:spec': {
              'f:containers': {
                'k:{"name":"c"}': {
                  '.': {},
                  'f:name': {},
                  'f:ports': {
                    '.': {},
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                  },
                  'f:resources': {},
                },
              },
            },
          },
        },
      },
    ],
  ])
})

test('trackUpdate() moves what was changed to who changed it, and keeps the time of who changed nothing', () => {
  const old = track(configMap({ x: '1', y: '1' }))
  const changed = track(configMap({ x: '2', y: '1' }), old, { manager: 'other', second: 9 })
  expect(ownersOf(changed)).toEqual([
    ['curl', { 'f:data': { '.': {}, 'f:y': {} } }],
    ['other', { 'f:data': { 'f:x': {} } }],
  ])
  const again = track(configMap({ x: '2', y: '1' }), changed, { manager: 'third', second: 20 })
  expect(again.metadata.managedFields).toEqual(changed.metadata.managedFields)
})

test('trackUpdate() forgets who owned what was removed', () => {
  const old = track(configMap({ x: '1', y: '1' }))
  expect(ownersOf(track(configMap({ y: '1' }), old, { manager: 'other' }))).toEqual([
    ['curl', { 'f:data': { '.': {}, 'f:y': {} } }],
  ])
})

test.each([
  ['an empty list', []],
  ['one empty entry', [{}]],
])('trackUpdate() takes %s for a reset, after which updates are not tracked', (_, sent) => {
  const old = track(configMap({ x: '1' }))
  const reset = track(configMap({ x: '2' }, sent), old)
  expect(reset.metadata.managedFields).toBeUndefined()
  expect(track(configMap({ x: '3' }), reset).metadata.managedFields).toBeUndefined()
})

test('trackUpdate() keeps the owners when what was sent cannot be read', () => {
  const old = track(configMap({ x: '1' }))
  const sent = [{ manager: 'm', operation: 'Frob' }] as unknown as ManagedFieldsEntry[]
  expect(track(configMap({ x: '1' }, sent), old).metadata.managedFields).toEqual(old.metadata.managedFields)
})

test('trackUpdate() sorts applies before updates, then by time, then by name', () => {
  let object = track(configMap({ a: '1' }), undefined, { manager: 'z', second: 1 })
  object = track(configMap({ a: '1', b: '1' }), object, { manager: 'y', second: 3 })
  object = track(configMap({ a: '1', b: '1', c: '1' }), object, { manager: 'x', second: 3 })
  expect(object.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['z', 'x', 'y'])
})

test('trackUpdate() merges the oldest updates into ancient-changes when there are more than ten', () => {
  let object = track(configMap({ k0: '1' }), undefined, { manager: 'm0' })
  const data: Record<string, string> = { k0: '1' }
  for (let each = 1; each <= 11; each++) {
    data[`k${each}`] = '1'
    object = track(configMap({ ...data }), object, { manager: `m${each}`, second: each })
  }
  expect(ownersOf(object)).toHaveLength(10)
  expect(ownersOf(object)?.[0]).toEqual([
    'ancient-changes',
    { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } },
  ])
})

test('keepUnchangedTimes() puts old times back only where nothing else changed', () => {
  const old = track(configMap({ x: '1' }))
  const entry = old.metadata.managedFields?.[0] as ManagedFieldsEntry
  const later = { ...entry, time: '2026-01-01T00:00:09Z' }
  const same = configMap({ x: '1' }, [later])
  keepUnchangedTimes(old, same)
  expect(same).toEqual(old)
  const changed = configMap({ x: '2' }, [later])
  keepUnchangedTimes(old, changed)
  expect(changed.metadata.managedFields).toEqual([later])
})

test('trackUpdate() through the scale subresource gives the replicas to who scaled, without a time', () => {
  const scaled = (replicas: number): ApiObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a', uid: 'u' },
    spec: { replicas },
  })
  const old = track(scaled(1), undefined, { resource: deployments })
  const object = scaled(3)
  trackUpdate({ resource: deployments, old, object, manager: 'hpa', subresource: 'scale', now: new Date(0) })
  expect(object.metadata.managedFields).toEqual([
    {
      manager: 'hpa',
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      subresource: 'scale',
    },
  ])
})
