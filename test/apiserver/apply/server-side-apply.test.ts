import { expect, test } from 'vitest'
import { trackUpdate } from '../../../runtime/apiserver/apply/managed-fields.ts'
import { applyObject } from '../../../runtime/apiserver/apply/server-side-apply.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { ApiError } from '../../../runtime/apiserver/status.ts'
import { customResource } from './apply-scenarios.ts'

// The expectations are a real server's answers to the same requests; compare-with-real.ts asks it anew.

const registry = createBuiltInRegistry()
const configMaps = registry.find('', 'v1', 'configmaps') as ApiResource
const deployments = registry.find('apps', 'v1', 'deployments') as ApiResource
const gadgets = customResource()

function at(second: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second))
}

function configMap(data: Record<string, string>): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' }, data }
}

interface Attempt {
  resource?: ApiResource
  live?: ApiObject | undefined
  manager?: string
  force?: boolean
  subresource?: string
  second?: number
}

function apply(applied: ApiObject, attempt: Attempt = {}): ApiObject {
  const { resource = configMaps, live, manager = 'm', force = false, subresource = '', second = 1 } = attempt
  return applyObject({ resource, live, applied, manager, force, subresource, now: at(second) })
}

function created(object: ApiObject, manager = 'curl', resource = configMaps): ApiObject {
  trackUpdate({ resource, old: undefined, object, manager, subresource: '', now: at(0) })
  object.metadata.uid = 'u'
  return object
}

function failureOf(run: () => unknown): ApiError['status'] {
  try {
    run()
  } catch (error) {
    if (error instanceof ApiError) return error.status
    throw error
  }
  throw new Error('It did not fail')
}

test('applyObject() of what is not there owns what was applied, without the names', () => {
  expect(apply(configMap({ x: '1' })).metadata.managedFields).toEqual([
    {
      manager: 'm',
      operation: 'Apply',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:01Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:x': {} } },
    },
  ])
})

test('applyObject() with a value that another manager set differently ends with a conflict that names it', () => {
  const live = created(configMap({ x: '1' }))
  expect(failureOf(() => apply(configMap({ x: '2', y: '1' }), { live }))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Apply failed with 1 conflict: conflict with "curl" using v1: .data.x',
    reason: 'Conflict',
    details: {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "curl" using v1', field: '.data.x' }],
    },
    code: 409,
  })
})

test('applyObject() lists several conflicts by their owners', () => {
  const live = apply(configMap({ x: '1', y: '1' }), { manager: 'one' })
  expect(failureOf(() => apply(configMap({ x: '2', y: '2' }), { live })).message).toBe(
    'Apply failed with 2 conflicts: conflicts with "one":\n- .data.x\n- .data.y',
  )
})

test('applyObject() with force takes the field over', () => {
  const live = created(configMap({ x: '1', z: '1' }))
  const result = apply(configMap({ x: '2' }), { live, force: true })
  expect(result.data).toEqual({ x: '2', z: '1' })
  expect(result.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
    ['m', { 'f:data': { 'f:x': {} } }],
    ['curl', { 'f:data': { '.': {}, 'f:z': {} } }],
  ])
})

test('applyObject() of a value that another has set the same shares it, and leaves the time out as nothing changed', () => {
  const live = created(configMap({ x: '1' }))
  const result = apply(configMap({ x: '1' }), { live })
  expect(result.metadata.managedFields?.map(({ manager, time }) => [manager, time])).toEqual([
    ['m', undefined],
    ['curl', '2026-01-01T00:00:00Z'],
  ])
})

test('applyObject() takes out what its manager no longer applies, unless another owns it', () => {
  const first = apply(configMap({ x: '1', y: '1', shared: '1' }))
  const live = apply(configMap({ shared: '1' }), { live: first, manager: 'other' })
  expect(apply(configMap({ y: '1' }), { live }).data).toEqual({ y: '1', shared: '1' })
})

test('applyObject() to what nobody tracked gives it to before-first-apply', () => {
  const live = configMap({ x: '1' })
  live.metadata.uid = 'u'
  const { managedFields } = apply(configMap({ y: '1' }), { live }).metadata
  expect(managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
    ['m', 'Apply'],
    ['before-first-apply', 'Update'],
  ])
})

