import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { keyElement, type PathElement, valueElement } from './path-element.ts'

/** Something that is not as its schema has it. `message` begins with the path: `.spec.replicas: expected numeric ...`. */
export class TypedValueError extends Error {
  override readonly name = 'TypedValueError'
}

/** The one reading of a value, where its schema leaves several open; all of them where none fits. */
export function narrowType(type: MergeType, value: JsonValue | undefined): MergeType {
  if (value === undefined || value === null) return type
  if (Array.isArray(value)) return type.list === undefined ? type : { list: type.list }
  if (isJsonObject(value)) return type.map === undefined ? type : { map: type.map }
  return type.scalar === undefined ? type : { scalar: type.scalar }
}

/** One call for what a type is; of several readings the map, then the scalar, then the list. */
export function matchType<T>(
  type: MergeType,
  arms: {
    map: (type: MapType) => T
    scalar: (type: NonNullable<MergeType['scalar']>) => T
    list: (type: ListType) => T
  },
): T {
  if (type.map !== undefined) return arms.map(type.map)
  if (type.scalar !== undefined) return arms.scalar(type.scalar)
  if (type.list !== undefined) return arms.list(type.list)
  throw new TypedValueError('schema error: invalid atom: inlined')
}

/** Whether two values are read the same way. */
export function isSameReading(a: MergeType, b: MergeType): boolean {
  return a.map === b.map && a.list === b.list && a.scalar === b.scalar
}

export function fieldType(map: MapType, name: string): MergeType | undefined {
  return map.field(name)?.type ?? map.element?.()
}

/** null counts as empty. */
export function asMap(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

export function isEmptyMap(value: JsonValue | undefined): boolean {
  return Object.keys(asMap(value) ?? {}).length === 0
}

export function asList(value: JsonValue | undefined): JsonValue[] | undefined {
  return Array.isArray(value) ? value : undefined
}

/**
 * How an item of a set or map list is called. Keys that are absent have their default; without one they are left out.
 * errors: TypedValueError
 */
export function itemElement(list: ListType, item: JsonValue): PathElement {
  if (list.keys.length === 0) return setItemElement(item)
  if (item === null) throw new TypedValueError('associative list with keys may not have a null element')
  if (!isJsonObject(item)) throw new TypedValueError('associative list with keys may not have non-map elements')
  const fields = list.item().map
  if (fields === undefined) throw new TypedValueError('associative list may not have non-map types')
  const keys: JsonObject = {}
  for (const name of list.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : fields.field(name)?.default
    if (value !== undefined) keys[name] = value
  }
  if (Object.keys(keys).length === 0) {
    const names = `[${list.keys.map((name) => JSON.stringify(name)).join(' ')}]`
    throw new TypedValueError(
      `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
    )
  }
  return keyElement(keys)
}

function setItemElement(item: JsonValue): PathElement {
  if (item === null) throw new TypedValueError("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new TypedValueError('not supported: associative list with lists as elements')
  if (isJsonObject(item)) throw new TypedValueError("associative list without keys has an element that's a map type")
  return valueElement(item)
}
