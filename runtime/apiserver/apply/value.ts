import { isJsonObject, type JsonValue } from '../json.ts'

/** Equal whatever the order of fields. */
export function equalValues(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, index) => equalValues(each, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && equalValues(a[name], b[name]))
}

/** numbers < strings < booleans < lists < maps < null, as structured-merge-diff value.Compare has it. */
export function compareValues(a: JsonValue, b: JsonValue): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === 'string') return compareText(a, b as string)
  if (Array.isArray(a)) return compareLists(a, b as JsonValue[])
  if (isJsonObject(a)) return compareLists(sortedEntries(a), sortedEntries(b as typeof a))
  return Number(a) - Number(b)
}

/** By UTF-8 bytes, as Go compares strings; UTF-16 puts surrogates before U+E000. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    return Number(isSurrogate(left)) - Number(isSurrogate(right)) || left - right
  }
  return a.length - b.length
}

/** As paths in conflicts show it: `name="a"`, `port=80`. */
export function describeValue(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(describeValue).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  return Object.entries(value)
    .map(([name, each]) => `${name}=${describeValue(each)}`)
    .join('')
}

function rankOf(value: JsonValue): number {
  if (value === null) return 5
  if (Array.isArray(value)) return 3
  return { number: 0, string: 1, boolean: 2, object: 4 }[typeof value as 'number' | 'string' | 'boolean' | 'object']
}

function compareLists(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareValues(a[index] as JsonValue, b[index] as JsonValue)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function sortedEntries(object: { [name: string]: JsonValue }): JsonValue[] {
  return Object.entries(object)
    .sort(([a], [b]) => compareText(a, b))
    .flat()
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff
}
