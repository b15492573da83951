import type { JsonValue } from '../json.ts'
import { type Comparison, compareTyped, excludeFields } from './compare-typed.ts'
import {
  describePath,
  difference,
  EMPTY_SET,
  type FieldPath,
  type FieldSet,
  intersection,
  isEmptySet,
  listPaths,
  recursiveDifference,
  union,
} from './field-set.ts'
import { type Managers, managerId, type Ownership } from './managers.ts'
import type { MergeType } from './merge-type.ts'
import { mergeTyped } from './merge-typed.ts'
import { removeFields } from './remove-typed.ts'
import { followSchema } from './schema-changes.ts'
import { fieldSetOfValue, withNamedFields } from './typed-field-set.ts'
import { equalValues } from './value.ts'

/** Someone else owns a field that an apply would change. */
export interface Conflict {
  readonly owner: Ownership
  readonly path: FieldPath
}

/** All conflicts of one apply, in the order of owners and paths. */
export class ConflictsError extends Error {
  override readonly name = 'ConflictsError'
  readonly conflicts: readonly Conflict[]

  constructor(conflicts: readonly Conflict[]) {
    super(conflicts.map(({ path }) => describePath(path)).join(', '))
    this.conflicts = conflicts
  }
}

/** Who writes, in the words of managedFields. */
export type Writer = Omit<Ownership, 'set' | 'time'>

export interface Ownerships {
  readonly type: MergeType
  readonly managers: Managers
  readonly writer: Writer
  /** Fields that this request cannot write: nobody comes to own them by it. */
  readonly reset: FieldSet
}

/**
 * Owners after an update: what was changed or added is the writer's alone, what was removed is nobody's.
 * Fields of other versions are taken to have the same paths.
 * source: structured-merge-diff merge/update.go Update
 */
export function updateManagers(
  { type, managers, writer, reset }: Ownerships,
  old: JsonValue,
  value: JsonValue,
): Map<string, Ownership> {
  const compared = excludeFields(compareTyped(type, old, value), reset)
  const id = managerId(writer)
  const result = takeFrom(followSchemas(type, managers), id, compared)
  const own = result.get(id)
  const changed = union(compared.modified, compared.added)
  const set = recursiveDifference(union(difference(own?.set ?? EMPTY_SET, compared.removed), changed), reset)
  if (isEmptySet(set)) result.delete(id)
  else result.set(id, { ...writer, set, time: own?.time })
  return result
}

/** What an apply makes. */
export interface Applied {
  /** undefined: it is as the live one. */
  readonly object: JsonValue | undefined
  readonly managers: Map<string, Ownership>
}

/**
 * The live object with the applied configuration merged in, without what the writer applied before and now does not.
 * errors: ConflictsError unless forced · TypedValueError
 * source: structured-merge-diff merge/update.go Apply
 */
export function applyToManagers(
  { type, managers, writer, reset }: Ownerships,
  live: JsonValue,
  applied: JsonValue,
  force: boolean,
): Applied {
  const before = followSchemas(type, managers)
  const id = managerId(writer)
  const last = before.get(id)
  const merged = mergeTyped(type, live, applied) ?? null
  const set = recursiveDifference(fieldSetOfValue(type, applied), reset)
  const all = new Map(before).set(id, { ...writer, set, time: last?.time })
  const object = prune(type, merged, all, last)
  const compared = excludeFields(compareTyped(type, live, object), reset)
  if (!force) assertNoConflicts(all, id, compared)
  const result = takeFrom(all, id, compared)
  if (isEmptySet(set)) result.delete(id)
  return { object: equalValues(live, object) ? undefined : object, managers: result }
}

function followSchemas(type: MergeType, managers: Managers): Map<string, Ownership> {
  return new Map([...managers].map(([id, owned]) => [id, { ...owned, set: followSchema(type, owned.set) }]))
}

function assertNoConflicts(managers: Managers, writerId: string, compared: Comparison): void {
  const changed = union(compared.modified, compared.added)
  const conflicts = [...managers]
    .filter(([id]) => id !== writerId)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, owner]) => listPaths(intersection(owner.set, changed)).map((path) => ({ owner, path })))
  if (conflicts.length > 0) throw new ConflictsError(conflicts)
}

/** Takes from all but the writer what was changed, added or removed; who has nothing left is gone. */
function takeFrom(managers: Managers, writerId: string, compared: Comparison): Map<string, Ownership> {
  const taken = union(union(compared.modified, compared.added), compared.removed)
  const result = new Map<string, Ownership>()
  for (const [id, owned] of managers) {
    const set = id === writerId ? owned.set : difference(owned.set, taken)
    if (!isEmptySet(set)) result.set(id, { ...owned, set })
  }
  return result
}

/** Takes out what the writer applied last time, unless somebody owns it now, or it was not the writer's to begin with. */
function prune(type: MergeType, merged: JsonValue, managers: Managers, last: Ownership | undefined): JsonValue {
  if (last === undefined || isEmptySet(last.set)) return merged
  const lastSet = withNamedFields(type, last.set)
  const fieldsOf = (value: JsonValue) => withNamedFields(type, fieldSetOfValue(type, value))
  const mergedSet = fieldsOf(merged)
  const owned = [...managers.values()].reduce((set, each) => union(set, each.set), EMPTY_SET)
  const without = removeFields(type, merged, lastSet)
  const kept = union(fieldsOf(without), withNamedFields(type, owned))
  const withOwned = removeFields(type, merged, difference(mergedSet, kept))
  const removed = difference(mergedSet, fieldsOf(withOwned))
  return removeFields(type, merged, intersection(removed, lastSet))
}
