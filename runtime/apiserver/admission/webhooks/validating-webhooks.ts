import type { ApiObject } from '../../json.ts'
import { internalError } from '../../status.ts'
import type { AdmissionRequest } from '../admission.ts'
import { callWebhook, WebhookCallError } from './call-webhook.ts'
import { type Invocation, type InvocationContext, isExempt, prepareInvocation } from './invocation.ts'
import { readWebhooks } from './webhook-configuration.ts'

/** Asks all that are for this request, at once. errors: ApiError of the first, in their order. */
export async function askValidatingWebhooks(
  context: InvocationContext,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): Promise<void> {
  if (isExempt(request)) return
  const invocations: Invocation[] = []
  for (const webhook of readWebhooks(context.objects, 'validating')) {
    const invocation = await prepareInvocation(context, webhook, request, object)
    if (invocation !== undefined) invocations.push(invocation)
  }
  const outcomes = await Promise.allSettled(invocations.map((each) => ask(each, request)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

async function ask(invocation: Invocation, request: AdmissionRequest): Promise<void> {
  try {
    await callWebhook(invocation, request, false)
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error
    if (invocation.webhook.failurePolicy === 'Fail') throw internalError(error.message)
  }
}
