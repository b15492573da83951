import type { AdmissionRequest } from './admission.ts'

/** admissionregistration.k8s.io/v1 RuleWithOperations; with names, as policies have them, NamedRuleWithOperations. */
export interface RequestRule {
  readonly operations?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  readonly resources?: readonly string[]
  readonly scope?: string
  /** Empty: any. */
  readonly resourceNames?: readonly string[]
}

/** What a rule is compared with: the request, or the same in another version of the resource. */
export type RuleTarget = Pick<AdmissionRequest, 'operation' | 'subresource' | 'namespace' | 'name'> & {
  readonly resource: { readonly group: string; readonly version: string; readonly plural: string }
}

/** source: apiserver pkg/admission/plugin/webhook/predicates/rules */
export function ruleMatches(rule: RequestRule, target: RuleTarget): boolean {
  const { group, version } = target.resource
  const { resourceNames = [] } = rule
  return (
    has(rule.operations, target.operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    scopeMatches(rule.scope, target) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, target)) &&
    (resourceNames.length === 0 || resourceNames.includes(target.name))
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
