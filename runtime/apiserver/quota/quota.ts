import type { ApiObject } from '../json.ts'
import { type LabelSelector, matchesSelector } from '../label-selector.ts'
import type { ResourceList } from './resource-list.ts'

/** Of a quota: which objects it is about. */
export interface ScopeRequirement {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

/** core/v1 ResourceQuota. */
export interface ResourceQuota extends ApiObject {
  readonly spec?: {
    readonly hard?: ResourceList
    readonly scopes?: readonly string[]
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] }
  }
  status?: { hard?: ResourceList; used?: ResourceList }
}

/** An object has to satisfy all of them. */
export function scopesOf({ spec = {} }: ResourceQuota): readonly ScopeRequirement[] {
  const { scopes = [], scopeSelector } = spec
  const existing = scopes.map((scopeName) => ({ scopeName, operator: 'Exists' }))
  return [...existing, ...(scopeSelector?.matchExpressions ?? [])]
}

/** Whether one of the names that an object has in a scope is meant; `names` empty: it has none. */
export function isNameMeant({ scopeName, operator, values }: ScopeRequirement, names: readonly string[]): boolean {
  const requirement = { key: scopeName, operator, ...(values !== undefined && { values }) }
  const selector: LabelSelector = { matchExpressions: [requirement] }
  if (names.length === 0) return matchesSelector(selector, {})
  return names.some((name) => matchesSelector(selector, { [scopeName]: name }))
}
