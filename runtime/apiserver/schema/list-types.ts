import type { FieldError } from '../field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { childPath, type FieldPath, formatFieldPath, indexPath, keyPath } from './field-path.ts'
import type { Schema } from './schema.ts'
import { withSortedKeys } from './sorted-keys.ts'

/**
 * Lists of type set and map hold nothing twice.
 * source: apiextensions-apiserver pkg/apiserver/schema/listtype/validation.go
 */
export function validateListTypes(schema: Schema | undefined, value: unknown, path?: FieldPath): FieldError[] {
  if (schema === undefined) return []
  if (Array.isArray(value)) return validateList(schema, value, path)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([key, child]) => {
    const { properties = {}, additionalProperties } = schema
    if (Object.hasOwn(properties, key)) return validateListTypes(properties[key], child, childPath(path, key))
    if (typeof additionalProperties !== 'object') return []
    return validateListTypes(additionalProperties, child, keyPath(path, key))
  })
}

function validateList(schema: Schema, list: JsonValue[], path: FieldPath): FieldError[] {
  const type = schema['x-kubernetes-list-type']
  const own = type === 'set' ? duplicates(list, path) : type === 'map' ? validateMapList(schema, list, path) : []
  const { items } = schema
  return [...own, ...list.flatMap((item, i) => validateListTypes(items, item, indexPath(path, i)))]
}

function validateMapList(schema: Schema, list: JsonValue[], path: FieldPath): FieldError[] {
  const odd = list.findIndex((item) => item !== null && !isJsonObject(item))
  if (odd >= 0) {
    const detail = 'must be an object for an array of list-type map'
    return [{ reason: 'FieldValueInvalid', field: indexPath(path, odd), badValue: list[odd], detail }]
  }
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  return duplicates(
    list.map((item) => keysOf(item, names)),
    path,
  )
}

function keysOf(item: JsonValue, names: readonly string[]): JsonObject {
  if (!isJsonObject(item)) return {}
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name] as JsonValue]),
  )
}

/** Each value that is there more than once is told where it stands the second time. */
function duplicates(values: readonly JsonValue[], path: FieldPath): FieldError[] {
  const times = new Map<string, number>()
  return values.flatMap((value, i) => {
    const text = canonicalText(value)
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    if (before !== 1) return []
    return [
      {
        reason: 'FieldValueDuplicate' as const,
        field: indexPath(path ?? formatFieldPath(path), i),
        badValue: withSortedKeys(value),
        detail: '',
      },
    ]
  })
}

/** Equal for equal values: keys sorted. */
function canonicalText(value: JsonValue): string {
  return JSON.stringify(withSortedKeys(value))
}
