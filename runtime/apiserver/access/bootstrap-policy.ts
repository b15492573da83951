import { randomUUID } from 'node:crypto'
import type { ApiObject, JsonObject, ManagedFieldsEntry, ObjectMeta } from '../json.ts'
import type { Store } from '../storage/store.ts'
import { rfc3339 } from '../timestamp.ts'
import policy from './bootstrap-policy.json' with { type: 'json' }
import { RBAC_GROUP } from './rbac-authorizer.ts'
import { AGGREGATION_MANAGER } from './role-aggregation.ts'

const PLURALS: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
}

/**
 * Makes those roles and bindings that every cluster has, where they are missing; what somebody changed is left alone.
 * `bootstrap-policy.json` is what a real server made, distilled by `test/apiserver/access/distill-bootstrap-policy.ts`.
 */
export function createBootstrapPolicy(store: Store, nowMs: number): void {
  const time = rfc3339(nowMs)
  for (const each of structuredClone(policy) as unknown as ApiObject[]) {
    const { name = '', namespace = '' } = each.metadata
    const storage = `${RBAC_GROUP}/${PLURALS[each.kind]}`
    if (store.get(storage, namespace, name) !== undefined) continue
    const metadata: ObjectMeta = {
      ...each.metadata,
      uid: randomUUID(),
      creationTimestamp: time,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...each.metadata.labels },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    }
    const object = { ...each, metadata }
    metadata.managedFields = managedFieldsOf(object, time)
    store.put(storage, object, 0)
  }
}

/** Written by kube-apiserver, but for rules that are aggregated. */
function managedFieldsOf(object: ApiObject, time: string): ManagedFieldsEntry[] {
  const entry = (manager: string, operation: 'Apply' | 'Update', fieldsV1: JsonObject): ManagedFieldsEntry => {
    return { manager, operation, apiVersion: `${RBAC_GROUP}/v1`, time, fieldsType: 'FieldsV1', fieldsV1 }
  }
  const { annotations = {}, labels = {} } = object.metadata
  const own: JsonObject = { 'f:metadata': { 'f:annotations': keysOf(annotations), 'f:labels': keysOf(labels) } }
  for (const field of ['roleRef', 'rules', 'subjects']) if (field in object) own[`f:${field}`] = {}
  if (!('aggregationRule' in object)) return [entry('kube-apiserver', 'Update', own)]
  delete own['f:rules']
  own['f:aggregationRule'] = { '.': {}, 'f:clusterRoleSelectors': {} }
  return [entry(AGGREGATION_MANAGER, 'Apply', { 'f:rules': {} }), entry('kube-apiserver', 'Update', own)]
}

function keysOf(map: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries([['.', {}], ...Object.keys(map).map((key) => [`f:${key}`, {}])])
}
