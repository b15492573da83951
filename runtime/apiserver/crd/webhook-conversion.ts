import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Agent, request } from 'undici'
import { describeNetworkError } from '../http/network-error.ts'
import { type ApiObject, isJsonObject } from '../json.ts'
import { ApiError } from '../status.ts'
import type { WebhookClientConfig } from './definition.ts'

/** As kube-apiserver waits for conversion. */
const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

export interface WebhookConversion {
  readonly clientConfig: WebhookClientConfig
  readonly conversionReviewVersions: readonly string[]
  /** Where a Service of the cluster is to be found; undefined: nowhere. */
  readonly resolveService: (service: NonNullable<WebhookClientConfig['service']>) => string | undefined
}

/**
 * Has a webhook convert an object to another version. Throws ApiError when it fails or answers what cannot be.
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
  if (version === undefined) throw failed('failed: no supported conversion review versions')
  const uid = randomUUID()
  const review = {
    kind: 'ConversionReview',
    apiVersion: `apiextensions.k8s.io/${version}`,
    request: { uid, desiredAPIVersion: toApiVersion, objects: [object] },
    response: null,
  }
  const answer = await post(webhook, review).catch((error: unknown) => {
    throw failed(`failed: ${error instanceof Error ? error.message : String(error)}`)
  })
  const [converted, ...others] = convertedObjects(answer, uid, version, (why) => failed(`failed: ${why}`))
  if (converted === undefined || others.length > 0)
    throw failed(`returned ${others.length + (converted === undefined ? 0 : 1)} objects, expected 1`)
  return checked(object, converted, toApiVersion, failed)
}

async function post({ clientConfig, resolveService }: WebhookConversion, review: object): Promise<unknown> {
  const { url, service, caBundle } = clientConfig
  const target = url ?? (service && resolveService(service))
  if (target === undefined)
    throw new Error(
      `service ${JSON.stringify(service?.name ?? '')} cannot be reached: the embedded API server has no cluster network`,
    )
  const asked = new URL(target)
  asked.searchParams.set('timeout', `${TIMEOUT_MS / 1000}s`)
  const dispatcher = new Agent({ connect: caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64') } })
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const body = JSON.stringify(review)
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const response = await request(asked, { method: 'POST', headers, body, dispatcher, signal })
    const text = await readBounded(response.body)
    if (response.statusCode !== 200)
      throw new Error(
        `the server responded with the status code ${response.statusCode} but did not return more information`,
      )
    return JSON.parse(text)
  } catch (error) {
    throw new Error(describeNetworkError(error as NodeJS.ErrnoException, asked), { cause: error })
  } finally {
    await dispatcher.destroy()
  }
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

type Fail = (why: string) => Error

function convertedObjects(answer: unknown, uid: string, version: string, fail: Fail): unknown[] {
  const { apiVersion, kind, response } = isJsonObject(answer) ? answer : {}
  if (version === 'v1' && (apiVersion !== 'apiextensions.k8s.io/v1' || kind !== 'ConversionReview'))
    throw fail(
      `expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got ${String(apiVersion ?? '')}, Kind=${String(kind ?? '')}`,
    )
  if (!isJsonObject(response)) throw fail('no response provided')
  if (version === 'v1' && response.uid !== uid)
    throw fail(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const result = isJsonObject(response.result) ? response.result : {}
  if (result.status !== 'Success') {
    const { message, status = '' } = result
    throw fail(
      typeof message === 'string' && message !== ''
        ? message
        : `response.result.status was '${String(status)}', not 'Success'`,
    )
  }
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : []
}

/** Of metadata a webhook may change labels and annotations alone. */
function checked(original: ApiObject, answer: unknown, toApiVersion: string, fail: Fail): ApiObject {
  if (!isJsonObject(answer) || !isJsonObject(answer.metadata)) throw fail('returned invalid object: missing metadata')
  const converted = answer as unknown as ApiObject
  if (converted.apiVersion !== toApiVersion)
    throw fail(
      `returned invalid object at index 0: invalid groupVersion (expected ${toApiVersion}, received ${converted.apiVersion})`,
    )
  if (converted.kind !== original.kind)
    throw fail(
      `returned invalid object at index 0: invalid kind (expected ${original.kind}, received ${converted.kind})`,
    )
  for (const field of ['name', 'namespace', 'uid'] as const) {
    const [before, after] = [original.metadata[field], converted.metadata[field]]
    if (!isDeepStrictEqual(before, after))
      throw fail(
        `returned invalid object: must have the same ${field === 'uid' ? 'UID' : field}: ${before ?? ''} != ${after ?? ''}`,
      )
  }
  const { labels, annotations } = converted.metadata
  const { labels: _labels, annotations: _annotations, ...rest } = original.metadata
  converted.metadata = {
    ...rest,
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  }
  return converted
}
