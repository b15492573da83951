import type { AdmissionRequest } from '../admission/admission.ts'
import { trackUpdate } from '../apply/managed-fields.ts'
import type { Answer } from '../http/answer.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { ApiError, alreadyExists, invalid } from '../status.ts'
import { RevisionConflict, type StoredObject } from '../storage/store.ts'
import { decodeObject } from './decode-object.ts'
import { fillName, fillNamespace, fillSystemFields, generateName } from './object-identity.ts'
import { completeObject, prepareForCreate, validateCreate } from './object-rules.ts'
import { objectAnswer } from './represent.ts'
import { fieldManagerOf, groupResourceOf, type RestContext, type RestRequest, storedKindOf } from './rest-request.ts'
import { inWriteOrder, toStorageVersion, writtenObject } from './versions.ts'
import { readWriteOptions, type WriteOptions } from './write-options.ts'

/** As often as kube-apiserver tries another name where a generated one is taken. */
const MAX_NAME_TRIES = 8

export async function createFromRequest(context: RestContext, request: RestRequest): Promise<Answer> {
  const options = readWriteOptions(request.query, 'CreateOptions')
  const object = await decodeObject(context, request, options)
  fillNamespace(request.resource, object, request.info.namespace)
  const complete = completeObject(request, object)
  trackCreation(context, request, complete)
  const created = await createObject(context, request, options, complete)
  return objectAnswer(request, 201, JSON.stringify(created), context.now())
}

/** A PUT or an apply of what is not there creates it, who may. errors: ApiError 403 and those of createObject() */
export async function createByChange(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  object: ApiObject,
): Promise<Answer> {
  request.authorize({ ...request.info, verb: 'create' })
  const created = await createObject(context, request, options, object)
  return objectAnswer(request, 201, JSON.stringify(created), context.now())
}

/** The status that is sent is no one's: it is dropped later. */
function trackCreation({ now }: RestContext, request: RestRequest, object: ApiObject): void {
  const manager = fieldManagerOf(request)
  trackUpdate({ resource: request.resource, old: undefined, object, manager, subresource: '', now: new Date(now()) })
}

/** From admission on; the object has its managedFields. Answers it as it is stored, or as it would be. */
async function createObject(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  object: ApiObject,
): Promise<ApiObject> {
  const { resource } = request
  refuseVersion(object)
  fillSystemFields(object, context.now())
  const admission = admissionOf(request, options, 'CREATE', object, undefined)
  const { uid, creationTimestamp } = object.metadata
  const admitted = (await context.admission.mutate(admission, object)) as ApiObject
  refuseVersion(admitted)
  fillName(resource, admitted)
  fillNamespace(resource, admitted, request.info.namespace)
  fillSystemFields(admitted, context.now())
  Object.assign(admitted.metadata, { uid, creationTimestamp })
  prepareForCreate(resource, admitted)
  const errors = validateCreate(resource, admitted)
  if (errors.length > 0) throw invalid(storedKindOf(resource), admitted.metadata.name as string, errors)
  for (const each of resource.strategy.warningsOf?.(admitted, undefined) ?? []) request.warn(each)
  const final = inWriteOrder(admitted)
  await context.admission.validate({ ...admission, name: final.metadata.name as string }, final)
  return options.isDryRun ? assertAbsent(context, request, final) : putNew(context, request, final)
}

function refuseVersion({ metadata }: ApiObject): void {
  if ((metadata.resourceVersion ?? '') !== '')
    throw new ApiError(500, undefined, 'resourceVersion should not be set on objects to be created')
  delete metadata.resourceVersion
}

export function admissionOf(
  request: RestRequest,
  options: WriteOptions,
  operation: AdmissionRequest['operation'],
  object: ApiObject | undefined,
  old: ApiObject | undefined,
): AdmissionRequest {
  const { resource, info, user } = request
  return {
    ...{ operation, resource, subresource: info.subresource, user, old, isDryRun: options.isDryRun },
    namespace: info.namespace ?? '',
    name: info.name ?? object?.metadata.name ?? '',
    options: options.sent,
    warn: request.warn,
  }
}

function assertAbsent({ store }: RestContext, { resource }: RestRequest, object: ApiObject): ApiObject {
  const { namespace = '', name = '' } = object.metadata
  const stored = store.get(resource.storage, namespace, name)
  if (stored !== undefined) throw existing(resource, stored, name)
  return object
}

function existing(resource: ApiResource, stored: StoredObject | undefined, name: string): ApiError {
  const error = alreadyExists(groupResourceOf(resource), name)
  const isGoing =
    stored !== undefined && (JSON.parse(stored.text) as ApiObject).metadata.deletionTimestamp !== undefined
  if (!isGoing) return error
  const { reason, message, details } = error.status
  return new ApiError(error.code, reason, `object is being deleted: ${message}`, details)
}

async function putNew({ store }: RestContext, { resource }: RestRequest, object: ApiObject): Promise<ApiObject> {
  const isGenerated = (object.metadata.generateName ?? '') !== ''
  for (let attempt = 1; ; attempt++) {
    // Its place in the text; the store fills it in.
    object.metadata.resourceVersion = ''
    const stored = await toStorageVersion(resource, object)
    try {
      const put = store.put(resource.storage, inWriteOrder(stored), 0)
      return inWriteOrder(await writtenObject(resource, object, put))
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error
      const { namespace = '', name = '' } = object.metadata
      if (!isGenerated || attempt >= MAX_NAME_TRIES)
        throw existing(resource, store.get(resource.storage, namespace, name), name)
      object.metadata.name = generateName(object.metadata.generateName as string)
    }
  }
}
