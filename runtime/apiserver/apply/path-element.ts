import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { compareText, compareValues, describeValue } from './value.ts'

/**
 * One step from an object to a field, in the text of FieldsV1: `f:NAME` a field, `k:{"name":"a"}` the list item with these
 * keys (sorted by name), `v:"a"` the item of a set, `i:0` the item at a place. Equal steps have equal texts.
 */
export type PathElement = string

export function fieldElement(name: string): PathElement {
  return `f:${name}`
}

export function keyElement(keys: Readonly<Record<string, JsonValue>>): PathElement {
  const sorted = Object.entries(keys).sort(([a], [b]) => compareText(a, b))
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

export function valueElement(value: JsonValue): PathElement {
  return `v:${JSON.stringify(value)}`
}

/** undefined: this is not the name of a field. */
export function fieldNameOf(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined
}

export function isKeyElement(element: PathElement): boolean {
  return element.startsWith('k:')
}

/**
 * Reads a key of FieldsV1.
 * returns: undefined for kinds of steps that nobody knows; those are dropped
 * errors:  Error where it cannot be read
 */
export function parsePathElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new Error('key must be 2 characters long:')
  if (text[1] !== ':') throw new Error(`missing colon: ${text}`)
  const rest = text.slice(2)
  switch (text[0]) {
    case 'f':
      return text
    case 'v':
      return valueElement(JSON.parse(rest) as JsonValue)
    case 'k':
      return keyElement(JSON.parse(rest) as JsonObject)
    case 'i':
      if (!/^[+-]?\d+$/.test(rest)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(rest)}: invalid syntax`)
      return `i:${Number(rest)}`
    default:
      return undefined
  }
}

/** As FieldsV1 has it: values are escaped for HTML, as Go does by default; field names are not. */
export function writePathElement(element: PathElement): string {
  if (element.startsWith('f:')) return element
  return element.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Fields, then keys, then values, then places; the order of FieldsV1 and of conflicts. */
export function comparePathElements(a: PathElement, b: PathElement): number {
  const rank = ORDER.indexOf(a[0] as string) - ORDER.indexOf(b[0] as string)
  if (rank !== 0) return rank
  if (a[0] === 'f') return compareText(a.slice(2), b.slice(2))
  const left = JSON.parse(a.slice(2)) as JsonValue
  const right = JSON.parse(b.slice(2)) as JsonValue
  return compareValues(keysAsList(left, a), keysAsList(right, b))
}

/** `.spec`, `[name="a"]`, `[="a"]`, `[0]`. */
export function describePathElement(element: PathElement): string {
  const rest = element.slice(2)
  if (element[0] === 'f') return `.${rest}`
  if (element[0] === 'i') return `[${rest}]`
  const value = JSON.parse(rest) as JsonValue
  if (element[0] === 'v') return `[=${describeValue(value)}]`
  const keys = Object.entries(value as JsonObject).map(([name, each]) => `${name}=${describeValue(each)}`)
  return `[${keys.join(',')}]`
}

const ORDER = 'fkvi'

/** Keys are compared pair by pair, in the order in which they stand. */
function keysAsList(value: JsonValue, element: PathElement): JsonValue {
  return element[0] === 'k' && isJsonObject(value) ? Object.entries(value).flat() : value
}
