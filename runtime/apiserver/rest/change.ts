import { isDeepStrictEqual } from 'node:util'
import { keepUnchangedTimes } from '../apply/managed-fields.ts'
import type { ApiObject } from '../json.ts'
import { ApiError, conflict, invalid, notFound, OBJECT_MODIFIED } from '../status.ts'
import { RevisionConflict, type StoredObject } from '../storage/store.ts'
import { admissionOf } from './create.ts'
import { isFinished } from './deletion.ts'
import { fillNamespace } from './object-identity.ts'
import { type PartRules, prepareForStatusUpdate, prepareForUpdate, validateUpdate } from './object-rules.ts'
import { dropDuplicateOwners } from './owner-references.ts'
import { groupResourceOf, type RestContext, type RestRequest, storedKindOf } from './rest-request.ts'
import { assertStorable } from './storable.ts'
import { inWriteOrder, isInStorageVersion, readObject, toStorageVersion, writtenObject } from './versions.ts'
import type { WriteOptions } from './write-options.ts'

/** kube-apiserver's patches give up after that many conflicts. */
const MAX_TRIES = 5

/** What becomes of the object: given a copy of it as it is, and its managedFields to be seen to. errors: ApiError */
export type Change = (old: ApiObject) => ApiObject | Promise<ApiObject>

/** Whose rules hold: `part` is a subresource that changes what an update may not, and sees to its own rules or brings them. */
export type ChangeScope = 'whole' | 'status' | 'part' | PartRules

/**
 * Reads, changes and writes one object, again where another writer came between and the change named no version.
 * Answers it as it is stored, or as it would be. errors: ApiError 404, 409, 422 and those of admission
 */
export async function changeObject(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  change: Change,
  scope: ChangeScope = request.info.subresource === 'status' ? 'status' : 'whole',
): Promise<ApiObject> {
  const { resource, info } = request
  for (let attempt = 1; ; attempt++) {
    const stored = context.store.get(resource.storage, info.namespace ?? '', info.name ?? '')
    if (stored === undefined) throw notFound(groupResourceOf(resource), info.name ?? '')
    const old = await readObject(resource, stored)
    const object = await change(structuredClone(old))
    // Of a PUT, the version that it names; a patch that names one is refused as soon as another is there.
    const isConditional = info.verb === 'update' && (object.metadata.resourceVersion ?? '') !== ''
    try {
      return await writeChange(context, request, options, scope, stored, old, object)
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error
      if (isConditional || attempt >= MAX_TRIES)
        throw conflict(groupResourceOf(resource), info.name ?? '', OBJECT_MODIFIED)
    }
  }
}

async function writeChange(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  scope: ChangeScope,
  stored: StoredObject,
  old: ApiObject,
  object: ApiObject,
): Promise<ApiObject> {
  const { resource, info } = request
  assertVersion(request, old, object)
  keepIdentity(object, old)
  const admission = admissionOf(request, options, 'UPDATE', object, old)
  const admitted = (await context.admission.mutate(admission, object)) as ApiObject
  assertVersion(request, old, admitted)
  fillNamespace(resource, admitted, info.namespace)
  keepCreation(admitted, old)
  dropDuplicateOwners(admitted, true, request.warn)
  if (scope === 'status') prepareForStatusUpdate(resource, admitted, old, context.now())
  else if (scope === 'whole') prepareForUpdate(resource, admitted, old, context.now())
  else if (scope !== 'part') scope.prepare(admitted, old)
  const errors = validateUpdate(resource, admitted, old, scope)
  if (errors.length > 0) throw invalid(storedKindOf(resource), admitted.metadata.name ?? '', errors)
  if (scope === 'whole') for (const each of resource.strategy.warningsOf?.(admitted, old) ?? []) request.warn(each)
  await context.admission.validate(admission, admitted)
  keepUnchangedTimes(old, admitted)
  return options.isDryRun ? inWriteOrder(admitted) : putChange(context, request, stored, old, admitted)
}

/** errors: ApiError 409 for a version that is not the newest, 422 where there must be one, 500 for what is none */
function assertVersion({ resource }: RestRequest, old: ApiObject, object: ApiObject): void {
  const asked = object.metadata.resourceVersion ?? ''
  const name = old.metadata.name ?? ''
  if (asked === '' || asked === '0') {
    if (resource.strategy.updatesUnconditionally !== true) throw versionRequired(resource, name)
    object.metadata.resourceVersion = old.metadata.resourceVersion ?? ''
    return
  }
  assertReadable(asked)
  if (asked !== old.metadata.resourceVersion) throw conflict(groupResourceOf(resource), name, OBJECT_MODIFIED)
}

/** errors: ApiError 500 for a version that is none */
export function assertReadable(resourceVersion: string): void {
  if (resourceVersion !== '' && !/^\d+$/.test(resourceVersion))
    throw new ApiError(500, undefined, `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`)
}

/** The real one names the resource where the kind should be. */
function versionRequired({ group, plural }: { group: string; plural: string }, name: string): ApiError {
  const detail = 'must be specified for an update'
  return invalid({ group, kind: plural }, name, [
    { reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', badValue: 0, detail },
  ])
}

/** What is left out of it is what it was; another uid, or a deletion that is an update's own, is refused later. */
function keepIdentity({ metadata }: ApiObject, { metadata: before }: ApiObject): void {
  if ((metadata.uid ?? '') === '' && before.uid !== undefined) metadata.uid = before.uid
  keepCreation({ metadata }, { metadata: before })
  if (before.deletionTimestamp !== undefined) metadata.deletionTimestamp = before.deletionTimestamp
  if (before.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds
  delete (metadata as Record<string, unknown>).selfLink
}

function keepCreation(
  { metadata }: Pick<ApiObject, 'metadata'>,
  { metadata: before }: Pick<ApiObject, 'metadata'>,
): void {
  if (before.creationTimestamp !== undefined) metadata.creationTimestamp = before.creationTimestamp
}

async function putChange(
  { store }: RestContext,
  { resource }: RestRequest,
  stored: StoredObject,
  old: ApiObject,
  object: ApiObject,
): Promise<ApiObject> {
  const { storage, namespace, name, revision } = stored
  if (isFinished(object)) {
    const latest = store.get(storage, namespace, name)
    if (latest?.revision !== revision) throw new RevisionConflict(`${storage} ${namespace}/${name} has changed`)
    store.delete(storage, namespace, name, revision)
    return inWriteOrder(object)
  }
  // What does not change is written all the same when it is kept in a version that is no longer the one to be stored.
  if (isDeepStrictEqual(object, old) && isInStorageVersion(resource, stored)) return inWriteOrder(object)
  const kept = inWriteOrder(await toStorageVersion(resource, object))
  assertStorable(kept)
  const put = store.put(storage, kept, revision)
  return inWriteOrder(await writtenObject(resource, object, put))
}
