import { apiVersionOf } from '../../util/gvk.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { Registry } from '../kinds/registry.ts'
import { type LabelSelector, matchesSelector } from '../label-selector.ts'
import { notFound } from '../status.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { type RequestRule, ruleMatches } from './rule-match.ts'

/** Which requests a webhook or a policy is for. */
export interface RequestCriteria {
  readonly rules: readonly RequestRule[]
  readonly matchPolicy: string
  readonly namespaceSelector: LabelSelector
  readonly objectSelector: LabelSelector
}

/** The request's own resource, or another version of it that a rule names. */
export function findResource(
  registry: Registry,
  { rules, matchPolicy }: Pick<RequestCriteria, 'rules' | 'matchPolicy'>,
  request: AdmissionRequest,
): ApiResource | undefined {
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
export async function convertObject(from: ApiResource, to: ApiResource, object: ApiObject): Promise<ApiObject> {
  const apiVersion = apiVersionOf(to)
  if (from === to || object.apiVersion !== apiVersionOf(from)) return object
  const converter = to.convert ?? from.convert
  return converter === undefined ? { ...object, apiVersion } : converter(structuredClone(object), apiVersion)
}

export function objectMatches(
  { objectSelector }: Pick<RequestCriteria, 'objectSelector'>,
  { old }: AdmissionRequest,
  object: ApiObject | undefined,
): boolean {
  const candidates = [object, old].filter((each) => each !== undefined)
  return (
    isEmpty(objectSelector) || candidates.some((each) => matchesSelector(objectSelector, each.metadata.labels ?? {}))
  )
}

/** errors: ApiError 404 for a namespace that is not there */
export function namespaceMatches(
  objects: StoredObjects,
  { namespaceSelector }: Pick<RequestCriteria, 'namespaceSelector'>,
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

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
