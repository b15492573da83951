import type { RequestInfo } from '../request-info.ts'

/** rbac.authorization.k8s.io/v1 PolicyRule */
export interface PolicyRule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** source: kubernetes plugin/pkg/auth/authorizer/rbac/rbac.go RuleAllows */
export function ruleAllows(rule: PolicyRule, info: RequestInfo): boolean {
  if (!hasOrAll(rule.verbs, info.verb)) return false
  if (!info.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, info.path))
  return (
    hasOrAll(rule.apiGroups, info.group) && resourceMatches(rule, info) && nameMatches(rule.resourceNames, nameOf(info))
  )
}

/** Lists and watches of one object by `metadata.name` are about that name. */
export function nameOf(info: RequestInfo): string {
  return info.name ?? info.selectedName ?? ''
}

function hasOrAll(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(value))
}

function resourceMatches(rule: PolicyRule, { plural, subresource }: RequestInfo): boolean {
  const asked = subresource === undefined ? plural : `${plural}/${subresource}`
  return (rule.resources ?? []).some(
    (resource) =>
      resource === '*' || resource === asked || (subresource !== undefined && resource === `*/${subresource}`),
  )
}

function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name)
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')))
}
