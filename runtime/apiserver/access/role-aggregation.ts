import { isDeepStrictEqual } from 'node:util'
import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject } from '../json.ts'
import { type LabelSelector, matchesSelector } from '../label-selector.ts'
import type { Store } from '../storage/store.ts'
import { StoredObjects } from '../storage/stored-objects.ts'
import { RBAC_GROUP } from './rbac-authorizer.ts'
import type { PolicyRule } from './rbac-rule.ts'

export const AGGREGATION_MANAGER = 'clusterrole-aggregation-controller'

interface Options {
  readonly store: Store
  readonly client: InProcessClient
}

export interface RoleAggregation {
  readonly isIdle: boolean
  stop(): void
}

/**
 * Keeps the rules of ClusterRoles with an aggregationRule what the roles that they select have. A write that fails is tried
 * again with the next change of a role.
 * source: kubernetes pkg/controller/clusterroleaggregation
 */
export function startRoleAggregation({ store, client }: Options): RoleAggregation {
  const objects = new StoredObjects(store)
  let timer: NodeJS.Immediate | undefined
  let isRunning = false
  let isStopped = false
  const cancel = store.watch(`${RBAC_GROUP}/clusterroles`, schedule)
  schedule()
  return {
    get isIdle() {
      return timer === undefined && !isRunning
    },
    stop() {
      isStopped = true
      cancel()
      clearImmediate(timer)
    },
  }

  /** Listeners of the store must not write: the work is done a turn later, once for many changes. */
  function schedule(): void {
    if (!isRunning) timer ??= setImmediate(run)
  }

  async function run(): Promise<void> {
    timer = undefined
    isRunning = true
    const revision = store.revision
    for (const role of objects.list(`${RBAC_GROUP}/clusterroles`)) {
      const rules = aggregatedRules(role, objects)
      if (isStopped || rules === undefined || isDeepStrictEqual(rules, role.rules ?? [])) continue
      await applyRules(role, rules)
    }
    isRunning = false
    const hasChanged = store.since(revision, `${RBAC_GROUP}/clusterroles`)?.length !== 0
    if (hasChanged && !isStopped) schedule()
  }

  async function applyRules(role: ApiObject, rules: readonly PolicyRule[]): Promise<void> {
    const name = role.metadata.name ?? ''
    const path = `/apis/${RBAC_GROUP}/v1/clusterroles/${encodeURIComponent(name)}?fieldManager=${AGGREGATION_MANAGER}&force=true`
    const body = { apiVersion: `${RBAC_GROUP}/v1`, kind: 'ClusterRole', metadata: { name }, rules }
    await client.request('PATCH', path, body, 'application/apply-patch+yaml')
  }
}

/** In the order of the roles' names, each rule once; undefined: nothing is aggregated. */
export function aggregatedRules(role: ApiObject, objects: StoredObjects): PolicyRule[] | undefined {
  const rule = role.aggregationRule as { clusterRoleSelectors?: LabelSelector[] } | undefined
  if (rule === undefined) return undefined
  const rules: PolicyRule[] = []
  for (const selector of rule.clusterRoleSelectors ?? []) {
    for (const other of objects.list(`${RBAC_GROUP}/clusterroles`)) {
      if (other.metadata.name === role.metadata.name || !matchesSelector(selector, other.metadata.labels ?? {}))
        continue
      for (const each of (other.rules ?? []) as PolicyRule[])
        if (!rules.some((known) => isDeepStrictEqual(known, each))) rules.push(each)
    }
  }
  return rules
}
