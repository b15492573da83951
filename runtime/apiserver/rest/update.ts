import { trackUpdate } from '../apply/managed-fields.ts'
import type { Answer } from '../http/answer.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { RequestInfo } from '../request-info.ts'
import { type ApiError, conflict } from '../status.ts'
import { assertReadable, changeObject } from './change.ts'
import { createByChange } from './create.ts'
import { decodeObject } from './decode-object.ts'
import { assertName, fillNamespace } from './object-identity.ts'
import { completeObject } from './object-rules.ts'
import { dropDuplicateOwners } from './owner-references.ts'
import { objectAnswer } from './represent.ts'
import { fieldManagerOf, groupResourceOf, type RestContext, type RestRequest } from './rest-request.ts'
import { readWriteOptions } from './write-options.ts'

/** A PUT of the object, or of its status. */
export async function updateFromRequest(context: RestContext, request: RestRequest): Promise<Answer> {
  const { resource, info } = request
  const options = readWriteOptions(request.query, 'UpdateOptions')
  const sent = await decodeObject(context, request, options)
  fillNamespace(resource, sent, info.namespace)
  assertName(sent, info.name ?? '')
  dropDuplicateOwners(sent, false, request.warn)
  if (isCreatedByUpdate(context, request, sent)) {
    const object = completeObject(request, sent)
    assertReadable(object.metadata.resourceVersion ?? '')
    // Unlike a create's, it is no condition.
    delete object.metadata.resourceVersion
    trackChange(context, request, undefined, object)
    return createByChange(context, request, options, object)
  }
  const updated = await changeObject(context, request, options, (old) => {
    const object = completeObject(request, structuredClone(sent))
    assertUid(request, object, old)
    trackChange(context, request, old, object)
    return object
  })
  return objectAnswer(request, 200, JSON.stringify(updated), context.now())
}

function isCreatedByUpdate({ store }: RestContext, { resource, info }: RestRequest, sent: ApiObject): boolean {
  if (resource.strategy.createsOnUpdate !== true || info.subresource !== undefined) return false
  if (store.get(resource.storage, info.namespace ?? '', info.name ?? '') !== undefined) return false
  if ((sent.metadata.uid ?? '') !== '') throw uidConflict(resource, info, sent.metadata.uid ?? '', '')
  return true
}

/** What the request itself changes: the rest of the pipeline's changes are nobody's. */
export function trackChange(
  context: RestContext,
  request: RestRequest,
  old: ApiObject | undefined,
  object: ApiObject,
): void {
  const { resource, info } = request
  const now = new Date(context.now())
  trackUpdate({ resource, old, object, manager: fieldManagerOf(request), subresource: info.subresource ?? '', now })
}

function assertUid({ resource, info }: RestRequest, { metadata }: ApiObject, old: ApiObject): void {
  const asked = metadata.uid ?? ''
  if (asked !== '' && asked !== old.metadata.uid) throw uidConflict(resource, info, asked, old.metadata.uid ?? '')
}

/** `found`: empty where there is no object at all. */
function uidConflict(resource: ApiResource, info: RequestInfo, asked: string, found: string): ApiError {
  const key = `/registry/${[storageFolderOf(resource), info.namespace, info.name].filter((part) => part !== undefined).join('/')}`
  const uids = `UID in precondition: ${asked}, UID in object meta: ${found}`
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${uids}`
  return conflict(groupResourceOf(resource), info.name ?? '', why)
}

/** source: kubernetes pkg/kubeapiserver/default_storage_factory_builder.go SpecialDefaultResourcePrefixes */
const STORAGE_FOLDERS: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  services: 'services/specs',
  nodes: 'minions',
  ingresses: 'ingress',
}

/** Where etcd has the kind's objects: messages name it. */
function storageFolderOf({ group, plural, isCustom }: ApiResource): string {
  const hasGroup = isCustom || ['apiextensions.k8s.io', 'apiregistration.k8s.io'].includes(group)
  return hasGroup ? `${group}/${plural}` : (STORAGE_FOLDERS[plural] ?? plural)
}
