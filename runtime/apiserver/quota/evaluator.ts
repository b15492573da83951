import type { AdmissionRequest } from '../admission/admission.ts'
import type { ApiObject } from '../json.ts'
import { type ResourceQuota, type ScopeRequirement, scopesOf } from './quota.ts'
import type { ResourceList } from './resource-list.ts'

/** How the objects of one resource count. source: apiserver pkg/quota/v1 Evaluator */
export interface Evaluator {
  /** Whether a write can change what its object counts. `object`: as it is to become. */
  handles(request: AdmissionRequest, object: ApiObject): boolean
  /** Of these names, those of what this counts. */
  matching(names: readonly string[]): string[]
  /** What the object has to say for these to be counted, as `must specify limits.cpu for: a`; undefined: nothing is missing. */
  missing?(names: readonly string[], object: ApiObject): string | undefined
  /** Absent: no scope has such objects. */
  matchesScope?(scope: ScopeRequirement, object: ApiObject): boolean
  usage(object: ApiObject, nowMs: number): ResourceList
  /** Whether a change that admission did not see, as of a status, may have changed what it counts. */
  isReleased?(object: ApiObject, old: ApiObject, nowMs: number): boolean
}

/** The object is in all of the quota's scopes. */
export function isInScope(evaluator: Evaluator, quota: ResourceQuota, object: ApiObject): boolean {
  return scopesOf(quota).every((scope) => evaluator.matchesScope?.(scope, object) ?? false)
}

/** The name by which objects of any resource are counted. */
export function countName({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return group === '' ? `count/${plural}` : `count/${plural}.${group}`
}
