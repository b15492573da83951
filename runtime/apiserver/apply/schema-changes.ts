import {
  EMPTY_SET,
  type FieldPath,
  type FieldSet,
  FieldSetBuilder,
  isEmptySet,
  recursiveDifference,
  union,
} from './field-set.ts'
import type { MergeType } from './merge-type.ts'
import { fieldNameOf, type PathElement } from './path-element.ts'
import { fieldType, matchType } from './typed-value.ts'

/**
 * A set that was written when a field was granular, for a schema in which it is atomic: its owner now owns the whole of it.
 * source: structured-merge-diff typed/reconcile_schema.go
 */
export function followSchema(type: MergeType, set: FieldSet): FieldSet {
  const atomic = new FieldSetBuilder()
  visit(type, set, [], false, atomic)
  const changed = atomic.build()
  return isEmptySet(changed) ? set : union(recursiveDifference(set, changed), changed)
}

function visit(
  type: MergeType,
  set: FieldSet | undefined,
  path: FieldPath,
  isWhole: boolean,
  atomic: FieldSetBuilder,
): void {
  matchType(type, {
    scalar: () => {},
    list: (list) => {
      if (list.isAtomic) {
        if (!isWhole) atomic.insert(path)
        return
      }
      visitChildren(set, path, atomic, () => list.item())
    },
    map: (map) => {
      if (map.isDeduced) return
      if (map.isAtomic) {
        if (!isWhole && set !== undefined && !isEmptySet(set)) atomic.insert(path)
        return
      }
      visitChildren(set, path, atomic, (element) => {
        const name = fieldNameOf(element)
        return name === undefined ? map.element?.() : fieldType(map, name)
      })
    },
  })
}

function visitChildren(
  set: FieldSet = EMPTY_SET,
  path: FieldPath,
  atomic: FieldSetBuilder,
  typeInside: (element: PathElement) => MergeType | undefined,
): void {
  for (const element of new Set([...set.children.keys(), ...set.members])) {
    const type = typeInside(element)
    if (type === undefined) continue
    const inside = set.children.get(element)
    visit(type, inside, [...path, element], set.members.has(element) && inside === undefined, atomic)
  }
}
