import { apiVersionOf } from '../../util/gvk.ts'
import { applyObject } from '../apply/server-side-apply.ts'
import type { Answer } from '../http/answer.ts'
import type { ApiObject, JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { badRequest, methodNotAllowed, notImitated } from '../status.ts'
import { readApplied } from './apply.ts'
import { type ChangeScope, changeObject } from './change.ts'
import { assertKind, decodeObject, toApiObject } from './decode-object.ts'
import { findStored } from './get.ts'
import { assertName, fillNamespace } from './object-identity.ts'
import { patchObject, patchTypeOf, readPatch } from './patch.ts'
import { objectAnswer } from './represent.ts'
import { fieldManagerOf, type RestContext, type RestRequest } from './rest-request.ts'
import { kindOf } from './serve-virtual.ts'
import { trackChange } from './update.ts'
import { readObject } from './versions.ts'
import { readWriteOptions, type WriteOptions } from './write-options.ts'

/** A subresource that shows a part of the object in another form (a Scale), or changes a part of it. */
export interface SubresourceView {
  /** Whose rules hold for what it changes. */
  readonly scope: ChangeScope
  /** Who sends a field is said to own it though nothing comes of it; default: only what changes has owners. */
  readonly tracksSent?: boolean
  /** errors: ApiError */
  read(object: ApiObject): ApiObject
  /** What a patch is laid over; default: what is read. */
  readToPatch?(object: ApiObject): ApiObject
  /** Changes the object as the view says. errors: ApiError */
  write(object: ApiObject, view: ApiObject, nowMs: number): void
}

/** get, update and patch of such a subresource. */
export async function serveView(context: RestContext, request: RestRequest, view: SubresourceView): Promise<Answer> {
  const { resource, info } = request
  const shown: RestRequest = { ...request, resource: kindOf(context, request) }
  if (info.verb === 'get') {
    const object = await readObject(resource, findStored(context, request))
    return objectAnswer(shown, 200, JSON.stringify(view.read(object)), context.now())
  }
  const isApply = info.verb === 'patch' && patchTypeOf(request) === 'apply'
  const options = readWriteOptions(request.query, info.verb === 'update' ? 'UpdateOptions' : 'PatchOptions', isApply)
  if (isApply) return applyView(context, shown, request, view, options)
  const next = await readNext(context, shown, request, view, options)
  const changed = await changeObject(
    context,
    request,
    options,
    (old) => {
      const object = structuredClone(old)
      const wanted = next(old)
      view.write(object, wanted, context.now())
      const version = wanted.metadata.resourceVersion ?? ''
      object.metadata.resourceVersion = version === '' ? (old.metadata.resourceVersion ?? '') : version
      resource.strategy.applyDefaults?.(object)
      if (view.tracksSent !== true) trackChange(context, request, old, object)
      else {
        trackChange(context, request, old, wanted)
        Object.assign(object.metadata, { managedFields: wanted.metadata.managedFields })
      }
      return object
    },
    view.scope,
  )
  return objectAnswer(shown, 200, JSON.stringify(view.read(changed)), context.now())
}

/** What is applied of the view is applied of the object. */
async function applyView(
  context: RestContext,
  shown: RestRequest,
  request: RestRequest,
  view: SubresourceView,
  options: WriteOptions,
): Promise<Answer> {
  const { resource, info } = request
  const subresource = info.subresource ?? ''
  if (subresource !== 'scale') throw notImitated(`server-side apply of ${resource.plural}/${subresource}`)
  const sent = readApplied(shown, options, await request.readBody())
  assertKind(context, sent, shown.resource)
  assertSameName(sent, info.name ?? '')
  const manager = fieldManagerOf(request)
  const now = new Date(context.now())
  const change = (live: ApiObject) => {
    const { name = '' } = live.metadata
    const applied = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata: { name } } as ApiObject
    if (isJsonObject(sent.spec) && sent.spec.replicas !== undefined)
      view.write(Object.assign(applied, { spec: {} }), sent, context.now())
    const object = applyObject({ resource, live, applied, manager, force: options.force, subresource, now })
    object.metadata.resourceVersion = sent.metadata.resourceVersion || (live.metadata.resourceVersion ?? '')
    return object
  }
  const changed = await changeObject(context, request, options, change, view.scope)
  return objectAnswer(shown, 200, JSON.stringify(view.read(changed)), context.now())
}

/** Answers what the view is to be, given the object as it is. */
async function readNext(
  context: RestContext,
  shown: RestRequest,
  request: RestRequest,
  view: SubresourceView,
  options: WriteOptions,
): Promise<(old: ApiObject) => ApiObject> {
  const { info } = request
  if (info.verb === 'update') {
    const sent = await decodeObject(context, request, options, shown.resource)
    fillNamespace(request.resource, sent, info.namespace)
    assertName(sent, info.name ?? '')
    return () => sent
  }
  if (info.verb !== 'patch') throw methodNotAllowed()
  const type = patchTypeOf(request)
  const body = await request.readBody()
  return (old) =>
    patchedView(shown.resource, patchObject(shown, type, (view.readToPatch ?? view.read)(old), readPatch(body, type)))
}

function patchedView(resource: ApiResource, patched: unknown): ApiObject {
  if (!isJsonObject(patched as JsonObject)) throw badRequest('the patch does not leave an object')
  return toApiObject(patched as JsonObject, resource)
}

function assertSameName({ metadata }: ApiObject, name: string): void {
  const own = metadata.name ?? ''
  if (own !== '' && own !== name)
    throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`)
}
