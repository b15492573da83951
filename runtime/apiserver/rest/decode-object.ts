import { apiVersionOf } from '../../util/gvk.ts'
import { describeFieldError } from '../field-error.ts'
import { type BodyFormat, bodyFormat, type DecodedBody, decodeBody, summarizeBody } from '../http/decode-body.ts'
import { goNameOf, TYPE_META } from '../http/go-names.ts'
import { MalformedBody } from '../http/malformed-body.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { isTime, timeFault } from '../kinds/strategies/go-shape.ts'
import { coerceEmbeddedResources } from '../schema/embedded-resources.ts'
import { objectMetaFault } from '../schema/object-meta-fault.ts'
import { formatStrictErrors, strictFieldErrors } from '../schema/strict.ts'
import { badRequest, invalid } from '../status.ts'
import type { RestContext, RestRequest } from './rest-request.ts'
import type { WriteOptions } from './write-options.ts'

/**
 * The request's body as an object of the resource, its unknown fields reported as the request wants that, and gone.
 * errors: ApiError 400, 413, 415, 422 with kube-apiserver's words
 */
export async function decodeObject(
  context: RestContext,
  request: RestRequest,
  options: WriteOptions,
  expected: ApiResource = request.resource,
): Promise<ApiObject> {
  const format = bodyFormat(request.contentType)
  const bytes = await request.readBody()
  const body = decodeOrRefuse(bytes, format, expected.kind)
  const object = withTypeMeta(body.value, bytes, expected)
  assertKind(context, object, expected)
  assertEmbeddedResources(expected, object)
  const unknown = strictFaults(options, object, body.text, expected, body.faults)
  // What cannot be read as the kind at all is refused before anything is said of single fields.
  if (!expected.isCustom) expected.strategy.applyDefaults?.(object)
  reportStrictFaults(request, options, unknown, expected)
  return object
}

function decodeOrRefuse(bytes: Buffer, format: BodyFormat, kind: string): DecodedBody {
  try {
    return decodeBody(bytes, format)
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    const why = format === 'json' ? `couldn't get version/kind; json parse error: ${error.message}` : error.message
    throw unrecognized(kind, why, bytes)
  }
}

function unrecognized(kind: string, why: string, bytes: Buffer): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summarizeBody(bytes)})`)
}

function withTypeMeta(value: JsonValue, bytes: Buffer, resource: ApiResource): ApiObject {
  if (value !== null && !isJsonObject(value)) {
    throw unrecognized(
      resource.kind,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goNameOf(value)} into Go value of type ${TYPE_META}`,
      bytes,
    )
  }
  const object = value ?? {}
  const fault = typeMetaFault(object)
  if (fault !== undefined) throw unrecognized(resource.kind, fault, bytes)
  const { kind, apiVersion } = object
  if (resource.isCustom) {
    if ((kind ?? '') === '')
      throw unrecognized(resource.kind, `Object 'Kind' is missing in '${bytes.toString('utf8').trimEnd()}'`, bytes)
    if ((apiVersion ?? '') === '') throw otherVersion('', resource)
  }
  return toApiObject(
    { ...object, kind: kind || resource.kind, apiVersion: apiVersion || apiVersionOf(resource) },
    resource,
  )
}

/** What is wrong with kind and apiVersion themselves, in the words of Go's decoder; undefined: nothing. */
export function typeMetaFault(object: JsonObject): string | undefined {
  for (const [field, value] of Object.entries(object)) {
    if ((field !== 'kind' && field !== 'apiVersion') || value === null || typeof value === 'string') continue
    return `couldn't get version/kind; json parse error: json: cannot unmarshal ${goNameOf(value)} into Go struct field .${field} of type string`
  }
  const { apiVersion } = object
  const isVersion = typeof apiVersion !== 'string' || apiVersion.split('/').length <= 2
  return isVersion ? undefined : `unexpected GroupVersion string: ${apiVersion}`
}

function otherVersion(apiVersion: string, expected: ApiResource): Error {
  return badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
  )
}

