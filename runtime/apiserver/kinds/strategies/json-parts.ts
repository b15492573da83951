import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts'

/** Reading parts of an object whose schema has been checked: what is absent reads as Go's zero value. */
export function objectIn(value: JsonObject, key: string): JsonObject {
  const part = value[key]
  return isJsonObject(part) ? part : {}
}

export function optionalObjectIn(value: JsonObject, key: string): JsonObject | undefined {
  const part = value[key]
  return isJsonObject(part) ? part : undefined
}

/** What is there, or an empty object put there. */
export function ensureObjectIn(value: JsonObject, key: string): JsonObject {
  const part = value[key]
  if (isJsonObject(part)) return part
  const made: JsonObject = {}
  value[key] = made
  return made
}

export function listIn(value: JsonObject, key: string): JsonValue[] {
  const part = value[key]
  return Array.isArray(part) ? part : []
}

export function objectsIn(value: JsonObject, key: string): JsonObject[] {
  return listIn(value, key).filter(isJsonObject)
}

/** What `check` finds in each object of a list; it is told where that one stands: `spec.volumes[0]`. */
export function eachObject<Found>(
  value: JsonObject,
  key: string,
  field: string,
  check: (part: JsonObject, at: string) => readonly Found[],
): Found[] {
  return objectsIn(value, key).flatMap((part, index) => check(part, `${field}.${key}[${index}]`))
}

export function textsIn(value: JsonObject, key: string): string[] {
  return listIn(value, key).filter((each) => typeof each === 'string')
}

export function textIn(value: JsonObject, key: string): string {
  const part = value[key]
  return typeof part === 'string' ? part : ''
}

export function numberIn(value: JsonObject, key: string): number {
  const part = value[key]
  return typeof part === 'number' ? part : 0
}

/** As labels, annotations and selectors are. */
export function mapIn(value: JsonObject, key: string): Record<string, string> {
  return objectIn(value, key) as Record<string, string>
}

/** Sets what is absent. */
export function fill(value: JsonObject, defaults: JsonObject): void {
  for (const [key, each] of Object.entries(defaults)) {
    if (value[key] === undefined || value[key] === null) value[key] = structuredClone(each)
  }
}

/** Also that it is absent. */
export function copyField(target: JsonObject, source: JsonObject, field: string): void {
  const value = source[field]
  if (value === undefined) delete target[field]
  else target[field] = value
}

/** An object as JSON, to be changed in place. */
export function jsonOf(object: object): JsonObject {
  return object as JsonObject
}

/** As Go's semantic equality: nothing, `{}` and `[]` are the same. */
export function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b || (isEmpty(a) && isEmpty(b))) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, index) => isSame(each, b[index]))
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isSame(a[key], b[key]))
}

function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return isJsonObject(value) && Object.keys(value).length === 0
}

/** As Go writes maps. */
export function sortKeys(map: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}
