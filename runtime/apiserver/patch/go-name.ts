import type { JsonValue } from '../json.ts'

/** What Go's JSON decoder calls a value, in its errors. */
export function goNameOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return { string: 'string', number: 'number', boolean: 'bool', object: 'object' }[typeof value as 'string']
}
