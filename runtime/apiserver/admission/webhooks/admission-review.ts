import { randomUUID } from 'node:crypto'
import { userInfoOf } from '../../access/reviews/authentication-review.ts'
import { decodeBody } from '../../http/decode-body.ts'
import { goNameOf, TYPE_META } from '../../http/go-names.ts'
import { type ApiObject, isJsonObject, type JsonValue } from '../../json.ts'
import type { ApiResource } from '../../kinds/api-resource.ts'
import type { Status } from '../../status.ts'
import type { AdmissionRequest } from '../admission.ts'

/** admission.k8s.io/v1 AdmissionReview, as it is sent. */
export interface Review {
  readonly kind: 'AdmissionReview'
  readonly apiVersion: 'admission.k8s.io/v1'
  readonly request: Readonly<Record<string, unknown>> & {
    readonly uid: string
    readonly object: ApiObject | null
    readonly oldObject: ApiObject | null
  }
}

/** What a webhook answers, checked. */
export interface ReviewResponse {
  readonly allowed: boolean
  readonly status: Partial<Status> | undefined
  readonly warnings: readonly string[]
  /** JSON text of a JSON patch; mutating webhooks only. */
  readonly patch: string | undefined
  readonly patchType: string | undefined
}

const OPTIONS_KIND = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const

/** `resource`: the version that the objects are in. */
export function createReview(
  request: AdmissionRequest,
  resource: ApiResource,
  object: ApiObject | undefined,
  old: ApiObject | undefined,
): Review {
  const { operation, subresource, namespace, user, isDryRun, options } = request
  const name = request.name || object?.metadata.name || ''
  const optionsKind = operation === 'CONNECT' ? undefined : OPTIONS_KIND[operation]
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: randomUUID(),
      kind: kindOf(resource, subresource),
      resource: resourceOf(resource),
      ...(subresource !== undefined && { subResource: subresource }),
      requestKind: kindOf(request.resource, subresource),
      requestResource: resourceOf(request.resource),
      ...(subresource !== undefined && { requestSubResource: subresource }),
      ...(name !== '' && { name }),
      ...(namespace !== '' && { namespace }),
      operation,
      userInfo: userInfoOf(user),
      object: object ?? null,
      oldObject: old ?? null,
      dryRun: isDryRun,
      // A patch is told of as an update.
      options: optionsKind === undefined ? null : { kind: optionsKind, apiVersion: 'meta.k8s.io/v1', ...options },
    },
  }
}

function kindOf({ group, version, kind, subresources }: ApiResource, subresource: string | undefined) {
  const own = subresource === undefined ? undefined : subresources.get(subresource)
  return { group: own?.group ?? group, version: own?.version ?? version, kind: own?.kind ?? kind }
}

function resourceOf({ group, version, plural }: ApiResource) {
  return { group, version, resource: plural }
}

/** Why an answer cannot be used: `received invalid webhook response`, or what could not be read. */
class ReviewError extends Error {
  override readonly name = 'ReviewError'
}

/** errors: ReviewError with kube-apiserver's words. source: apiserver plugin/webhook/request/admissionreview.go */
export function readReviewResponse(uid: string, text: string, isMutating: boolean): ReviewResponse {
  const review = parse(text)
  const response = review.response
  if (!isJsonObject(response)) throw invalid('webhook response was absent')
  for (const [field, isOfType, type] of RESPONSE_TYPES) {
    const value = response[field] ?? undefined
    if (value !== undefined && !isOfType(value)) throw wrongType(value, field, type)
  }
  const { allowed, status, warnings, patch, patchType } = response
  if (response.uid !== uid)
    throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  if (!isMutating && patch) throw invalid('validating webhook may not return response.patch')
  if (!isMutating && patchType !== undefined) throw invalid('validating webhook may not return response.patchType')
  if (isMutating && patch && patchType === undefined)
    throw invalid('webhook returned response.patch but not response.patchType')
  if (isMutating && !patch && patchType !== undefined)
    throw invalid('webhook returned response.patchType but not response.patch')
  return {
    allowed: allowed === true,
    status: isJsonObject(status) ? (status as Partial<Status>) : undefined,
    warnings: (warnings ?? []) as readonly string[],
    patch: isMutating && typeof patch === 'string' ? decodeBase64(patch) : undefined,
    patchType: typeof patchType === 'string' ? patchType : undefined,
  }
}

const isText = (value: JsonValue) => typeof value === 'string'

/** Go's types of the response's fields, in its words. */
const RESPONSE_TYPES: readonly (readonly [string, (value: JsonValue) => boolean, string])[] = [
  ['uid', isText, 'types.UID'],
  ['allowed', (value) => typeof value === 'boolean', 'bool'],
  ['status', isJsonObject, 'v1.Status'],
  ['patch', isText, '[]uint8'],
  ['patchType', isText, 'v1.PatchType'],
  ['auditAnnotations', (value) => isJsonObject(value) && Object.values(value).every(isText), 'map[string]string'],
  ['warnings', (value) => Array.isArray(value) && value.every(isText), '[]string'],
]

function wrongType(value: JsonValue, field: string, type: string): ReviewError {
  return failed(
    `json: cannot unmarshal ${goNameOf(value)} into Go struct field AdmissionResponse.response.${field} of type ${type}`,
  )
}

/** As bytes; Go stops at the first character that is none of base64. */
function decodeBase64(text: string): string {
  const wrong = /[^A-Za-z0-9+/=]/.exec(text)
  if (wrong !== null) throw failed(`illegal base64 data at input byte ${wrong.index}`)
  return Buffer.from(text, 'base64').toString()
}

function parse(text: string) {
  let review: JsonValue
  try {
    review = decodeBody(Buffer.from(text), text.trimStart().startsWith('{') ? 'json' : 'yaml').value
  } catch (error) {
    throw failed(`couldn't get version/kind; json parse error: ${(error as Error).message}`)
  }
  if (review === null) throw invalid('webhook response was absent')
  if (!isJsonObject(review)) {
    const why = `json: cannot unmarshal ${goNameOf(review)} into Go value of type ${TYPE_META}`
    throw failed(`couldn't get version/kind; json parse error: ${why}`)
  }
  const { apiVersion, kind } = review
  if (apiVersion === 'admission.k8s.io/v1beta1')
    throw failed('converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion')
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    const scheme = 'in scheme "pkg/runtime/scheme.go:111"'
    throw failed(
      `no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')} ${scheme}`,
    )
  }
  return review
}

function invalid(why: string): ReviewError {
  return new ReviewError(`received invalid webhook response: ${why}`)
}

function failed(why: string): ReviewError {
  return new ReviewError(`failed to call webhook: ${why}`)
}
