import type { JsonValue } from '../json.ts'
import { type FieldPath, type FieldSet, FieldSetBuilder } from './field-set.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { fieldElement, fieldNameOf, isKeyElement, type PathElement } from './path-element.ts'
import { asList, asMap, fieldType, itemElement, matchType, narrowType } from './typed-value.ts'

/**
 * The fields that a value has: its leaves, items of lists, and entries of maps (named fields only as what is in them).
 * source: structured-merge-diff typed/tofieldset.go
 */
export function fieldSetOfValue(type: MergeType, value: JsonValue): FieldSet {
  const builder = new FieldSetBuilder()
  visit(type, value, [], builder)
  return builder.build()
}

/** With the named fields on the way to each member as members too. */
export function withNamedFields(type: MergeType | undefined, set: FieldSet): FieldSet {
  const members = new Set(set.members)
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of set.children) {
    const name = fieldNameOf(element)
    if (name !== undefined && type?.map?.field(name) !== undefined) members.add(element)
    children.set(element, withNamedFields(typeInside(type, element), child))
  }
  return { members, children }
}

function typeInside(type: MergeType | undefined, element: PathElement): MergeType | undefined {
  const name = fieldNameOf(element)
  if (name !== undefined) return type?.map === undefined ? undefined : fieldType(type.map, name)
  return isKeyElement(element) ? type?.list?.item() : undefined
}

function visit(type: MergeType, value: JsonValue, path: FieldPath, builder: FieldSetBuilder): void {
  matchType(narrowType(type, value), {
    scalar: () => builder.insert(path),
    map: (map) => visitMap(map, value, path, builder),
    list: (list) => visitList(list, value, path, builder),
  })
}

function visitMap(map: MapType, value: JsonValue, path: FieldPath, builder: FieldSetBuilder): void {
  if (map.isAtomic) return builder.insert(path)
  for (const [name, each] of Object.entries(asMap(value) ?? {})) {
    const inner = [...path, fieldElement(name)]
    const type = fieldType(map, name)
    if (type !== undefined) visit(type, each, inner, builder)
    const fields = asMap(each)
    const isEmpty = each === null || (fields !== undefined && Object.keys(fields).length === 0)
    if (isEmpty || map.field(name) === undefined) builder.insert(inner)
  }
}

/** Items that are there twice are owned as one, with nothing inside. */
function visitList(list: ListType, value: JsonValue, path: FieldPath, builder: FieldSetBuilder): void {
  if (list.isAtomic) return builder.insert(path)
  const items = (asList(value) ?? []).map((item) => ({ item, element: itemElement(list, item) }))
  const counts = new Map<PathElement, number>()
  for (const { element } of items) counts.set(element, (counts.get(element) ?? 0) + 1)
  for (const { item, element } of items) {
    const inner = [...path, element]
    if (counts.get(element) === 1) visit(list.item(), item, inner, builder)
    builder.insert(inner)
  }
}
