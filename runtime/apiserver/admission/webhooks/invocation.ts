import { apiVersionOf } from '../../../util/gvk.ts'
import type { ApiObject } from '../../json.ts'
import type { ApiResource } from '../../kinds/api-resource.ts'
import type { Registry } from '../../kinds/registry.ts'
import { matchesSelector } from '../../label-selector.ts'
import { notFound } from '../../status.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import type { AdmissionRequest } from '../admission.ts'
import { refuseRequest } from '../refuse-request.ts'
import { createReview, type Review } from './admission-review.ts'
import { evaluateConditions } from './match-conditions.ts'
import { ruleMatches } from './rule-match.ts'
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
    each === undefined ? undefined : convert(request.resource, resource, each)
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

/** The request's own, or another version of it that a rule names. */
function findResource(registry: Registry, { rules, matchPolicy }: Webhook, request: AdmissionRequest) {
  if (rules.some((rule) => ruleMatches(rule, request))) return request.resource
  if (matchPolicy !== 'Equivalent') return undefined
  const { storage } = request.resource
  const others = registry.list().filter((each) => each.storage === storage && each !== request.resource)
  for (const rule of rules) {
    const found = others.find((resource) => ruleMatches(rule, { ...request, resource }))
    if (found !== undefined) return found
  }
  return undefined
}

/** Objects of subresources have a kind of their own, the same in all versions. */
export async function convert(from: ApiResource, to: ApiResource, object: ApiObject): Promise<ApiObject> {
  const apiVersion = apiVersionOf(to)
  if (from === to || object.apiVersion !== apiVersionOf(from)) return object
  const converter = to.convert ?? from.convert
  return converter === undefined ? { ...object, apiVersion } : converter(structuredClone(object), apiVersion)
}

function objectMatches({ objectSelector }: Webhook, { old }: AdmissionRequest, object: ApiObject | undefined): boolean {
  const candidates = [object, old].filter((each) => each !== undefined)
  return (
    isEmpty(objectSelector) || candidates.some((each) => matchesSelector(objectSelector, each.metadata.labels ?? {}))
  )
}

function namespaceMatches(
  objects: StoredObjects,
  { namespaceSelector }: Webhook,
  { resource, namespace, name, operation }: AdmissionRequest,
  object: ApiObject | undefined,
): boolean {
  if (isEmpty(namespaceSelector)) return true
  const isNamespace = resource.group === '' && resource.plural === 'namespaces'
  if (isNamespace && operation !== 'DELETE' && object !== undefined)
    return matchesSelector(namespaceSelector, object.metadata.labels ?? {})
  const of = isNamespace ? name : namespace
  if (of === '') return true
  const found = objects.get('/namespaces', '', of)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, of)
  return matchesSelector(namespaceSelector, found.metadata.labels ?? {})
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: Webhook['objectSelector']): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
