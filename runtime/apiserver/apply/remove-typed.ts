import type { JsonObject, JsonValue } from '../json.ts'
import { EMPTY_SET, type FieldSet, isEmptySet } from './field-set.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { fieldElement } from './path-element.ts'
import { asList, asMap, fieldType, itemElement, matchType, narrowType } from './typed-value.ts'

/**
 * The value without the fields and items of a set. Maps and lists of which nothing is left are null; atomic ones too,
 * since whatever is inside them is theirs.
 * source: structured-merge-diff typed/remove.go
 */
export function removeFields(type: MergeType, value: JsonValue, set: FieldSet): JsonValue {
  return matchType<JsonValue>(narrowType(type, value), {
    scalar: () => value,
    map: (map) => (map.isAtomic ? null : removeFromMap(map, asMap(value) ?? {}, set)),
    list: (list) => (list.isAtomic ? null : removeFromList(list, asList(value) ?? [], set)),
  })
}

function removeFromMap(map: MapType, value: JsonObject, set: FieldSet): JsonValue {
  const kept: JsonObject = {}
  for (const [name, each] of Object.entries(value)) {
    const element = fieldElement(name)
    if (set.members.has(element)) continue
    const inside = set.children.get(element) ?? EMPTY_SET
    const type = fieldType(map, name)
    kept[name] = isEmptySet(inside) || type === undefined ? each : removeFields(type, each, inside)
  }
  return Object.keys(kept).length === 0 ? null : kept
}

function removeFromList(list: ListType, value: readonly JsonValue[], set: FieldSet): JsonValue {
  const kept: JsonValue[] = []
  for (const item of value) {
    const element = itemElement(list, item)
    if (set.members.has(element)) continue
    const inside = set.children.get(element) ?? EMPTY_SET
    kept.push(isEmptySet(inside) ? item : removeFields(list.item(), item, inside))
  }
  return kept.length === 0 ? null : kept
}
