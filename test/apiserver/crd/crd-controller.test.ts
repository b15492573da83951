import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCrdController } from '../../../runtime/apiserver/crd/crd-controller.ts'
import { DEFINITION_STORAGE, type Definition } from '../../../runtime/apiserver/crd/definition.ts'
import { createDefinitionStrategy } from '../../../runtime/apiserver/crd/definition-strategy.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { Registry } from '../../../runtime/apiserver/kinds/registry.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { createFakeClock } from '../../fake-clock.ts'

const clock = createFakeClock()
let store: Store
let registry: Registry
let controller: ReturnType<typeof createCrdController>
let deletedPaths: string[]

beforeEach(() => {
  store = new Store()
  registry = new Registry()
  deletedPaths = []
  controller = start()
})

afterEach(() => controller.stop())

function start() {
  return createCrdController({
    ...{ store, registry, clock },
    client: {
      async request(_method, path) {
        deletedPaths.push(path)
        return { code: 200, body: {} }
      },
    },
  })
}

const strategy = createDefinitionStrategy(() => new Date(clock.now()))

function definition(plural: string, names: object = {}, schema: Schema = { type: 'object' }): Definition {
  const object: ApiObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com`, uid: plural },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind: plural.charAt(0).toUpperCase() + plural.slice(1, -1), ...names },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  }
  strategy.applyDefaults?.(object)
  strategy.prepareForCreate?.(object, 0)
  return object as Definition
}

function read(plural: string): Definition | undefined {
  const stored = store.get(DEFINITION_STORAGE, '', `${plural}.example.com`)
  return stored && (JSON.parse(stored.text) as Definition)
}

function conditions(plural: string): string[] {
  return (read(plural)?.status.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`)
}

async function create(object: Definition): Promise<void> {
  store.put(DEFINITION_STORAGE, object, 0)
  await clock.advance(0)
}

async function beginDelete(plural: string): Promise<void> {
  const object = read(plural) as Definition
  strategy.prepareForDelete?.(object)
  store.put(DEFINITION_STORAGE, object, Number(object.metadata.resourceVersion))
  await clock.advance(0)
}

test('createCrdController() accepts names, establishes the definition, and serves it', async () => {
  await create(definition('demos', { shortNames: ['dm'], categories: ['all'] }))
  expect(conditions('demos')).toEqual(['NamesAccepted=True NoConflicts', 'Established=True InitialNamesAccepted'])
  expect(read('demos')?.status.acceptedNames).toEqual({
    plural: 'demos',
    singular: 'demo',
    kind: 'Demo',
    listKind: 'DemoList',
    shortNames: ['dm'],
    categories: ['all'],
  })
  const resource = registry.find('example.com', 'v1', 'demos')
  expect(resource).toMatchObject({ kind: 'Demo', shortNames: ['dm'], storage: 'example.com/demos', isCustom: true })
})

test('createCrdController() refuses names that another definition of the group has, until they are free', async () => {
  await create(definition('demos', { shortNames: ['dm'] }))
  await create(definition('others', { kind: 'Demo', listKind: 'DemoList', shortNames: ['dm'] }))
  expect(conditions('others')).toEqual(['NamesAccepted=False ListKindConflict', 'Established=False NotAccepted'])
  expect(registry.find('example.com', 'v1', 'others')).toBeUndefined()
  await beginDelete('demos')
  expect(read('demos')).toBeUndefined()
  expect(conditions('others')).toEqual(['NamesAccepted=True NoConflicts', 'Established=True InitialNamesAccepted'])
  expect(registry.find('example.com', 'v1', 'others')).toBeDefined()
})

test('createCrdController() says of a protected group whether its API is approved', async () => {
  const object = definition('demos')
  object.metadata.annotations = { 'api-approved.kubernetes.io': 'unapproved, a demo' }
  object.metadata.name = 'demos.example.k8s.io'
  object.spec = { ...object.spec, group: 'example.k8s.io' }
  await create(object)
  const stored = store.get(DEFINITION_STORAGE, '', 'demos.example.k8s.io')
  const { status } = JSON.parse(stored?.text ?? '{}') as Definition
  expect(status.conditions?.at(-1)).toMatchObject({
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: 'False',
    reason: 'UnapprovedAnnotation',
    message: 'not approved: "unapproved, a demo"',
  })
})

test('createCrdController() deletes the instances, and lets the definition go when the last of them has gone', async () => {
  await create(definition('demos'))
  const instance = { apiVersion: 'example.com/v1', kind: 'Demo', metadata: { name: 'a', namespace: 'x', uid: 'u' } }
  const { revision } = store.put('example.com/demos', instance, 0)
  await beginDelete('demos')
  expect(deletedPaths).toEqual(['/apis/example.com/v1/namespaces/x/demos'])
  expect(conditions('demos')).toContain('Terminating=True InstanceDeletionInProgress')
  const make = registry.find('example.com', 'v1', 'demos')?.strategy.prepareForCreate
  expect(() => make?.(structuredClone(instance), 0)).toThrow(
    'create not allowed while custom resource definition is terminating',
  )
  store.delete('example.com/demos', 'x', 'a', revision)
  await clock.advance(0)
  expect(read('demos')).toBeUndefined()
  expect(registry.find('example.com', 'v1', 'demos')).toBeUndefined()
})

test('createCrdController() tries again when instances cannot be deleted', async () => {
  controller.stop()
  let code = 500
  controller = createCrdController({
    ...{ store, registry, clock },
    client: { request: async () => ({ code, body: {} }) },
  })
  await create(definition('demos'))
  const instance = { apiVersion: 'example.com/v1', kind: 'Demo', metadata: { name: 'a', namespace: 'x', uid: 'u' } }
  const { revision } = store.put('example.com/demos', instance, 0)
  await beginDelete('demos')
  code = 200
  store.delete('example.com/demos', 'x', 'a', revision)
  expect(read('demos')).toBeDefined()
  await clock.advance(1000)
  expect(read('demos')).toBeUndefined()
})

test('createCrdController() serves what a store already holds', async () => {
  await create(definition('demos'))
  controller.stop()
  registry = new Registry()
  controller = start()
  expect(registry.find('example.com', 'v1', 'demos')).toBeDefined()
})

test('createCrdController() serves a changed schema at once', async () => {
  await create(definition('demos'))
  const object = read('demos') as Definition
  const schema: Schema = { type: 'object', properties: { spec: { type: 'string' } } }
  object.spec = { ...object.spec, versions: definition('demos', {}, schema).spec.versions }
  store.put(DEFINITION_STORAGE, object, Number(object.metadata.resourceVersion))
  await clock.advance(0)
  expect(registry.find('example.com', 'v1', 'demos')?.schema).toEqual(schema)
})