/** errors: ApiError 400 where metadata is no object, or has what has not its type */
export function toApiObject(object: JsonObject, resource: ApiResource): ApiObject {
  const { kind, apiVersion, metadata, ...rest } = object
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata))
    throw wrongType(resource, goNameOf(metadata), 'metadata', 'v1.ObjectMeta')
  const meta = isJsonObject(metadata) ? metadata : {}
  const fault = objectMetaFault(meta)
  if (fault !== undefined) throw wrongType(resource, fault.found, `metadata.${fault.field}`, fault.wanted)
  if (resource.isCustom) assertTimes(resource, meta)
  // Go has no null for a text.
  for (const texts of [meta.labels, meta.annotations])
    if (isJsonObject(texts)) for (const [key, each] of Object.entries(texts)) texts[key] = each ?? ''
  return { kind, apiVersion, metadata: meta, ...rest } as unknown as ApiObject
}

/** Of built-in kinds the types see to that. errors: ApiError 400 */
function assertTimes({ kind, version }: ApiResource, { creationTimestamp, deletionTimestamp }: JsonObject): void {
  for (const time of [creationTimestamp, deletionTimestamp]) {
    if (typeof time !== 'string' || time === '' || isTime(time)) continue
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${timeFault(time, 'Time')}`)
  }
}

function wrongType({ kind, version, isCustom }: ApiResource, found: string, path: string, wanted: string): Error {
  // Of a custom resource Go reads the metadata by itself.
  const field =
    path === 'metadata' ? `${kind}.${path}` : `ObjectMeta.${isCustom ? path.replace('metadata.', '') : path}`
  const message = `json: cannot unmarshal ${found} into Go struct field ${field} of type ${wanted}`
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${message}`)
}

/** errors: ApiError 400 where the metadata of a resource in the object cannot be read */
export function assertEmbeddedResources({ kind, version, schema, isCustom }: ApiResource, object: ApiObject): void {
  const fault = isCustom ? coerceEmbeddedResources(schema, object) : undefined
  if (fault === undefined) return
  const why = `${fault.field}: ${describeFieldError(fault)}`
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`)
}

/** errors: ApiError 400 for an object of another kind, 422 for a custom one */
export function assertKind(context: RestContext, object: ApiObject, expected: ApiResource): void {
  const { kind, apiVersion } = object
  if (kind === expected.kind && apiVersion === apiVersionOf(expected)) return
  if (expected.isCustom) {
    if (apiVersion !== apiVersionOf(expected)) throw otherVersion(apiVersion, expected)
    const error = {
      reason: 'FieldValueInvalid',
      field: 'kind',
      badValue: kind,
      detail: `must be ${expected.kind}`,
    } as const
    throw invalid({ group: expected.group, kind }, object.metadata.name ?? '', [error])
  }
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const start = `${kind} in version "${version}" cannot be handled as a ${expected.kind}`
  const isKnown =
    isEverywhere(kind) || context.registry.findKind(group, version, kind.replace(/List$/, '')) !== undefined
  if (isKnown)
    throw badRequest(
      `${start}: converting (${version}.${kind}) to (${packageOf(expected.group)}.${expected.kind}): unknown conversion`,
    )
  throw badRequest(
    `${start}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
  )
}

/** Every group has these. */
function isEverywhere(kind: string): boolean {
  return [
    'Status',
    'ListOptions',
    'GetOptions',
    'DeleteOptions',
    'CreateOptions',
    'UpdateOptions',
    'PatchOptions',
  ].includes(kind)
}

/** The Go package of a group's internal types. */
function packageOf(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] as string)
}

/** Fields that the kind does not have, or the text twice; `faults`: more of the kind, known already. */
export function strictFaults(
  { fieldValidation }: WriteOptions,
  object: ApiObject,
  text: string | undefined,
  resource: ApiResource,
  faults: readonly string[] = [],
): string[] {
  if (fieldValidation === 'Ignore') return []
  return [...faults, ...strictFieldErrors(resource.schema, object, text, resource.isCustom)]
}

/** errors: ApiError 400 with fieldValidation=Strict */
export function reportStrictFaults(
  request: RestRequest,
  { fieldValidation }: WriteOptions,
  errors: readonly string[],
  resource: ApiResource,
): void {
  if (errors.length === 0) return
  if (fieldValidation === 'Warn') {
    for (const each of errors) request.warn(each)
    return
  }
  const { kind, version } = resource
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${formatStrictErrors(errors)}`)
}