test('applyObject() tells the ports of a container apart by their defaulted protocol too', () => {
  const ports = (list: object[]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: { template: { spec: { containers: [{ name: 'one', ports: list }] } } },
  })
  const live = apply(ports([{ containerPort: 80, protocol: 'TCP' }]), { resource: deployments })
  const result = apply(ports([{ containerPort: 80 }]), { resource: deployments, live, manager: 'other' })
  expect(result.spec).toEqual(live.spec)
  expect(
    failureOf(() => apply(ports([{ containerPort: 80 }, { containerPort: 80 }]), { resource: deployments })),
  ).toEqual(
    expect.objectContaining({
      code: 500,
      message:
        'failed to create typed patch object (/a; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="one"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    }),
  )
})

test('applyObject() to a custom kind merges sets and keyed lists, and replaces plain lists', () => {
  const gadget = (spec: object): ApiObject => ({
    apiVersion: 'x.dev/v1',
    kind: 'Gadget',
    metadata: { name: 'g' },
    spec,
  })
  const live = apply(gadget({ tags: ['a', 'b'], parts: [{ name: 'p' }], plain: ['a'] }), { resource: gadgets })
  const applied = gadget({ tags: ['c'], parts: [{ name: 'q', color: 'red' }], whole: [{ a: 'x' }] })
  const result = apply(applied, { resource: gadgets, live, manager: 'other' })
  expect(result.spec).toEqual({
    tags: ['a', 'b', 'c'],
    parts: [{ name: 'p' }, { name: 'q', color: 'red' }],
    plain: ['a'],
    whole: [{ a: 'x' }],
  })
  expect(failureOf(() => apply(gadget({ plain: ['b'] }), { resource: gadgets, live, manager: 'other' })).code).toBe(409)
})

test('applyObject() leaves the status out of what is owned, and its subresource the spec', () => {
  const gadget = (fields: object): ApiObject => ({
    apiVersion: 'x.dev/v1',
    kind: 'Gadget',
    metadata: { name: 'g' },
    ...fields,
  })
  const live = apply(gadget({ spec: { size: 1 }, status: { ready: true } }), { resource: gadgets })
  const status = gadget({ spec: { size: 2 }, status: { ready: false } })
  const result = apply(status, { resource: gadgets, live, subresource: 'status' })
  expect(result.metadata.managedFields?.map(({ fieldsV1, subresource }) => [subresource, fieldsV1])).toEqual([
    [undefined, { 'f:spec': { 'f:size': {} } }],
    ['status', { 'f:status': { 'f:ready': {} } }],
  ])
})

test.each([
  [{ foo: 1 }, 'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema'],
  [
    { data: { x: 1 } },
    'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.x: expected string, got &value.valueUnstructured{Value:1}',
  ],
])('applyObject() of %j ends with a 500 as the real one', (fields, message) => {
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...fields }
  expect(failureOf(() => apply(applied))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    code: 500,
  })
})

test.each([
  [{ apiVersion: 'v1', kind: 'Pod', metadata: {} }, 'invalid object type: /v1, Kind=Pod'],
  [{ metadata: {} }, 'invalid object type: /, Kind='],
  [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { managedFields: [] } }, 'metadata.managedFields must be nil'],
])('applyObject() refuses %j', (applied, message) => {
  expect(failureOf(() => apply(applied as unknown as ApiObject))).toMatchObject({ code: 400, message })
})

test('applyObject() by kubectl takes over what it applied from the client side, and refreshes its annotation', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
  const applied = configMap({ x: '1' })
  const live = configMap({ x: '1', y: 'other' })
  live.metadata.annotations = { [annotation]: JSON.stringify(applied) }
  created(live, 'kubectl-client-side-apply')
  const result = apply(configMap({ x: '2' }), { live, manager: 'kubectl' })
  expect(result.data).toEqual({ x: '2', y: 'other' })
  expect(result.metadata.annotations?.[annotation]).toBe(
    '{"apiVersion":"v1","data":{"x":"2"},"kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}}\n',
  )
  expect(failureOf(() => apply(configMap({ y: '2' }), { live, manager: 'kubectl' })).code).toBe(409)
  expect(failureOf(() => apply(configMap({ x: '2' }), { live, manager: 'other' })).code).toBe(409)
})
