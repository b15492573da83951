import type { AdmissionRequest } from '../admission.ts'
import type { WebhookRule } from './webhook-configuration.ts'

/** What a rule is compared with: the request, or the same in another version of the resource. */
export type RuleTarget = Pick<AdmissionRequest, 'operation' | 'subresource' | 'namespace'> & {
  readonly resource: { readonly group: string; readonly version: string; readonly plural: string }
}

/** source: apiserver pkg/admission/plugin/webhook/predicates/rules */
export function ruleMatches(rule: WebhookRule, target: RuleTarget): boolean {
  const { group, version } = target.resource
  return (
    has(rule.operations, target.operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    scopeMatches(rule.scope, target) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, target))
  )
}

function has(values: readonly string[] = [], value: string): boolean {
  return values.includes('*') || values.includes(value)
}

/** `pods`, `pods/status`, `pods/*`, `*\/scale`, `*` (no subresources), `*\/*`. */
function resourceMatches(text: string, { resource, subresource = '' }: RuleTarget): boolean {
  const [plural, wanted = ''] = text.split('/', 2)
  return (plural === '*' || plural === resource.plural) && (wanted === '*' || wanted === subresource)
}

/** Namespaces themselves are of the cluster, although a request about one is in it. */
function scopeMatches(scope: string | undefined, { resource, namespace }: RuleTarget): boolean {
  const isCluster = namespace === '' || (resource.group === '' && resource.plural === 'namespaces')
  if (scope === 'Cluster') return isCluster
  return scope === 'Namespaced' ? !isCluster : true
}
