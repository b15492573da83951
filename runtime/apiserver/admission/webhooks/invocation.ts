import type { ApiObject } from '../../json.ts'
import type { ApiResource } from '../../kinds/api-resource.ts'
import type { Registry } from '../../kinds/registry.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import type { AdmissionRequest } from '../admission.ts'
import { refuseRequest } from '../refuse-request.ts'
import { convertObject, findResource, namespaceMatches, objectMatches } from '../request-match.ts'
import { createReview, type Review } from './admission-review.ts'
import { evaluateConditions } from './webhook-conditions.ts'
import type { Webhook } from './webhook-configuration.ts'

/** One call to make. */
export interface Invocation {
  readonly webhook: Webhook
  /** The version of the resource in which the webhook is told of the object. */
  readonly resource: ApiResource
  readonly review: Review
}

export interface InvocationContext {
  readonly objects: StoredObjects
  readonly registry: Registry
}

/**
 * What is to be asked, if the webhook is for this request at all.
 * errors: ApiError 404 for a namespace that is not there, 403 for match conditions that fail
 * source: apiserver pkg/admission/plugin/webhook/generic/webhook.go ShouldCallHook
 */
export async function prepareInvocation(
  context: InvocationContext,
  webhook: Webhook,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): Promise<Invocation | undefined> {
  if (!objectMatches(webhook, request, object)) return undefined
  const resource = findResource(context.registry, webhook, request)
  if (resource === undefined || !namespaceMatches(context.objects, webhook, request, object)) return undefined
  const inVersion = async (each: ApiObject | undefined) =>
    each === undefined ? undefined : convertObject(request.resource, resource, each)
  const review = createReview(request, resource, await inVersion(object), await inVersion(request.old))
  if (webhook.matchConditions.length > 0) {
    const { object: now, oldObject } = review.request
    const matched = evaluateConditions(webhook.matchConditions, { object: now, oldObject, request: review.request })
    if ('error' in matched) {
      if (webhook.failurePolicy === 'Ignore') return undefined
      throw refuseRequest(request, object, matched.error)
    }
    if (!matched.matches) return undefined
  }
  return { webhook, resource, review }
}

/** Configurations of webhooks are not shown to webhooks, which could lock everybody out. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  const plurals = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']
  return resource.group === 'admissionregistration.k8s.io' && plurals.includes(resource.plural)
}
