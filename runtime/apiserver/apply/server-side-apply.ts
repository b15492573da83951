import { apiVersionOf } from '../../util/gvk.ts'
import type { ApiObject, JsonObject, JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { withoutNulls } from '../patch/merge-patch.ts'
import { badRequest, internalServerError } from './apply-errors.ts'
import { conflictError } from './conflict.ts'
import { difference, isEmptySet } from './field-set.ts'
import { allowConflicts, refreshLastApplied } from './last-applied.ts'
import {
  NEVER_OWNED,
  setManagedFields,
  timeOf,
  trackManagers,
  withoutManagedFields,
  writerOf,
} from './managed-fields.ts'
import { type Managers, managerId, type Ownership, readManagers } from './managers.ts'
import { mergeTypeOf } from './merge-type.ts'
import { resetFieldsOf } from './reset-fields.ts'
import { TypedValueError } from './typed-value.ts'
import { type Applied, applyToManagers, ConflictsError } from './updater.ts'
import { assertTyped } from './validate-typed.ts'

export interface Application {
  readonly resource: ApiResource
  /** undefined: the object is created. */
  readonly live: ApiObject | undefined
  /** What the request sent; it needs no more in it than its author wants to own. */
  readonly applied: ApiObject
  /** Not empty: apply requests without one are refused before (validateFieldManager). */
  readonly manager: string
  /** Takes fields over instead of ending with a conflict. */
  readonly force: boolean
  /** Empty: none. */
  readonly subresource: string
  readonly now: Date
}

/**
 * Server-side apply: the live object with the applied one merged in, owners in its metadata.managedFields.
 * Defaults, admission and the server's own fields come after it.
 * errors: ApiError 409 with a cause for each field that others own · 400 for an object of another kind, or with
 *         managedFields · 500 where it is not as the schema has it (so does the real one)
 * source: apimachinery pkg/util/managedfields/internal
 */
export function applyObject(application: Application): ApiObject {
  const { resource, live, applied, manager, force, subresource, now } = application
  assertKind(resource, applied)
  if (applied.metadata?.managedFields != null) throw badRequest('metadata.managedFields must be nil')
  const managers = readLiveManagers(application)
  const writer = writerOf(resource, manager, 'Apply', subresource)
  const liveValue = live === undefined ? namedOnly(resource) : withoutManagedFields(live)
  const type = mergeTypeOf(resource)
  const reset = resetFieldsOf(resource, subresource)
  assertTypedOrFail(application, applied as unknown as JsonValue, 'patch', false)
  assertTypedOrFail(application, liveValue, 'live', true)
  const run = (forced: boolean) =>
    applyToManagers({ type, managers, writer, reset }, liveValue, applied as unknown as JsonValue, forced)
  const { object, managers: after } = withLastApplied(application, run, force)
  const result = toObject(resource, object ?? structuredClone(liveValue))
  const own = after.get(managerId(writer))
  setManagedFields(result, ownersAfter(after, own, object === undefined ? own?.time : timeOf(subresource, now)))
  refreshLastApplied(manager, applied, result)
  return result
}

/** kubectl may take over what it applied on the client's side before: what its annotation says is no conflict. */
function withLastApplied({ resource, live, manager }: Application, run: (force: boolean) => Applied, force: boolean) {
  try {
    return run(force)
  } catch (error) {
    if (error instanceof TypedValueError) throw internalServerError(`failed to merge config: ${error.message}`)
    if (!(error instanceof ConflictsError)) throw error
    const left = manager === 'kubectl' ? allowConflicts(resource, live, error.conflicts) : error.conflicts
    if (left.length > 0) throw conflictError(left)
    return run(true)
  }
}

function ownersAfter(managers: Managers, own: Ownership | undefined, time: string | undefined): Managers {
  if (own === undefined) return managers
  const set = difference(own.set, NEVER_OWNED)
  const result = new Map(managers)
  if (isEmptySet(set)) result.delete(managerId(own))
  else result.set(managerId(own), { ...own, set, time })
  return result
}

/** What was there before anybody applied is owned by `before-first-apply`. */
function readLiveManagers(application: Application): Managers {
  const { resource, live, subresource, now } = application
  let managers: Managers
  try {
    managers = readManagers(live?.metadata.managedFields)
  } catch (error) {
    throw internalServerError(`failed to decode managed fields: ${(error as Error).message}`)
  }
  if (managers.size > 0 || live === undefined) return managers
  const writer = writerOf(resource, 'before-first-apply', 'Update', subresource)
  try {
    return trackManagers(resource, managers, writer, undefined, live, now)
  } catch (error) {
    throw internalServerError(`failed to create manager for existing fields: ${(error as Error).message}`)
  }
}

function assertKind(resource: ApiResource, applied: ApiObject): void {
  const apiVersion = textOr(applied.apiVersion)
  const given = textOr(applied.kind)
  if (apiVersion === apiVersionOf(resource) && given === resource.kind) return
  const title = apiVersion === '' || !apiVersion.includes('/') ? `/${apiVersion}` : apiVersion
  throw badRequest(`invalid object type: ${title}, Kind=${given}`)
}

/** What is sent as kind or apiVersion may be anything. */
function textOr(value: unknown): string {
  return typeof value === 'string' && value.split('/').length <= 2 ? value : ''
}

function assertTypedOrFail(application: Application, value: JsonValue, what: string, allowDuplicates: boolean): void {
  try {
    assertTyped(mergeTypeOf(application.resource), value, { allowDuplicates })
  } catch (error) {
    const { resource, live, applied } = application
    const { namespace = '', name = '' } = (what === 'live' ? live?.metadata : applied.metadata) ?? {}
    const apiVersion = resource.group === '' ? `/${resource.version}` : `${resource.group}/${resource.version}`
    const title = `${namespace}/${name}; ${apiVersion}, Kind=${resource.kind}`
    throw internalServerError(`failed to create typed ${what} object (${title}): ${(error as Error).message}`)
  }
}

function namedOnly(resource: ApiResource): JsonObject {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind }
}

/** Built-in kinds have no nulls, nor has metadata: as Go reads them, they are absent. */
function toObject({ isCustom }: ApiResource, value: JsonValue): ApiObject {
  const object = structuredClone(isCustom ? value : withoutNulls(value)) as unknown as ApiObject
  object.metadata = withoutNulls((object.metadata ?? {}) as JsonValue) as ApiObject['metadata']
  return object
}
