import { apiVersionOf } from '../../util/gvk.ts'
import type { ApiObject, JsonValue, ManagedFieldsEntry } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { rfc3339 } from '../timestamp.ts'
import { difference, fieldSetOf, isEmptySet, union } from './field-set.ts'
import { type Managers, managerId, type Ownership, readManagers, secondsOf, writeManagers } from './managers.ts'
import { mergeTypeOf } from './merge-type.ts'
import { fieldElement } from './path-element.ts'
import { resetFieldsOf } from './reset-fields.ts'
import { updateManagers, type Writer } from './updater.ts'
import { assertTyped } from './validate-typed.ts'
import { compareText, equalValues } from './value.ts'
import { zeroObject } from './zero-object.ts'

export interface UpdateTracking {
  readonly resource: ApiResource
  /** undefined: the object is created. */
  readonly old: ApiObject | undefined
  /** Its metadata.managedFields is what the request sent; it is replaced. */
  readonly object: ApiObject
  readonly manager: string
  /** Empty: none. */
  readonly subresource: string
  readonly now: Date
}

/**
 * Writes metadata.managedFields for a create, update or patch: the manager owns what it changed. To be called once defaults
 * are in, before admission and before the server sets fields of its own (generation, uid), which nobody owns.
 * A list that is empty or has one empty entry in it resets ownership; one that cannot be read leaves it as it was.
 * source: apimachinery pkg/util/managedfields/internal/fieldmanager.go Update
 */
export function trackUpdate({ resource, old, object, manager, subresource, now }: UpdateTracking): void {
  const sent = object.metadata.managedFields
  delete object.metadata.managedFields
  const managers = managersBefore(resource, sent, old, subresource !== '')
  // Who has had no owners keeps none until somebody applies.
  const isUntracked = managers.size === 0 && old !== undefined
  try {
    const writer = writerOf(resource, manager, 'Update', subresource)
    const tracked = isUntracked ? managers : trackManagers(resource, managers, writer, old, object, now)
    setManagedFields(object, capManagers(tracked))
  } catch {
    // As the real server: what cannot be told apart is owned by nobody.
  }
}

export function writerOf(
  { group, version }: ApiResource,
  manager: string,
  operation: 'Apply' | 'Update',
  subresource: string,
): Writer {
  const apiVersion = apiVersionOf({ group, version })
  return { manager: manager === '' ? 'unknown' : manager, operation, apiVersion, subresource }
}

/** errors: TypedValueError where an object is not as its schema has it. */
export function trackManagers(
  resource: ApiResource,
  managers: Managers,
  writer: Writer,
  old: ApiObject | undefined,
  object: ApiObject,
  now: Date,
): Managers {
  const type = mergeTypeOf(resource)
  const before = old === undefined ? zeroObject(resource) : withoutManagedFields(old)
  const after = withoutManagedFields(object)
  for (const each of [after, before]) assertTyped(type, each, { allowDuplicates: true })
  const reset = resetFieldsOf(resource, writer.subresource)
  const current = { ...writer, manager: 'current-operation' }
  const result = updateManagers({ type, managers, writer: current, reset }, before, after)
  const written = result.get(managerId(current))
  if (written === undefined) return result
  result.delete(managerId(current))
  const set = difference(written.set, NEVER_OWNED)
  if (isEmptySet(set)) return result
  const id = managerId(writer)
  const earlier = result.get(id)
  result.set(id, {
    ...writer,
    set: earlier === undefined ? set : union(set, earlier.set),
    time: timeOf(writer.subresource, now),
  })
  return result
}

export function setManagedFields(object: ApiObject, managers: Managers): void {
  const entries = writeManagers(managers)
  if (entries === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = entries
}

/** The objects of the API as the JSON that they are. */
export function withoutManagedFields(object: ApiObject): JsonValue {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata } as unknown as JsonValue
}

