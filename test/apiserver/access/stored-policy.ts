import type { User } from '../../../runtime/apiserver/access/user.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { type RequestInfo, readRequestInfo } from '../../../runtime/apiserver/request-info.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'

const RBAC = 'rbac.authorization.k8s.io'

/** Puts an object of a built-in kind into the store; uid: `uid-NAME`. */
export function put(store: Store, storage: string, object: Partial<ApiObject> & Pick<ApiObject, 'metadata'>): void {
  const metadata = { uid: `uid-${object.metadata.name}`, ...object.metadata }
  store.put(storage, { apiVersion: 'v1', kind: '', ...object, metadata }, 0)
}

/** The name stands for the role and its binding; a namespace makes them a Role and a RoleBinding. */
export interface Grant {
  readonly name: string
  readonly namespace?: string
  readonly rules?: readonly object[]
  readonly subjects: readonly object[]
}

/** Without rules there is a binding to a role that is not there. */
export function storeWith(...grants: readonly Grant[]): Store {
  const store = new Store()
  for (const { name, namespace, rules, subjects } of grants) {
    const metadata = { name, ...(namespace !== undefined && { namespace }) }
    const kind = namespace === undefined ? 'ClusterRole' : 'Role'
    const plural = kind.toLowerCase()
    if (rules !== undefined) put(store, `${RBAC}/${plural}s`, { kind, metadata, rules })
    const roleRef = { apiGroup: RBAC, kind, name }
    put(store, `${RBAC}/${plural}bindings`, { kind: `${kind}Binding`, metadata, subjects, roleRef })
  }
  return store
}

export function user(name: string, ...groups: string[]): User {
  return { name, groups, extra: {} }
}

export function info(method: string, url: string): RequestInfo {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  return readRequestInfo(method, pathname, searchParams)
}

/** What was thrown, as the client would see it. */
export function refusal(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return (error as { status: unknown }).status
  }
  return 'not refused'
}
