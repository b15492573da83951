import { randomUUID } from 'node:crypto'
import { decodeBody } from '../http/decode-body.ts'
import { goNameOf, TYPE_META } from '../http/go-names.ts'
import { postReview } from '../http/post-review.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { ApiError } from '../status.ts'
import { ConversionFault, convertedObject } from './converted-object.ts'
import type { WebhookClientConfig } from './definition.ts'

/** As kube-apiserver waits for conversion. */
const TIMEOUT_SECONDS = 30
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

export interface WebhookConversion {
  readonly clientConfig: WebhookClientConfig
  readonly conversionReviewVersions: readonly string[]
  /** Where a Service of the cluster is to be found; undefined: nowhere. */
  readonly resolveService: (service: NonNullable<WebhookClientConfig['service']>) => string | undefined
}

/**
 * Has a webhook convert an object to another version: one at a time, as kube-apiserver reads what is stored. Throws ApiError when it fails or answers what cannot be.
 * source: apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go
 */
export async function convertByWebhook(
  webhook: WebhookConversion,
  object: ApiObject,
  toApiVersion: string,
): Promise<ApiObject> {
  if (object.apiVersion === toApiVersion) return object
  const name = `conversion webhook for ${object.apiVersion}, Kind=${object.kind}`
  const failed = (why: string) => new ApiError(500, undefined, `${name} ${why}`)
  const version = webhook.conversionReviewVersions.find((each) => each === 'v1' || each === 'v1beta1')
  if (version === undefined) throw new ApiError(500, undefined, 'no supported conversion review versions')
  const answers = await ask(webhook, version, object, toApiVersion).catch((error: unknown) => {
    throw failed(`failed: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (answers.length !== 1) throw failed(`returned ${answers.length} objects, expected 1`)
  try {
    return convertedObject(object, answers[0], toApiVersion)
  } catch (error) {
    if (!(error instanceof ConversionFault)) throw error
    throw error.isUnreadable ? new ApiError(500, undefined, error.message) : failed(`returned ${error.message}`)
  }
}

async function ask(
  webhook: WebhookConversion,
  version: string,
  object: ApiObject,
  desiredAPIVersion: string,
): Promise<readonly (JsonValue | undefined)[]> {
  const uid = randomUUID()
  const review = {
    kind: 'ConversionReview',
    apiVersion: `apiextensions.k8s.io/${version}`,
    request: { uid, desiredAPIVersion, objects: [object] },
    response: { uid: '', convertedObjects: null, result: { metadata: {} } },
  }
  return answeredObjects(parse(await post(webhook, review)), uid, version)
}

async function post({ clientConfig, resolveService }: WebhookConversion, review: object): Promise<string> {
  const { url, service, caBundle } = clientConfig
  const target = url ?? (service && resolveService(service))
  if (target === undefined)
    throw new Error(
      `service ${JSON.stringify(service?.name ?? '')} cannot be reached: the embedded API server has no cluster network`,
    )
  const ca = caBundle === undefined ? undefined : Buffer.from(caBundle, 'base64').toString()
  return postReview(
    {
      url: target,
      ca: ca?.trim() === '' ? undefined : ca,
      timeoutSeconds: TIMEOUT_SECONDS,
      userAgent: 'kube-apiserver',
      maxBytes: MAX_ANSWER_BYTES,
    },
    JSON.stringify(review),
  )
}

/** YAML, which JSON is, too. */
function parse(text: string): JsonObject {
  const prefix = "couldn't get version/kind; json parse error:"
  let value: JsonValue
  try {
    value = decodeBody(Buffer.from(text), 'yaml').value
  } catch (error) {
    throw new Error(`${prefix} ${(error as Error).message}`)
  }
  if (isJsonObject(value)) return value
  throw new Error(`${prefix} json: cannot unmarshal ${goNameOf(value)} into Go value of type ${TYPE_META}`)
}

function answeredObjects(review: JsonObject, uid: string, version: string): readonly (JsonValue | undefined)[] {
  assertReview(review, version)
  const { response } = review
  if (!isJsonObject(response)) throw new Error('no response provided')
  if (version === 'v1' && response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const { status = '', message = '' } = isJsonObject(response.result) ? response.result : {}
  if (status !== 'Success')
    throw new Error(message === '' ? `response.result.status was '${String(status)}', not 'Success'` : String(message))
  const { convertedObjects = null } = response
  if (convertedObjects === null || Array.isArray(convertedObjects)) return convertedObjects ?? []
  throw new Error(
    `json: cannot unmarshal ${goNameOf(convertedObjects)} into Go struct field ConversionResponse.response.convertedObjects of type []runtime.RawExtension`,
  )
}

/** What has no version or kind is taken for what was asked for; of v1 that is looked at once more. */
function assertReview({ apiVersion = '', kind = '' }: JsonObject, version: string): void {
  const wanted = `apiextensions.k8s.io/${version}`
  if (apiVersion === wanted && kind === 'ConversionReview') return
  const isOther = apiVersion === 'apiextensions.k8s.io/v1' || apiVersion === 'apiextensions.k8s.io/v1beta1'
  if (isOther && kind === 'ConversionReview') {
    const other = String(apiVersion).split('/')[1]
    throw new Error(`converting (${other}.ConversionReview) to (${version}.ConversionReview): unknown conversion`)
  }
  if (apiVersion !== '' && kind !== '')
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  if (version === 'v1')
    throw new Error(
      `expected webhook response of ${wanted}, Kind=ConversionReview, got ${String(apiVersion) || '/'}, Kind=${String(kind)}`,
    )
}
