import type { AdmissionRequest } from '../admission/admission.ts'
import { trackUpdate } from '../apply/managed-fields.ts'
import type { Answer } from '../http/answer.ts'
import { bodyFormat } from '../http/decode-body.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { ApiError, alreadyExists, invalid } from '../status.ts'
import { RevisionConflict, type StoredObject } from '../storage/store.ts'
import { decodeObject } from './decode-object.ts'
import { fillName, fillNamespace, fillSystemFields, generateName, wipeSystemFields } from './object-identity.ts'
import { completeObject, prepareForCreate, validateCreate } from './object-rules.ts'
import { dropDuplicateOwners } from './owner-references.ts'
import { objectAnswer } from './represent.ts'
import { fieldManagerOf, groupResourceOf, type RestContext, type RestRequest, storedKindOf } from './rest-request.ts'
import { assertStorable } from './storable.ts'
import { inWriteOrder, toStorageVersion, writtenObject } from './versions.ts'
import { readWriteOptions, type WriteOptions } from './write-options.ts'

/** As often as kube-apiserver tries another name where a generated one is taken. */
const MAX_NAME_TRIES = 8

export async function createFromRequest(context: RestContext, request: RestRequest): Promise<Answer> {
  // Before the options: a body that cannot be read is nothing to have options for.
  bodyFormat(request.contentType)
  const options = readWriteOptions(request.query, 'CreateOptions')
  const object = await decodeObject(context, request, options)
  wipeSystemFields(object)
  fillNamespace(request.resource, object, request.info.namespace)
  const complete = completeObject(request, object)
  dropDuplicateOwners(complete, false, request.warn)
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
  fillSystemFields(object, context.now())
  const admission = admissionOf(request, options, 'CREATE', object, undefined)
  const { uid, creationTimestamp } = object.metadata
  const admitted = (await context.admission.mutate(admission, object)) as ApiObject
  dropDuplicateOwners(admitted, true, request.warn)
  const isGenerated = (admitted.metadata.name ?? '') === ''
  fillName(resource, admitted)
  fillNamespace(resource, admitted, request.info.namespace)
  fillSystemFields(admitted, context.now())
  Object.assign(admitted.metadata, { uid, creationTimestamp })
  prepareForCreate(resource, admitted, context.now())
  const errors = validateCreate(resource, admitted)
  if (errors.length > 0) throw invalid(storedKindOf(resource), admitted.metadata.name as string, errors)
  for (const each of resource.strategy.warningsOf?.(admitted, undefined) ?? []) request.warn(each)
  refuseVersion(admitted)
  const final = inWriteOrder(admitted)
  await context.admission.validate({ ...admission, name: final.metadata.name as string }, final)
  return options.isDryRun ? assertAbsent(context, request, final) : putNew(context, request, final, isGenerated)
}

/** What is no number is passed over, as is 0. */
function refuseVersion({ metadata }: ApiObject): void {
  const { resourceVersion = '' } = metadata
  if (/^\d+$/.test(resourceVersion) && Number(resourceVersion) !== 0)
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
  const there = store.get(resource.storage, namespace, name)
  if (there !== undefined) throw nameTaken(resource, object, there)
  return object
}

async function putNew(
  { store }: RestContext,
  { resource }: RestRequest,
  object: ApiObject,
  isGenerated: boolean,
): Promise<ApiObject> {
  for (let attempt = 1; ; attempt++) {
    // Its place in the text; the store fills it in.
    object.metadata.resourceVersion = ''
    const stored = await toStorageVersion(resource, object)
    assertStorable(stored)
    try {
      const put = store.put(resource.storage, inWriteOrder(stored), 0)
      return inWriteOrder(await writtenObject(resource, object, put))
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error
      if (!isGenerated || attempt >= MAX_NAME_TRIES)
        throw nameTaken(
          resource,
          object,
          store.get(resource.storage, object.metadata.namespace ?? '', object.metadata.name ?? ''),
        )
      object.metadata.name = generateName(object.metadata.generateName as string)
    }
  }
}

/** Whether it was meant to have a name of its own, or the other is on its way out, is said, too. */
function nameTaken(resource: ApiResource, object: ApiObject, there: StoredObject | undefined): ApiError {
  const { message, status } = alreadyExists(groupResourceOf(resource), object.metadata.name ?? '')
  const isPrefixed = (object.metadata.generateName ?? '') !== ''
  const tried = isPrefixed ? `${message}, the server was not able to generate a unique name for the object` : message
  const { metadata } = JSON.parse(there?.text ?? '{"metadata":{}}') as ApiObject
  const whole = metadata.deletionTimestamp === undefined ? tried : `object is being deleted: ${tried}`
  const details = { ...status.details, ...(isPrefixed && { retryAfterSeconds: 1 }) }
  return new ApiError(409, 'AlreadyExists', whole, details)
}
