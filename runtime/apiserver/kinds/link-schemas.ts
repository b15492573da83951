import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { Schema } from '../schema/schema.ts'

/**
 * Schemas in which references by name have become the referenced schemas themselves. Those may be circular
 * (JSONSchemaProps). A reference with extensions beside it is a copy of what it names with these laid over it.
 */
export function linkSchemas(definitions: Readonly<Record<string, JsonValue>>): ReadonlyMap<string, Schema> {
  const linked = new Map<string, JsonObject>(Object.keys(definitions).map((name) => [name, {}]))
  /** Copied once all definitions are whole. */
  const copies: { into: JsonObject; name: string; over: JsonObject }[] = []
  const targetOf = (name: string) => {
    const target = linked.get(name)
    if (target === undefined) throw new Error(`Cannot link schemas: no definition "${name}"`)
    return target
  }
  const link = (value: JsonValue): JsonValue => {
    if (!isJsonObject(value)) return value
    const { $ref: name, ...over } = value
    if (typeof name !== 'string') return linkFields(value, link)
    if (Object.keys(over).length === 0) return targetOf(name)
    const into: JsonObject = {}
    copies.push({ into, name, over })
    return into
  }
  for (const [name, definition] of Object.entries(definitions)) {
    const target = Object.assign(targetOf(name), linkFields(definition as JsonObject, link))
    if (holdsAnything(name, target)) target['x-kubernetes-preserve-unknown-fields'] = true
  }
  for (const { into, name, over } of copies) Object.assign(into, targetOf(name), over)
  return linked as unknown as ReadonlyMap<string, Schema>
}

const FREE_FORM = ['RawExtension', 'FieldsV1', 'Patch']

/**
 * Go decodes these by hand, and OpenAPI says nothing of what is in them: `{}` for what may be of several types, an object
 * without properties for embedded ones. Another object without properties (an empty struct) has none.
 */
function holdsAnything(name: string, schema: JsonObject): boolean {
  return Object.keys(schema).length === 0 || FREE_FORM.includes(name.slice(name.lastIndexOf('.') + 1))
}

function linkFields(schema: JsonObject, link: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, linkField(key, value, link)]))
}

function linkField(key: string, value: JsonValue, link: (value: JsonValue) => JsonValue): JsonValue {
  if (key === 'items' || key === 'additionalProperties' || key === 'not') return link(value)
  if (key === 'allOf' || key === 'anyOf' || key === 'oneOf') return (value as JsonValue[]).map(link)
  if (key !== 'properties') return value
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, each]) => [name, link(each)]))
}
