import { apiVersionOf } from '../../util/gvk.ts'
import type { Answer } from '../http/answer.ts'
import { decodeBody } from '../http/decode-body.ts'
import { MalformedBody } from '../http/malformed-body.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicMergePatch } from '../patch/strategic-patch.ts'
import { describeStrategicRefusal } from '../patch/strategic-refusal.ts'
import { withSortedKeys } from '../schema/sorted-keys.ts'
import { scanFields } from '../schema/strict.ts'
import { ApiError, badRequest, invalid, notImitated, unsupportedMediaType } from '../status.ts'
import { applyFromRequest, duplicatesIn, UNREADABLE } from './apply.ts'
import { changeObject } from './change.ts'
import {
  assertEmbeddedResources,
  assertKind,
  reportStrictFaults,
  strictFaults,
  toApiObject,
  typeMetaFault,
} from './decode-object.ts'
import { assertName, fillNamespace } from './object-identity.ts'
import { completeObject } from './object-rules.ts'
import { objectAnswer } from './represent.ts'
import type { RestContext, RestRequest } from './rest-request.ts'
import { trackChange } from './update.ts'
import { readWriteOptions, type WriteOptions } from './write-options.ts'

type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

const TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

export async function patchFromRequest(context: RestContext, request: RestRequest): Promise<Answer> {
  const type = patchTypeOf(request)
  const options = readWriteOptions(request.query, 'PatchOptions', type === 'apply')
  const body = await request.readBody()
  if (type === 'apply') return applyFromRequest(context, request, options, body)
  const updated = await changeObject(context, request, options, (old) => {
    const patch = readPatch(body, type)
    const patched = patchObject(request, type, old, patch)
    const refuse = refusal(request, type, old, patch, patched)
    return toChanged(context, request, options, old, patched, refuse, patchFaults(type, body))
  })
  return objectAnswer(request, 200, JSON.stringify(updated), context.now())
}

