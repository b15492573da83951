import { postReview } from '../../http/post-review.ts'
import { ApiError, badRequest } from '../../status.ts'
import type { AdmissionRequest } from '../admission.ts'
import { type ReviewResponse, readReviewResponse } from './admission-review.ts'
import type { Invocation } from './invocation.ts'
import type { Webhook } from './webhook-configuration.ts'

/** A webhook could not be asked; failurePolicy says what follows. */
export class WebhookCallError extends Error {
  override readonly name = 'WebhookCallError'
}

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
    const text = await post(webhook, JSON.stringify(review))
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

async function post({ url, ca, timeoutSeconds }: Webhook, body: string): Promise<string> {
  try {
    return await postReview({ url, ca, timeoutSeconds, userAgent: 'kube-apiserver-admission' }, body)
  } catch (error) {
    throw new Error(`failed to call webhook: ${(error as Error).message}`, { cause: error })
  }
}
