import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import { readDistilledKinds } from '../../../runtime/apiserver/kinds/distilled-kinds.ts'
import { builtInSchemas, createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'

const registry = createBuiltInRegistry()
const deployments = registry.find('apps', 'v1', 'deployments') as ApiResource

/** By its OpenAPI name without `io.k8s.`. */
const definition = (name: string) => builtInSchemas().get(`io.k8s.${name}`)

function at(schema: Schema | undefined, ...path: string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((each, key) => (key === '[]' ? each?.items : each?.properties?.[key]), schema)
}

describe('createBuiltInRegistry()', () => {
  test('has the groups that controllers touch, and none that the server does not imitate', () => {
    const groups = new Set(registry.list().map(({ group }) => group))
    for (const group of ['', 'apps', 'batch', 'rbac.authorization.k8s.io', 'apiextensions.k8s.io', 'policy'])
      expect(groups).toContain(group)
    for (const group of ['resource.k8s.io', 'flowcontrol.apiserver.k8s.io']) expect(groups).not.toContain(group)
  })

  test('knows verbs, names, categories and subresources of a resource', () => {
    expect(deployments).toMatchObject({
      kind: 'Deployment',
      listKind: 'DeploymentList',
      singular: 'deployment',
      namespaced: true,
      shortNames: ['deploy'],
      categories: ['all'],
      isCustom: false,
    })
    expect(deployments.verbs).toContain('deletecollection')
    expect([...deployments.subresources.keys()]).toEqual(['scale', 'status'])
    expect(deployments.subresources.get('scale')).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' })
    expect(deployments.strategy.hasStatus).toBe(true)
  })

  test('keeps the events of both groups, and both versions of a HorizontalPodAutoscaler, in one place', () => {
    const events = ['', 'events.k8s.io'].map((group) => registry.find(group, 'v1', 'events'))
    expect(events.map((each) => [each?.storage, each?.storageApiVersion])).toEqual([
      ['/events', 'v1'],
      ['/events', 'v1'],
    ])
    const scalers = ['v1', 'v2'].map((version) => registry.find('autoscaling', version, 'horizontalpodautoscalers'))
    expect(scalers.map((each) => each?.storageApiVersion)).toEqual(['autoscaling/v2', 'autoscaling/v2'])
  })

  test('asks for the behaviour of each kind, and takes its selectable fields and conversion out of the strategy', () => {
    const convert = async () => ({ apiVersion: 'v1', kind: 'Pod', metadata: {} })
    const selectableFields = { 'spec.nodeName': () => 'n' }
    const own = createBuiltInRegistry((group, kind) =>
      group === '' && kind === 'Pod'
        ? { hasGeneration: true, hasStatus: true, nameRule: 'label', selectableFields, convert }
        : undefined,
    )
    const pods = own.find('', 'v1', 'pods') as ApiResource
    expect(pods.strategy).toEqual({ hasGeneration: true, hasStatus: true, nameRule: 'label' })
    expect(pods.selectableFields).toBe(selectableFields)
    expect(pods.convert).toBe(convert)
  })
})

describe('schemas of built-in kinds', () => {
  test('are linked: no reference is left anywhere', () => {
    const seen = new Set<unknown>()
    const open: unknown[] = registry.list().map(({ schema }) => schema)
    while (open.length > 0) {
      const each = open.pop()
      if (typeof each !== 'object' || each === null || seen.has(each)) continue
      seen.add(each)
      expect(typeof (each as { $ref?: unknown }).$ref).not.toBe('string')
      open.push(...Object.values(each))
    }
    expect(seen.size).toBeGreaterThan(3000)
  })

  test('keep what patches and server-side apply go by', () => {
    const containers = at(deployments.schema, 'spec', 'template', 'spec', 'containers')
    expect(containers).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    })
    expect(at(containers, '[]', 'ports', '[]', 'protocol')?.default).toBe('TCP')
    expect(at(deployments.schema, 'spec', 'selector')?.['x-kubernetes-map-type']).toBe('atomic')
    expect(at(deployments.schema, 'spec', 'strategy')?.['x-kubernetes-patch-strategy']).toBe('retainKeys')
    expect(at(deployments.schema, 'spec')?.required).toEqual(['selector', 'template'])
  })

  test("lay a field's own extensions over what it refers to, and leave that as it is", () => {
    const strategy = at(deployments.schema, 'spec', 'strategy')
    expect(at(strategy, 'type')?.type).toBe('string')
    const spec = at(definition('api.apps.v1.Deployment'), 'spec')
    expect(spec?.properties?.strategy).toBe(strategy)
    expect(at(deployments.schema, 'spec', 'template', 'metadata')).not.toBe(at(deployments.schema, 'metadata'))
  })

  test('may be circular, as JSONSchemaProps are', () => {
    const crd = definition('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition')
    const props = at(crd, 'spec', 'versions', '[]', 'schema', 'openAPIV3Schema')
    expect(at(props, 'not', 'not')?.properties).toBe(at(props, 'not')?.properties)
    expect(at(props, '$ref')?.type).toBe('string')
  })

  test('are found for kinds that only subresources and requests have', () => {
    expect(at(definition('api.autoscaling.v1.Scale'), 'spec', 'replicas')?.type).toBe('integer')
    expect(at(definition('api.policy.v1.Eviction'), 'deleteOptions')?.type).toBe('object')
    expect(at(definition('api.authentication.v1.TokenRequest'), 'spec', 'audiences')?.type).toBe('array')
    expect(at(definition('apimachinery.pkg.apis.meta.v1.DeleteOptions'), 'preconditions', 'uid')?.type).toBe('string')
  })

  test('take any field where Go decodes by hand, and none in an empty struct', () => {
    const revisions = definition('api.apps.v1.ControllerRevision')
    expect(at(revisions, 'data')?.['x-kubernetes-preserve-unknown-fields']).toBe(true)
    const version = at(
      definition('apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition'),
      'spec',
      'versions',
      '[]',
    )
    const props = at(version, 'schema', 'openAPIV3Schema')
    expect(at(props, 'items')?.['x-kubernetes-preserve-unknown-fields']).toBe(true)
    expect(at(version, 'subresources', 'status')).not.toHaveProperty('x-kubernetes-preserve-unknown-fields')
  })

  test('have no descriptions, and all of it is small', () => {
    const describe = (value: unknown): boolean =>
      typeof value === 'object' &&
      value !== null &&
      (typeof (value as { description?: unknown }).description === 'string' || Object.values(value).some(describe))
    expect(describe(readDistilledKinds().schemas)).toBe(false)
    const file = new URL('../../../runtime/apiserver/kinds/kinds.json', import.meta.url)
    expect(statSync(file).size).toBeLessThan(1024 * 1024)
  })
})
