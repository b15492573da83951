import type { JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { OBJECT_META } from '../schema/object-meta.ts'
import type { Schema } from '../schema/schema.ts'

/**
 * How values of one schema are merged: as a scalar, a list or a map, whichever the value is; several where the schema
 * leaves that open. source: structured-merge-diff schema/elements.go, kube-openapi pkg/schemaconv
 */
export interface MergeType {
  readonly scalar?: 'numeric' | 'string' | 'boolean' | 'untyped'
  readonly list?: ListType
  readonly map?: MapType
}

export interface ListType {
  /** Atomic lists have one owner. The others are sets where there are no keys, else maps by these fields. */
  readonly isAtomic: boolean
  readonly keys: readonly string[]
  /** Asked for when needed: schemas may be circular. */
  item(): MergeType
}

export interface MapType {
  readonly isAtomic: boolean
  /** Fields that the schema names. */
  field(name: string): MapField | undefined
  /** Of all other fields; undefined: there are none. */
  readonly element: (() => MergeType) | undefined
  /** Nothing is known of the fields. */
  readonly isDeduced: boolean
}

export interface MapField {
  readonly type: MergeType
  readonly default: JsonValue | undefined
}

/** Where nothing is known and nothing is to be split. */
const UNTYPED: MergeType = {
  scalar: 'untyped',
  list: { isAtomic: true, keys: [], item: () => UNTYPED },
  map: { isAtomic: true, field: () => undefined, element: () => UNTYPED, isDeduced: false },
}

/** Where nothing is known: maps field by field, lists whole. */
const DEDUCED: MergeType = {
  scalar: 'untyped',
  list: { isAtomic: true, keys: [], item: () => UNTYPED },
  map: { isAtomic: false, field: () => undefined, element: () => DEDUCED, isDeduced: true },
}

interface Context {
  readonly isCustom: boolean
  /** A schema around this one keeps unknown fields. */
  readonly keepsUnknown: boolean
}

/** One cache for each combination of what a context says. */
const caches = [0, 1, 2, 3].map(() => new WeakMap<Schema, MergeType>())
const ofResources = new WeakMap<ApiResource, MergeType>()

/** Of the objects of a resource; custom ones have the metadata that all kinds have. */
export function mergeTypeOf(resource: Pick<ApiResource, 'schema' | 'isCustom'>): MergeType {
  const known = ofResources.get(resource as ApiResource)
  if (known !== undefined) return known
  const { schema, isCustom } = resource
  const type =
    schema === undefined
      ? DEDUCED
      : typeOf(isCustom ? withObjectFields(schema) : schema, { isCustom, keepsUnknown: false })
  ofResources.set(resource as ApiResource, type)
  return type
}

function typeOf(schema: Schema, context: Context): MergeType {
  // Of built-in kinds the real server's own types do not say it: there it only keeps fields from being called unknown.
  const isKept = context.isCustom && schema['x-kubernetes-preserve-unknown-fields'] === true
  const keepsUnknown = context.keepsUnknown || isKept
  const inner = { isCustom: context.isCustom, keepsUnknown }
  const cache = caches[Number(context.isCustom) + 2 * Number(keepsUnknown)] as WeakMap<Schema, MergeType>
  const known = cache.get(schema)
  if (known !== undefined) return known
  const type = readSchema(schema, inner)
  cache.set(schema, type)
  return type
}

function readSchema(schema: Schema, context: Context): MergeType {
  switch (schema.type) {
    case 'object':
      return isRawExtension(schema, context) ? UNTYPED : { map: mapTypeOf(schema, context) }
    case 'array':
      return { list: listTypeOf(schema, context) }
    case 'integer':
    case 'number':
      return { scalar: 'numeric' }
    case 'boolean':
      return { scalar: 'boolean' }
    case 'string':
      return { scalar: ['', 'byte'].includes(schema.format ?? '') ? 'string' : 'untyped' }
    default:
      // Quantities and int-or-strings.
      if (schema.oneOf !== undefined && !context.isCustom) return { scalar: 'untyped' }
      return { scalar: 'untyped', list: listTypeOf(schema, context), map: mapTypeOf(schema, context) }
  }
}

/** Built-in kinds say nothing of an object's fields only for runtime.RawExtension (and FieldsV1, which is in an atomic list). */
function isRawExtension(schema: Schema, { isCustom }: Context): boolean {
  return !isCustom && schema.properties === undefined && schema.additionalProperties === undefined
}

function mapTypeOf(given: Schema, context: Context): MapType {
  const schema = given['x-kubernetes-embedded-resource'] ? withObjectFields(given) : given
  const properties = schema.properties ?? {}
  const { additionalProperties } = schema
  return {
    isAtomic: schema['x-kubernetes-map-type'] === 'atomic',
    field: (name) => {
      if (!Object.hasOwn(properties, name)) return undefined
      const property = properties[name] as Schema
      // Metadata is the same everywhere: nothing above it lets unknown fields in.
      const inner = property === OBJECT_META ? { ...context, keepsUnknown: false } : context
      return { type: typeOf(property, inner), default: property.default }
    },
    element: elementOf(schema, context),
    isDeduced: schema.properties === undefined && (additionalProperties === undefined || additionalProperties === true),
  }
}

function elementOf(schema: Schema, context: Context): (() => MergeType) | undefined {
  const { additionalProperties, properties = {} } = schema
  if (additionalProperties === undefined) {
    return context.keepsUnknown || Object.keys(properties).length === 0 ? () => DEDUCED : undefined
  }
  if (typeof additionalProperties === 'boolean') return additionalProperties ? () => DEDUCED : undefined
  return () => typeOf(additionalProperties, context)
}

function listTypeOf(schema: Schema, context: Context): ListType {
  const { items } = schema
  const item = items === undefined ? () => UNTYPED : () => typeOf(items, context)
  const strategy = schema['x-kubernetes-patch-strategy'] ?? ''
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { isAtomic: false, keys: [], item }
    case 'map':
      return { isAtomic: false, keys: schema['x-kubernetes-list-map-keys'] ?? [], item }
    case 'atomic':
      return { isAtomic: true, keys: [], item }
    default: {
      const isMerged = strategy === 'merge' || strategy === 'merge,retainKeys'
      const key = schema['x-kubernetes-patch-merge-key']
      return { isAtomic: !isMerged, keys: isMerged && key !== undefined ? [key] : [], item }
    }
  }
}

/** What each custom object, and each embedded one, has beside what its schema says. */
function withObjectFields(schema: Schema): Schema {
  const own = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: OBJECT_META } as const
  return { ...schema, properties: { ...schema.properties, ...own } }
}