/** As in the real server, on the way through autoscaling/v1 the time of who scales is lost. */
export function timeOf(subresource: string, now: Date): string | undefined {
  return subresource === 'scale' ? undefined : rfc3339(now.getTime())
}

/**
 * Puts old times back where nothing but times would change, so that a write that changes nothing makes no new version.
 * To be called last, on what would be stored.
 * source: apiserver pkg/endpoints/handlers/fieldmanager/equality.go
 */
export function keepUnchangedTimes(old: ApiObject, object: ApiObject): void {
  const before = old.metadata.managedFields ?? []
  const after = object.metadata.managedFields ?? []
  if (after.length === 0 || before.length !== after.length) return
  if (after.every((entry, index) => entry.time === before[index]?.time)) return
  if (!equalValues(before.map(withoutTime), after.map(withoutTime))) return
  if (equalValues(withoutManagedFields(old), withoutManagedFields(object))) object.metadata.managedFields = before
}

/** What is everybody's: it is in no set. */
export const NEVER_OWNED = fieldSetOf(
  ...['apiVersion', 'kind', 'metadata'].map((name) => [fieldElement(name)]),
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => [fieldElement('metadata'), fieldElement(name)]),
)

/** More managers of updates than this are merged, the oldest first, into one for each version. */
const MAX_UPDATE_MANAGERS = 10

/** source: apimachinery pkg/util/managedfields/internal/capmanagers.go */
function capManagers(managers: Managers): Managers {
  const updaters = [...managers].filter(([, each]) => each.operation === 'Update')
  let left = updaters.length
  if (left <= MAX_UPDATE_MANAGERS) return managers
  updaters.sort(([a, one], [b, other]) => secondsOf(one) - secondsOf(other) || compareText(a, b))
  const result = new Map(managers)
  const firstOfVersion = new Map<string, string>()
  for (const [id, owned] of updaters) {
    if (left <= MAX_UPDATE_MANAGERS) break
    const first = firstOfVersion.get(owned.apiVersion)
    if (first === undefined) {
      firstOfVersion.set(owned.apiVersion, id)
      continue
    }
    mergeIntoBucket(result, first, id, owned)
    left--
  }
  return result
}

function mergeIntoBucket(managers: Map<string, Ownership>, first: string, id: string, owned: Ownership): void {
  const bucket: Writer = {
    manager: 'ancient-changes',
    operation: 'Update',
    apiVersion: owned.apiVersion,
    subresource: '',
  }
  const bucketId = managerId(bucket)
  const merged = managers.get(bucketId) ?? managers.get(first)
  if (!managers.has(bucketId)) managers.delete(first)
  managers.delete(id)
  const set = merged === undefined ? owned.set : union(owned.set, merged.set)
  managers.set(bucketId, { ...bucket, set, time: owned.time })
}

/** Subresources cannot set managedFields; an update that sends none keeps what there was. */
function managersBefore(
  { isCustom }: ApiResource,
  sent: readonly ManagedFieldsEntry[] | undefined,
  old: ApiObject | undefined,
  isSubresource: boolean,
): Managers {
  const live = () => tryReadManagers(old?.metadata.managedFields) ?? new Map()
  if (isSubresource) return live()
  if (sent !== undefined && isReset(sent, isCustom)) return new Map()
  const managers = tryReadManagers(sent)
  return managers === undefined || managers.size === 0 ? live() : managers
}

/** Of a custom object an empty list reads as none. */
function isReset(sent: readonly ManagedFieldsEntry[], isCustom: boolean): boolean {
  return (
    (sent.length === 0 && !isCustom) || (sent.length === 1 && Object.keys(sent[0] as ManagedFieldsEntry).length === 0)
  )
}

function tryReadManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  try {
    return readManagers(entries)
  } catch {
    return undefined
  }
}

function withoutTime({ time: _, ...entry }: ManagedFieldsEntry): JsonValue {
  return entry as JsonValue
}
