import { isJsonObject, type JsonValue } from '../json.ts'

/** The same value with its keys in order, as Go writes maps. */
export function withSortedKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withSortedKeys)
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, withSortedKeys(each)]))
}
