import { apiVersionOf } from '../../util/gvk.ts'
import { applyObject } from '../apply/server-side-apply.ts'
import type { Answer } from '../http/answer.ts'
import { type DecodedBody, decodeBody, parseJson } from '../http/decode-body.ts'
import { goNameOf } from '../http/go-names.ts'
import { MalformedBody } from '../http/malformed-body.ts'
import { type ApiObject, isJsonObject } from '../json.ts'
import { formatStrictErrors, strictFieldErrors } from '../schema/strict.ts'
import { ApiError, badRequest, conflict, notFound } from '../status.ts'
import { assertReadable, changeObject } from './change.ts'
import { createByChange } from './create.ts'
import { toApiObject } from './decode-object.ts'
import { assertName, fillNamespace } from './object-identity.ts'
import { completeApplied } from './object-rules.ts'
import { objectAnswer } from './represent.ts'
import { fieldManagerOf, groupResourceOf, type RestContext, type RestRequest } from './rest-request.ts'
import type { WriteOptions } from './write-options.ts'

/** Server-side apply: creates what is not there. errors: ApiError 400, 404, 409, 422 */
export async function applyFromRequest(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  body: Buffer,
): Promise<Answer> {
  const { resource, info } = request
  const sent = readApplied(request, options, body)
  const isThere = context.store.get(resource.storage, info.namespace ?? '', info.name ?? '') !== undefined
  if (!isThere && info.subresource !== undefined) throw notFound(groupResourceOf(resource), info.name ?? '')
  if (!isThere) {
    assertNoUid(request, sent)
    const object = convertApplied(request, apply(context, request, options, undefined, sent), sent.metadata.namespace)
    assertReadable(sent.metadata.resourceVersion ?? '')
    // Unlike a create's, it is no condition.
    delete object.metadata.resourceVersion
    return createByChange(context, request, options, object)
  }
  const updated = await changeObject(context, request, options, (old) => {
    const object = apply(context, request, options, old, sent)
    // A version that is sent along is a condition.
    object.metadata.resourceVersion = sent.metadata.resourceVersion || (old.metadata.resourceVersion ?? '')
    return convertApplied(request, object, info.namespace)
  })
  return objectAnswer(request, 200, JSON.stringify(updated), context.now())
}

/** What Go cannot read is no fault of the request's here. errors: ApiError 500 */
function convertApplied(request: RestRequest, object: ApiObject, namespace = ''): ApiObject {
  const { resource } = request
  try {
    return completeApplied(request, object)
  } catch (error) {
    if (resource.isCustom || !(error instanceof ApiError) || error.code !== 400) throw error
    const kind = `${resource.group === '' ? '/' : ''}${apiVersionOf(resource)}, Kind=${resource.kind}`
    const why = error.message.replace(UNREADABLE, '')
    throw new ApiError(
      500,
      undefined,
      `failed to convert new object (${namespace}/${object.metadata.name}; ${kind}) to proper version: unable to convert unstructured object to ${kind}: ${why}`,
    )
  }
}

/** How a 400 for what Go cannot read begins. */
export const UNREADABLE = /^\S+ in version "\S*" cannot be handled as a \S+: /

export function readApplied(request: RestRequest, options: WriteOptions, body: Buffer): ApiObject {
  const { resource } = request
  const { value: read, faults } = decodeApplied(body)
  const value = read ?? {}
  if (!isJsonObject(value))
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goNameOf(value)} into Go value of type map[string]interface {}`,
    )
  const object = toApiObject(value, resource)
  reportDuplicates(request, options, [...faults, ...duplicatesIn(textOf(body))])
  return object
}

/** Unknown fields are told by the merge, which knows none of them. */
function reportDuplicates(
  request: RestRequest,
  { fieldValidation }: WriteOptions,
  duplicates: readonly string[],
): void {
  if (fieldValidation === 'Ignore' || duplicates.length === 0) return
  if (fieldValidation === 'Strict') throw badRequest(formatStrictErrors(duplicates))
  for (const each of duplicates) request.warn(each)
}

/** The fields that a JSON text has twice, as kube-apiserver tells them. */
export function duplicatesIn(text: string | undefined): string[] {
  return text === undefined ? [] : strictFieldErrors(undefined, {}, text)
}

function decodeApplied(body: Buffer): DecodedBody {
  try {
    return decodeBody(body, 'yaml')
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`)
  }
}

/** JSON is YAML: where it is that, duplicate fields can be seen. */
function textOf(body: Buffer): string | undefined {
  const text = body.toString('utf8')
  try {
    parseJson(text)
    return text
  } catch {
    return undefined
  }
}

function apply(
  context: RestContext,
  request: RestRequest,
  { force }: WriteOptions,
  live: ApiObject | undefined,
  sent: ApiObject,
): ApiObject {
  const { resource, info } = request
  const manager = fieldManagerOf(request)
  const subresource = info.subresource ?? ''
  const applied = structuredClone(sent)
  const object = applyObject({ resource, live, applied, manager, force, subresource, now: new Date(context.now()) })
  // What is sent may leave out both: what comes of it is looked at.
  fillNamespace(resource, object, info.namespace)
  assertName(object, info.name ?? '')
  return object
}

/** A uid is of one object that was there. */
function assertNoUid({ resource, info }: RestRequest, { metadata }: ApiObject): void {
  if ((metadata.uid ?? '') === '') return
  const why = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`
  throw conflict(groupResourceOf(resource), info.name ?? '', why)
}
