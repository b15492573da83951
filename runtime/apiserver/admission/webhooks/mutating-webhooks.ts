import { isDeepStrictEqual } from 'node:util'
import { parseJson } from '../../http/decode-body.ts'
import { goNameOf, TYPE_META } from '../../http/go-names.ts'
import { MalformedBody } from '../../http/malformed-body.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts'
import type { ApiResource } from '../../kinds/api-resource.ts'
import { applyOperations, type Operation, OperationError, readOperations } from '../../patch/json-patch.ts'
import { toApiObject } from '../../rest/decode-object.ts'
import { ApiError, internalError } from '../../status.ts'
import type { AdmissionRequest } from '../admission.ts'
import { convertObject } from '../request-match.ts'
import type { ReviewResponse } from './admission-review.ts'
import { callWebhook, WebhookCallError } from './call-webhook.ts'
import { type Invocation, type InvocationContext, isExempt, prepareInvocation } from './invocation.ts'
import { readWebhooks, type Webhook } from './webhook-configuration.ts'

/**
 * One request's way through the mutating webhooks, in one round or two: a webhook with reinvocationPolicy IfNeeded is asked
 * again when something changed the object after it.
 * source: apiserver pkg/admission/plugin/webhook/mutating
 */
export class MutatingWebhooks {
  readonly #context: InvocationContext
  readonly #request: AdmissionRequest
  /** Asked, and willing to be asked again; nothing has changed since. */
  readonly #settled = new Set<string>()
  /** To be asked again in the second round. */
  readonly #stale = new Set<string>()
  #lastOutput: ApiObject | undefined
  #hasChanged = false

  constructor(context: InvocationContext, request: AdmissionRequest) {
    this.#context = context
    this.#request = request
  }

  /** The built-in plugins and the webhooks want another look at it. */
  get needsSecondRound(): boolean {
    return this.#hasChanged
  }

  /** errors: ApiError */
  async run(object: ApiObject | undefined, round: 1 | 2): Promise<ApiObject | undefined> {
    if (isExempt(this.#request)) return object
    if (round === 2 && !isDeepStrictEqual(object, this.#lastOutput)) this.#unsettle()
    let current = object
    const webhooks = readWebhooks(this.#context.objects, 'mutating')
    // Where nobody can have asked for another look, there is nothing to compare with then.
    if (webhooks.length === 0) return object
    for (const webhook of webhooks) {
      if (round === 2 && !this.#stale.has(webhook.id)) continue
      const invocation = await prepareInvocation(this.#context, webhook, this.#request, current)
      if (invocation !== undefined) current = await this.#invoke(invocation, current)
    }
    this.#lastOutput = structuredClone(current)
    return current
  }

  async #invoke(invocation: Invocation, object: ApiObject | undefined): Promise<ApiObject | undefined> {
    const { webhook } = invocation
    const response = await callOrIgnore(invocation, this.#request)
    const changed =
      response === undefined ? object : await patched(invocation, this.#request, object, response).catch(asInternal)
    if (changed !== object && !isDeepStrictEqual(changed, object)) {
      this.#unsettle()
      this.#hasChanged = true
    }
    if (webhook.reinvocationPolicy === 'IfNeeded') this.#settled.add(webhook.id)
    return changed
  }

  #unsettle(): void {
    for (const id of this.#settled) this.#stale.add(id)
    this.#settled.clear()
  }
}

async function callOrIgnore(invocation: Invocation, request: AdmissionRequest): Promise<ReviewResponse | undefined> {
  try {
    return await callWebhook(invocation, request, true)
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error
    if (invocation.webhook.failurePolicy === 'Ignore') return undefined
    throw internalError(error.message)
  }
}

async function patched(
  { webhook, resource, review }: Invocation,
  request: AdmissionRequest,
  object: ApiObject | undefined,
  { patch, patchType }: ReviewResponse,
): Promise<ApiObject | undefined> {
  if (patch === undefined) return object
  const operations = readPatch(webhook, patch)
  if (operations.length === 0) return object
  if (object === undefined || review.request.object === null) {
    const why = 'attempted to modify the object, which is not supported for this operation'
    throw internalError(`admission webhook ${JSON.stringify(webhook.name)} ${why}`)
  }
  if (patchType !== 'JSONPatch') return fail(webhook, `unsupported patch type ${JSON.stringify(patchType)}`, object)
  const sent = review.request.object
  const target = readPatched(applyPatch(sent as unknown as JsonObject, operations), sent, resource)
  request.resource.strategy.applyDefaults?.(target)
  return convertObject(resource, request.resource, target)
}

/** Of the kind that was sent, or none at all. errors: ApiError 500 */
function readPatched(patched: JsonValue, sent: ApiObject, resource: ApiResource): ApiObject {
  if (!isJsonObject(patched)) {
    const why = `json: cannot unmarshal ${goNameOf(patched)} into Go value of type ${TYPE_META}`
    throw internalError(`couldn't get version/kind; json parse error: ${why}`)
  }
  const { kind = '', apiVersion = '' } = patched
  if ((kind !== '' && kind !== sent.kind) || (apiVersion !== '' && apiVersion !== sent.apiVersion)) {
    const scheme = 'in scheme "pkg/runtime/scheme.go:111"'
    const [wanted, version] = [kind || sent.kind, apiVersion || sent.apiVersion].map((each) => JSON.stringify(each))
    throw internalError(`no kind ${wanted} is registered for version ${version} ${scheme}`)
  }
  return toApiObject({ ...patched, kind: sent.kind, apiVersion: sent.apiVersion }, resource)
}

/** What cannot be read as its kind is the webhook's fault, not the client's: 500, and no word of the kind. */
function asInternal(error: unknown): never {
  const [, why] = /^\S+ in version "[^"]*" cannot be handled as a \w+: (.*)$/s.exec((error as Error).message) ?? []
  throw error instanceof ApiError && why !== undefined ? internalError(why) : error
}

function readPatch(webhook: Webhook, text: string): Operation[] {
  try {
    return readOperations(parseJson(text))
  } catch (error) {
    // Said below, for what is no JSON and what is no patch.
    if (!(error instanceof MalformedBody || error instanceof ApiError)) throw error
    if (webhook.failurePolicy === 'Ignore') return []
    const fault = error.message
      .replace(/^error decoding patch: /, '')
      .replace('[]handlers.jsonPatchOp', 'jsonpatch.Patch')
    const why = `received undecodable patch in webhook response: ${fault}`
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${why}`)
  }
}

function fail(webhook: Webhook, why: string, object: ApiObject): ApiObject {
  if (webhook.failurePolicy === 'Ignore') return object
  throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${why}`)
}

function applyPatch(object: JsonObject, operations: readonly Operation[]): JsonValue {
  try {
    return applyOperations(object, operations)
  } catch (error) {
    if (error instanceof OperationError) throw internalError(error.message)
    throw error
  }
}
