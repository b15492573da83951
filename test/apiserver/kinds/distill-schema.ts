import { isJsonObject, type JsonObject, type JsonValue } from '../../../runtime/apiserver/json.ts'

/** Words about structure, and nothing that only explains it. */
const DROPPED = new Set(['description', 'title', 'example', 'externalDocs', 'x-kubernetes-unions'])
const PREFIX = '#/components/schemas/'

/**
 * An OpenAPI v3 schema without descriptions. `{allOf: [{$ref}], …}`, OpenAPI's way to give a referenced schema siblings,
 * becomes `{$ref: NAME, …}`.
 */
export function distillSchema(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema
  const distilled: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (DROPPED.has(key)) continue
    if (key === '$ref') distilled.$ref = (value as string).slice(PREFIX.length)
    else if (key === 'allOf' && isLoneReference(value)) distilled.$ref = value[0].$ref.slice(PREFIX.length)
    else if (key === 'properties') distilled.properties = mapValues(value as JsonObject, distillSchema)
    else if (key === 'items' || key === 'additionalProperties' || key === 'not') distilled[key] = distillSchema(value)
    else if (['allOf', 'anyOf', 'oneOf'].includes(key)) distilled[key] = (value as JsonValue[]).map(distillSchema)
    else distilled[key] = value
  }
  return withoutForeignKinds(distilled)
}

function isLoneReference(value: JsonValue): value is [{ $ref: string }] {
  return Array.isArray(value) && value.length === 1 && isJsonObject(value[0]) && typeof value[0].$ref === 'string'
}

/** DeleteOptions and the like list every group of the server: which they are says nothing about them. */
function withoutForeignKinds(schema: JsonObject): JsonObject {
  const kinds = schema['x-kubernetes-group-version-kind']
  if (Array.isArray(kinds) && kinds.length > 1) delete schema['x-kubernetes-group-version-kind']
  return schema
}

function mapValues(object: JsonObject, map: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}

/** Names of the definitions that a distilled schema refers to. */
export function referencesOf(schema: JsonValue): string[] {
  if (Array.isArray(schema)) return schema.flatMap(referencesOf)
  if (!isJsonObject(schema)) return []
  const own = typeof schema.$ref === 'string' ? [schema.$ref] : []
  return [...own, ...Object.values(schema).flatMap(referencesOf)]
}
