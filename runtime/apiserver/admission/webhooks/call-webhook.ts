import { request as httpsRequest } from 'node:https'
import { describeNetworkError } from '../../http/network-error.ts'
import { ApiError, badRequest } from '../../status.ts'
import type { AdmissionRequest } from '../admission.ts'
import { type ReviewResponse, readReviewResponse } from './admission-review.ts'
import type { Invocation } from './invocation.ts'

/** A webhook could not be asked; failurePolicy says what follows. */
export class WebhookCallError extends Error {
  override readonly name = 'WebhookCallError'
}

/** What is read of an answer; more of it is an error. As client-go's bound for its own. */
const MAX_RESPONSE_BYTES = 3 * 1024 * 1024

/**
 * Asks one webhook.
 * errors: WebhookCallError, ApiError where it denies the request, or is not made for dry runs
 * source: apiserver pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go
 */
export async function callWebhook(
  { webhook, review }: Invocation,
  request: AdmissionRequest,
  isMutating: boolean,
): Promise<ReviewResponse> {
  if (request.isDryRun && !['None', 'NoneOnDryRun'].includes(webhook.sideEffects))
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`)
  let response: ReviewResponse
  try {
    const text = await post(webhook.url, webhook.ca, webhook.timeoutSeconds, JSON.stringify(review))
    response = readReviewResponse(review.request.uid, text, isMutating)
  } catch (error) {
    const message = `failed calling webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`
    throw new WebhookCallError(message, { cause: error })
  }
  for (const warning of response.warnings) request.warn(warning)
  if (!response.allowed) throw denied(webhook.name, response)
  return response
}

function denied(name: string, { status = {} }: ReviewResponse): ApiError {
  const { code = 0, reason, message, details } = status
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = message || reason
  const text = why ? `${by}: ${why}` : `${by} without explanation`
  return new ApiError(Math.max(code, 400), reason || undefined, text, details)
}

async function post(url: string, ca: string | undefined, timeoutSeconds: number, body: string): Promise<string> {
  const target = new URL(url)
  target.searchParams.set('timeout', `${timeoutSeconds}s`)
  try {
    const { code, text } = await send(target, ca, AbortSignal.timeout(timeoutSeconds * 1000), body)
    if (code < 200 || code > 206) throw new Error(describeStatus(code, text))
    if (text === '') throw new Error(`0-length response with status code: ${code} and content type: application/json`)
    return text
  } catch (error) {
    const why = describeNetworkError(error as NodeJS.ErrnoException, target)
    throw new Error(`failed to call webhook: ${why}`, { cause: error })
  }
}

/** A connection for each call: webhooks of tests come and go, and a handshake is 2 ms. */
function send(
  target: URL,
  ca: string | undefined,
  signal: AbortSignal,
  body: string,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Accept: 'application/json, */*',
      'User-Agent': 'kube-apiserver-admission',
    }
    const options = { method: 'POST', headers, signal, agent: false, ...(ca !== undefined && { ca }) }
    const call = httpsRequest(target, options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > MAX_RESPONSE_BYTES)
          call.destroy(new Error(`the response is larger than ${MAX_RESPONSE_BYTES} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** As client-go reads an answer that is none. */
function describeStatus(code: number, text: string): string {
  const message = messageOfStatus(text)
  if (message !== undefined) return message
  const body = text.trim()
  if (code === 404) return 'the server could not find the requested resource'
  if (code === 401) return 'the server has asked for the client to provide credentials'
  if (code === 403 && body !== '') return body
  if (code >= 500)
    return `an error on the server (${JSON.stringify(body || 'unknown')}) has prevented the request from succeeding`
  return 'the server rejected our request for an unknown reason'
}

function messageOfStatus(text: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: string; message?: string }
    return kind === 'Status' ? message : undefined
  } catch {
    return undefined
  }
}
