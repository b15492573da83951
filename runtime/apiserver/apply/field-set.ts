import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import {
  comparePathElements,
  describePathElement,
  type PathElement,
  parsePathElement,
  writePathElement,
} from './path-element.ts'

/**
 * A set of fields of an object. Having a field says nothing about the fields inside it.
 * source: structured-merge-diff fieldpath/set.go
 */
export interface FieldSet {
  readonly members: ReadonlySet<PathElement>
  /** No set in here is empty. */
  readonly children: ReadonlyMap<PathElement, FieldSet>
}

export type FieldPath = readonly PathElement[]

export const EMPTY_SET: FieldSet = { members: new Set(), children: new Map() }

interface MutableFieldSet {
  readonly members: Set<PathElement>
  readonly children: Map<PathElement, MutableFieldSet>
}

/** Collects paths; the empty path, the whole object, is nobody's and is left out. */
export class FieldSetBuilder {
  readonly #set: MutableFieldSet = { members: new Set(), children: new Map() }

  insert(path: FieldPath): void {
    let set = this.#set
    for (const [index, element] of path.entries()) {
      if (index === path.length - 1) set.members.add(element)
      else set = descend(set, element)
    }
  }

  /** Not to be inserted into afterwards. */
  build(): FieldSet {
    return this.#set
  }
}

export function fieldSetOf(...paths: readonly FieldPath[]): FieldSet {
  const builder = new FieldSetBuilder()
  for (const path of paths) builder.insert(path)
  return builder.build()
}

export function isEmptySet(set: FieldSet): boolean {
  return set.members.size === 0 && [...set.children.values()].every(isEmptySet)
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  if (path.length === 0) return false
  const parent = path.slice(0, -1).reduce<FieldSet | undefined>((each, element) => each?.children.get(element), set)
  return parent?.members.has(path.at(-1) as PathElement) ?? false
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children)
  for (const [element, set] of b.children) {
    const own = children.get(element)
    children.set(element, own === undefined ? set : union(own, set))
  }
  return { members: new Set([...a.members, ...b.members]), children }
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return {
    members: new Set([...a.members].filter((each) => b.members.has(each))),
    children: mapChildren(a, (set, element) => intersection(set, b.children.get(element) ?? EMPTY_SET)),
  }
}

/** What is in a and not in b; taking out a field leaves those inside it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return {
    members: new Set([...a.members].filter((each) => !b.members.has(each))),
    children: mapChildren(a, (set, element) => {
      const other = b.children.get(element)
      return other === undefined ? set : difference(set, other)
    }),
  }
}

/** Taking out a field takes out those inside it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return {
    members: new Set([...a.members].filter((each) => !b.members.has(each))),
    children: mapChildren(a, (set, element) => {
      if (b.members.has(element)) return EMPTY_SET
      const other = b.children.get(element)
      return other === undefined ? set : recursiveDifference(set, other)
    }),
  }
}

/** Every path, in order: the members of a level before what is inside them. */
export function listPaths(set: FieldSet, prefix: FieldPath = []): FieldPath[] {
  return [
    ...[...set.members].sort(comparePathElements).map((element) => [...prefix, element]),
    ...[...set.children.keys()]
      .sort(comparePathElements)
      .flatMap((element) => listPaths(set.children.get(element) as FieldSet, [...prefix, element])),
  ]
}

export function describePath(path: FieldPath): string {
  return path.map(describePathElement).join('')
}

/** As managedFields have it: a member is `{}`, or has "." beside the fields inside it. */
export function writeFieldsV1(set: FieldSet, isMember = false): JsonObject {
  const fields: JsonObject = {}
  if (isMember && (set.members.size > 0 || set.children.size > 0)) fields['.'] = {}
  for (const element of [...new Set([...set.members, ...set.children.keys()])].sort(comparePathElements)) {
    fields[writePathElement(element)] = writeFieldsV1(set.children.get(element) ?? EMPTY_SET, set.members.has(element))
  }
  return fields
}

/** errors: Error where it is not FieldsV1. */
export function readFieldsV1(fields: JsonValue): FieldSet {
  const set: MutableFieldSet = { members: new Set(), children: new Map() }
  if (!isJsonObject(fields)) throw new Error('expected an object')
  for (const [key, value] of Object.entries(fields)) {
    if (key === '.') continue
    const element = parsePathElement(key)
    if (element === undefined) continue
    const inside = readFieldsV1(value)
    const isLeaf = inside.members.size === 0 && inside.children.size === 0
    if (isLeaf || (isJsonObject(value) && Object.hasOwn(value, '.'))) set.members.add(element)
    if (!isLeaf) set.children.set(element, inside as MutableFieldSet)
  }
  return set
}

function descend(set: MutableFieldSet, element: PathElement): MutableFieldSet {
  let child = set.children.get(element)
  if (child === undefined) {
    child = { members: new Set(), children: new Map() }
    set.children.set(element, child)
  }
  return child
}

function mapChildren(
  set: FieldSet,
  change: (child: FieldSet, element: PathElement) => FieldSet,
): Map<PathElement, FieldSet> {
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of set.children) {
    const changed = change(child, element)
    if (!isEmptySet(changed)) children.set(element, changed)
  }
  return children
}
