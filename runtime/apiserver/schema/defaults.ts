import { isJsonObject, type JsonValue } from '../json.ts'
import type { Schema } from './schema.ts'

/**
 * Fills in the defaults of a schema. A null where none may stand counts as left out: it becomes the default, or goes.
 * source: apiextensions-apiserver pkg/apiserver/schema/defaulting
 */
export function applySchemaDefaults(schema: Schema, object: unknown): void {
  dropNulls(schema, object)
  fillDefaults(schema, object)
}

/** Nulls that are not allowed and have no default are dropped from objects; in lists they stay, and fail validation. */
export function dropNulls(schema: Schema | undefined, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(schema?.items, item)
  if (!isJsonObject(value)) return
  for (const [key, child] of Object.entries(value)) {
    const childSchema = schemaOf(schema, key)
    if (isForbiddenNull(child, childSchema) && defaultOf(childSchema) === undefined) delete value[key]
    else dropNulls(childSchema, child)
  }
}

/** Nulls without a default stay. */
export function fillDefaults(schema: Schema | undefined, value: unknown): void {
  if (schema === undefined) return
  if (Array.isArray(value)) fillItems(schema.items, value)
  if (!isJsonObject(value)) return
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const given = defaultOf(property)
    if (given !== undefined && (!Object.hasOwn(value, key) || isForbiddenNull(value[key], property)))
      value[key] = structuredClone(given)
  }
  for (const key of Object.keys(value)) {
    const child = schemaOf(schema, key)
    const given = defaultOf(child)
    if (isForbiddenNull(value[key], child) && given !== undefined) value[key] = structuredClone(given)
    fillDefaults(child, value[key])
  }
}

function fillItems(items: Schema | undefined, list: JsonValue[]): void {
  const given = defaultOf(items)
  for (const [i, item] of list.entries()) {
    if (isForbiddenNull(item, items) && given !== undefined) list[i] = structuredClone(given)
    fillDefaults(items, list[i])
  }
}

/** A default of null is none. */
function defaultOf(schema: Schema | undefined): JsonValue | undefined {
  return schema?.default ?? undefined
}

function isForbiddenNull(value: unknown, schema: Schema | undefined): boolean {
  return value === null && schema !== undefined && schema.nullable !== true
}

function schemaOf(schema: Schema | undefined, key: string): Schema | undefined {
  const properties = schema?.properties
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key]
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
}
