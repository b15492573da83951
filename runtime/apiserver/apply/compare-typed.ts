import type { JsonValue } from '../json.ts'
import { type FieldPath, type FieldSet, FieldSetBuilder, recursiveDifference } from './field-set.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import {
  asList,
  asMap,
  fieldType,
  isEmptyMap,
  isSameReading,
  itemElement,
  matchType,
  narrowType,
} from './typed-value.ts'
import { equalValues } from './value.ts'

/** What differs between two values; no field is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}

/** source: structured-merge-diff typed/compare.go */
export function compareTyped(type: MergeType, old: JsonValue, value: JsonValue): Comparison {
  const found = { removed: new FieldSetBuilder(), modified: new FieldSetBuilder(), added: new FieldSetBuilder() }
  compare(type, old, value, [], found)
  return { removed: found.removed.build(), modified: found.modified.build(), added: found.added.build() }
}

export function excludeFields({ removed, modified, added }: Comparison, fields: FieldSet): Comparison {
  return {
    removed: recursiveDifference(removed, fields),
    modified: recursiveDifference(modified, fields),
    added: recursiveDifference(added, fields),
  }
}

type Found = Readonly<Record<keyof Comparison, FieldSetBuilder>>
/** undefined: it is not there. */
type Side = JsonValue | undefined

function compare(type: MergeType, old: Side, value: Side, path: FieldPath, found: Found): void {
  const oldType = narrowType(type, old)
  const newType = narrowType(type, value)
  let isLeaf: boolean
  if (value === undefined) isLeaf = compareAs(oldType, old, value, path, found)
  else if (old === undefined || isSameReading(oldType, newType)) isLeaf = compareAs(newType, old, value, path, found)
  else {
    compareAs(oldType, old, value, path, found)
    isLeaf = compareAs(newType, old, value, path, found)
  }
  if (isLeaf) return
  if (old === undefined) found.added.insert(path)
  else if (value === undefined) found.removed.insert(path)
}

/** returns: whether it was compared as a whole. */
function compareAs(type: MergeType, old: Side, value: Side, path: FieldPath, found: Found): boolean {
  return matchType(type, {
    scalar: () => compareLeaf(old, value, path, found),
    map: (map) => {
      const isEmpty = isEmptyMap(old) && isEmptyMap(value)
      if (map.isAtomic || isEmpty) return compareLeaf(old, value, path, found)
      compareFields(map, old, value, path, found)
      return false
    },
    list: (list) => {
      const isEmpty = (asList(old) ?? []).length === 0 && (asList(value) ?? []).length === 0
      if (list.isAtomic || isEmpty) return compareLeaf(old, value, path, found)
      compareItems(list, asList(old) ?? [], asList(value) ?? [], path, found)
      return false
    },
  })
}

function compareLeaf(old: Side, value: Side, path: FieldPath, found: Found): true {
  if (old === undefined) found.added.insert(path)
  else if (value === undefined) found.removed.insert(path)
  else if (!equalValues(old, value)) found.modified.insert(path)
  return true
}

function compareFields(map: MapType, old: Side, value: Side, path: FieldPath, found: Found): void {
  const before = asMap(old) ?? {}
  const after = asMap(value) ?? {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const type = fieldType(map, name)
    if (type !== undefined) compare(type, before[name], after[name], [...path, fieldElement(name)], found)
  }
}

function compareItems(list: ListType, old: JsonValue[], value: JsonValue[], path: FieldPath, found: Found): void {
  const before = groupByElement(list, old)
  const after = groupByElement(list, value)
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const left = before.get(element) ?? []
    const right = after.get(element) ?? []
    const inner = [...path, element]
    // Items that are there twice are compared as one.
    if (left.length > 1 && right.length > 1) {
      if (!equalValues(left, right)) found.modified.insert(inner)
      continue
    }
    const [one] = left.length > 1 ? [] : left
    const [other] = right.length > 1 ? [] : right
    if (one !== undefined || other !== undefined) compare(list.item(), one, other, inner, found)
    if (left.length > 1) found.removed.insert(inner)
    if (right.length > 1) found.added.insert(inner)
  }
}

function groupByElement(list: ListType, items: readonly JsonValue[]): Map<PathElement, JsonValue[]> {
  const groups = new Map<PathElement, JsonValue[]>()
  for (const item of items) {
    const element = itemElement(list, item)
    groups.set(element, [...(groups.get(element) ?? []), item])
  }
  return groups
}
