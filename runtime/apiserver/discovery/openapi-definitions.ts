import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { distilledResourceOf, readDistilledKinds } from '../kinds/distilled-kinds.ts'
import type { Schema } from '../schema/schema.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export const DELETE_OPTIONS = `${META}DeleteOptions`
export const PATCH = `${META}Patch`
export const STATUS = `${META}Status`

/** One kind, as OpenAPI names it. */
export interface Gvk {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** `io.k8s.api.apps.v1.Deployment`; of a custom resource its group backwards: `io.example.v1.Demo`. */
export function definitionNameOf(resource: ApiResource): string {
  const { group, version, kind, isCustom } = resource
  if (isCustom) return [...group.split('.').reverse(), version, kind].join('.')
  const own = distilledResourceOf(resource)
  return own?.schema ?? `${META}PartialObjectMetadata`
}

/** Of a built-in kind, also one that only subresources have. */
export function builtInDefinitionName(gvk: Gvk): string | undefined {
  const { schemas } = readDistilledKinds()
  return Object.keys(schemas).find((name) => {
    const own = (schemas[name] as JsonObject)['x-kubernetes-group-version-kind'] as unknown as
      | readonly Gvk[]
      | undefined
    return own?.some(({ group, version, kind }) => group === gvk.group && version === gvk.version && kind === gvk.kind)
  })
}

/**
 * Definitions that resources need, by name, in the distilled form (`$ref: NAME` with siblings); the documents bring that into
 * their own form.
 */
export function definitionsFor(resources: readonly ApiResource[]): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>()
  const { schemas } = readDistilledKinds()
  const add = (name: string) => {
    const schema = schemas[name]
    if (found.has(name) || !isJsonObject(schema)) return
    found.set(name, schema)
    for (const reference of referencesOf(schema)) add(reference)
  }
  for (const name of [DELETE_OPTIONS, PATCH, STATUS, `${META}ListMeta`, `${META}ObjectMeta`]) add(name)
  for (const resource of resources) {
    const name = definitionNameOf(resource)
    if (resource.isCustom) found.set(name, customDefinition(resource))
    else add(name)
    if (resource.verbs.includes('list')) found.set(listNameOf(resource), listDefinition(resource, name))
    for (const { group, version, kind } of resource.subresources.values()) {
      if (group === undefined || version === undefined) continue
      const below = builtInDefinitionName({ group, version, kind })
      if (below !== undefined) add(below)
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function listNameOf(resource: ApiResource): string {
  const name = definitionNameOf(resource)
  return `${name.slice(0, name.lastIndexOf('.'))}.${resource.listKind}`
}

function referencesOf(schema: JsonValue): string[] {
  if (Array.isArray(schema)) return schema.flatMap(referencesOf)
  if (!isJsonObject(schema)) return []
  const own = typeof schema.$ref === 'string' ? [schema.$ref] : []
  return [...own, ...Object.values(schema).flatMap(referencesOf)]
}

const API_VERSION = {
  type: 'string',
  description:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas ' +
    'to the latest internal value, and may reject unrecognized values. More info: ' +
    'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
}
const KIND = {
  type: 'string',
  description:
    'Kind is a string value representing the REST resource this object represents. Servers may infer this from the ' +
    'endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ' +
    'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
}
const METADATA =
  "Standard object's metadata. More info: " +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

/** With its own descriptions, and the fields that every object has. */
function customDefinition(resource: ApiResource): JsonObject {
  const { group, version, kind, schema } = resource
  const own = schema === undefined ? { type: 'object', ...KEEPS_UNKNOWN } : fromSchema(schema)
  return {
    ...own,
    properties: {
      ...(own.properties as JsonObject | undefined),
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { description: METADATA, $ref: `${META}ObjectMeta` },
    },
    'x-kubernetes-group-version-kind': [{ group, kind, version }],
    ...selectableFieldsOf(resource),
  }
}

function selectableFieldsOf({ selectableFields }: ApiResource): JsonObject {
  const fields = Object.keys(selectableFields).map((fieldPath) => ({ fieldPath }))
  return fields.length === 0 ? {} : { 'x-kubernetes-selectable-fields': fields }
}

const KEEPS_UNKNOWN = { 'x-kubernetes-preserve-unknown-fields': true }

/** Schemas of custom resources are trees: nothing in them is circular. */
function fromSchema(schema: Schema): JsonObject {
  const copy = structuredClone(schema) as unknown as JsonObject
  showIntOrString(copy)
  return copy
}

/** What only kube-apiserver understands is said in OpenAPI's words too. */
function showIntOrString(schema: JsonValue): void {
  if (Array.isArray(schema)) for (const each of schema) showIntOrString(each)
  if (!isJsonObject(schema)) return
  if (schema['x-kubernetes-int-or-string'] === true) schema.anyOf ??= [{ type: 'integer' }, { type: 'string' }]
  for (const each of Object.values(schema)) showIntOrString(each)
}

function listDefinition(resource: ApiResource, itemName: string): JsonObject {
  const { group, version, kind, listKind, isCustom } = resource
  // Go's own types are never absent there.
  const present = isCustom ? {} : { default: {} }
  return {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: API_VERSION,
      items: { type: 'array', items: { $ref: itemName, ...present } },
      kind: KIND,
      metadata: { $ref: `${META}ListMeta`, ...present },
    },
    'x-kubernetes-group-version-kind': [{ group, kind: listKind, version }],
    ...(isCustom && selectableFieldsOf(resource)),
  }
}
