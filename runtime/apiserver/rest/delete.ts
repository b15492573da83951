import { isDeepStrictEqual } from 'node:util'
import { type Answer, statusAnswer } from '../http/answer.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { type ApiError, conflict, notFound, OBJECT_MODIFIED } from '../status.ts'
import { RevisionConflict, type StoredObject } from '../storage/store.ts'
import { admissionOf } from './create.ts'
import { type DeleteOptions, readDeleteOptions } from './delete-options.ts'
import { beginDeletion } from './deletion.ts'
import { objectAnswer } from './represent.ts'
import { groupResourceOf, type RestContext, type RestRequest, storedKindOf } from './rest-request.ts'
import { assertStorable } from './storable.ts'
import { inWriteOrder, readObject, toStorageVersion } from './versions.ts'

/** By `group/Kind`: those whose delete answers the object as it was; for the others a Status says what went. */
const ANSWERS_OBJECT = new Set([
  ...[
    'Pod',
    'Service',
    'ServiceAccount',
    'PodTemplate',
    'ResourceQuota',
    'PersistentVolume',
    'PersistentVolumeClaim',
  ].map((kind) => `/${kind}`),
  ...['StorageClass', 'VolumeAttachment', 'CSIDriver', 'CSINode'].map((kind) => `storage.k8s.io/${kind}`),
])

const MAX_TRIES = 5

/** `object`: as it was, or as it is while something holds it. */
interface Deleted {
  readonly object: ApiObject
  readonly isGone: boolean
}

export async function deleteFromRequest(context: RestContext, request: RestRequest): Promise<Answer> {
  const { resource, info } = request
  const options = await readDeleteOptions(request)
  const { object, isGone } = await deleteObject(context, request, options, info.namespace ?? '', info.name ?? '')
  if (!isGone || ANSWERS_OBJECT.has(`${resource.group}/${resource.kind}`))
    // Accepted, not done: told to those alone who ask for dependents in the old way, for who else asks is used to 200.
    return objectAnswer(
      request,
      !isGone && options.sent.orphanDependents === false ? 202 : 200,
      JSON.stringify(inWriteOrder(object)),
      context.now(),
    )
  const { name = '', uid = '' } = object.metadata
  const group = resource.group === '' ? {} : { group: resource.group }
  const details = { name, ...group, kind: resource.plural, uid }
  return statusAnswer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details })
}

/** errors: ApiError 404, 409, and those of admission */
export async function deleteObject(
  context: RestContext,
  request: RestRequest,
  options: DeleteOptions,
  namespace: string,
  name: string,
): Promise<Deleted> {
  const { resource } = request
  for (let attempt = 1; ; attempt++) {
    const stored = context.store.get(resource.storage, namespace, name)
    if (stored === undefined) throw notFound(groupResourceOf(resource), name)
    const object = await readObject(resource, stored)
    assertPreconditions(request, options, object)
    try {
      return await deleteStored(context, request, options, stored, object)
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error
      if (attempt >= MAX_TRIES) throw conflict(groupResourceOf(resource), name, OBJECT_MODIFIED)
    }
  }
}

async function deleteStored(
  context: RestContext,
  request: RestRequest,
  options: DeleteOptions,
  stored: StoredObject,
  object: ApiObject,
): Promise<Deleted> {
  const { resource } = request
  const { storage, namespace, name } = stored
  const { isDryRun, sent } = options
  const write = { isDryRun, fieldValidation: 'Ignore', force: false, sent } as const
  // Of a collection, admission is not told the names.
  const admission = {
    ...admissionOf(request, write, 'DELETE', object, object),
    namespace,
    name: request.info.name ?? '',
  }
  await context.admission.mutate(admission, undefined)
  await context.admission.validate(admission, undefined)
  const marked = structuredClone(object)
  const fate = beginDeletion(resource, marked, options, context.now())
  if (options.isDryRun) return { object: fate === 'gone' ? object : marked, isGone: fate !== 'held' }
  const last = fate === 'gone' ? stored : await putMarked(context, request, stored, object, marked)
  if (fate === 'held') return { object: marked, isGone: false }
  const { revision: end } = context.store.delete(storage, namespace, name, last.revision)
  marked.metadata.resourceVersion = String(end)
  return { object: marked, isGone: true }
}

async function putMarked(
  { store }: RestContext,
  { resource }: RestRequest,
  stored: StoredObject,
  object: ApiObject,
  marked: ApiObject,
): Promise<StoredObject> {
  if (isDeepStrictEqual(marked, object)) return stored
  const kept = inWriteOrder(await toStorageVersion(resource, structuredClone(marked)))
  assertStorable(kept)
  const put = store.put(stored.storage, kept, stored.revision)
  marked.metadata.resourceVersion = String(put.revision)
  return put
}

/** The real one names the kind where the resource should be. */
function assertPreconditions(
  { resource }: RestRequest,
  { uid, resourceVersion }: DeleteOptions,
  object: ApiObject,
): void {
  const { metadata } = object
  // Namespaces are deleted by a way of their own.
  if (resource.storage === '/namespaces') return assertOfNamespace(resource, { uid, resourceVersion }, object)
  const refuse = (why: string): ApiError =>
    conflict({ group: storedKindOf(resource).group, resource: resource.kind }, metadata.name ?? '', why)
  if (uid !== undefined && uid !== metadata.uid)
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

function assertOfNamespace(
  resource: ApiResource,
  asked: Pick<DeleteOptions, 'uid' | 'resourceVersion'>,
  { metadata }: ApiObject,
): void {
  const refuse = (what: string, wanted: string, found = ''): ApiError => {
    const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`
    return conflict(groupResourceOf(resource), metadata.name ?? '', why)
  }
  if (asked.uid !== undefined && asked.uid !== metadata.uid) throw refuse('UID', asked.uid, metadata.uid)
  if (asked.resourceVersion !== undefined && asked.resourceVersion !== metadata.resourceVersion)
    throw refuse('ResourceVersion', asked.resourceVersion, metadata.resourceVersion)
}