/** errors: ApiError 415 with kube-apiserver's words */
export function patchTypeOf({ contentType, resource }: RestRequest): PatchType {
  const mediaType = contentType?.split(';', 1)[0]?.trim() ?? ''
  if (mediaType === 'application/apply-patch+cbor') throw notImitated('CBOR')
  const type = Object.hasOwn(TYPES, mediaType) ? TYPES[mediaType] : undefined
  if (type === undefined && !resource.isCustom)
    throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  if (type !== undefined && (type !== 'strategic' || !resource.isCustom)) return type
  const accepted = Object.keys(TYPES).filter((each) => TYPES[each] !== 'strategic')
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

/** errors: ApiError 400 */
export function readPatch(body: Buffer, type: PatchType): JsonValue {
  try {
    return decodeBody(body, 'json').value
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw badRequest(type === 'strategic' ? error.message : `error decoding patch: ${error.message}`)
  }
}

export function patchObject({ resource }: RestRequest, type: PatchType, old: ApiObject, patch: JsonValue): JsonValue {
  const target = old as unknown as JsonObject
  switch (type) {
    case 'json':
      return jsonPatch(target, patch)
    case 'merge':
      return mergePatch(target, patch)
    default:
      return withKindOf(target, strategicMergePatch(resource.schema, target, patch))
  }
}

const JSON_PATCH_FIELDS = ['op', 'path', 'from', 'value']

/** What a patch says twice, and of a JSON patch what its operations do not have. */
function patchFaults(type: PatchType, body: Buffer): string[] {
  const text = body.toString('utf8')
  if (type !== 'json') return duplicatesIn(text)
  const fields = scanFields(text).filter(({ path }) => /^\[\d+\]\.[^.[]*$/.test(path))
  const duplicate = fields
    .filter(({ isDuplicate }) => isDuplicate)
    .map(({ path }) => `duplicate field ${JSON.stringify(path)}`)
  const unknown = fields.filter(({ path }) => !JSON_PATCH_FIELDS.includes(path.slice(path.indexOf('.') + 1)))
  return [...duplicate, ...unknown.map(({ path }) => `unknown field ${JSON.stringify(path)}`)].map(
    (each) => `json patch ${each}`,
  )
}

/** It is read into what it is known to be, whatever it says. */
function withKindOf({ kind, apiVersion }: JsonObject, patched: JsonValue): JsonValue {
  return isJsonObject(patched) ? { ...patched, kind: kind as JsonValue, apiVersion: apiVersion as JsonValue } : patched
}

/** What a patch made of the object, as if it had been sent whole. */
function toChanged(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  old: ApiObject,
  patched: JsonValue,
  refuse: Refusal,
  faults: readonly string[],
): ApiObject {
  if (!isJsonObject(patched)) throw badRequest('the patch does not leave an object')
  const { resource, info } = request
  const object = readPatched(context, request, options, patched, refuse, faults)
  assertName(object, info.name ?? '')
  fillNamespace(resource, object, info.namespace)
  const complete = refusePatched(refuse, () => completeObject(request, object))
  trackChange(context, request, old, complete)
  return complete
}

function readPatched(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  patched: JsonObject,
  refuse: Refusal,
  faults: readonly string[],
): ApiObject {
  const { resource } = request
  if (resource.isCustom) assertCustomKind(resource, patched)
  return refusePatched(refuse, () => {
    const fault = typeMetaFault(patched)
    if (fault !== undefined) throw badRequest(fault)
    const { kind, apiVersion } = patched
    const named = { ...patched, kind: kind || resource.kind, apiVersion: apiVersion || apiVersionOf(resource) }
    const object = toApiObject(structuredClone(named), resource)
    assertKind(context, object, resource)
    assertEmbeddedResources(resource, object)
    const unknown = strictFaults(options, object, undefined, resource, faults)
    if (!resource.isCustom) resource.strategy.applyDefaults?.(object)
    reportStrictFaults(request, options, unknown, resource)
    return object
  })
}

function assertCustomKind(resource: ApiResource, { apiVersion, kind, metadata }: JsonObject): void {
  const wanted = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  const [field] = (['apiVersion', 'kind'] as const).filter((each) => ({ apiVersion, kind })[each] !== wanted[each])
  if (field === undefined) return
  const name = isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : ''
  const badValue = { apiVersion, kind }[field] ?? ''
  const group = String(apiVersion).includes('/') ? (String(apiVersion).split('/')[0] as string) : ''
  throw invalid({ group, kind: String(kind) }, name, [
    { reason: 'FieldValueInvalid', field, badValue, detail: `must be ${wanted[field]}` },
  ])
}

/** What a patch is refused with, by what is wrong with what it made of the object. */
type Refusal = (message: string) => { readonly badValue: string; readonly detail: string }

/** Shows all that the patch made of the object; a strategic one is shown itself. */
function refusal(
  { resource }: RestRequest,
  type: PatchType,
  old: ApiObject,
  patch: JsonValue,
  patched: JsonValue,
): Refusal {
  if (type === 'strategic')
    return (message) => describeStrategicRefusal(resource.schema, old as unknown as JsonObject, patch, message)
  const shown = resource.isCustom ? withSortedKeys(patched) : sortTouched(patched, patch)
  return (detail) => ({ badValue: JSON.stringify(shown), detail })
}

/** errors: what is wrong with the result (400) is the patch's fault: ApiError 422 */
function refusePatched<T>(refuse: Refusal, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 400) throw error
    const message = error.message.replace(UNREADABLE, '')
    throw invalid({ group: '', kind: '' }, '', [{ reason: 'FieldValueInvalid', field: 'patch', ...refuse(message) }])
  }
}

/** Go writes by name the fields of what it has merged, and leaves the rest as it was. */
function sortTouched(value: JsonValue, patch: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    fields.map(([key, each]) => {
      const part = isJsonObject(patch) ? patch[key] : undefined
      return [key, isJsonObject(part) ? sortTouched(each, part) : each]
    }),
  )
}
