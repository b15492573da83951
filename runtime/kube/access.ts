import type { Identity } from '../util/identity.ts'

/** One thing that may be done, as RBAC looks at it. */
export type Access = ResourceAccess | PathAccess

export interface ResourceAccess {
  readonly verb: string
  readonly group: string
  readonly plural: string
  readonly subresource?: string | undefined
  /** Undefined: cluster-wide. */
  readonly namespace?: string | undefined
  /** Undefined: any. */
  readonly name?: string | undefined
}

/** A path that belongs to no resource. */
export interface PathAccess {
  readonly verb: string
  readonly path: string
}

/** Two of the same are one. */
export function idOfAccess(access: Access): string {
  if ('path' in access) return JSON.stringify([access.verb, access.path])
  const { verb, group, plural, subresource = '', namespace = '', name = '' } = access
  return JSON.stringify([verb, group, plural, subresource, namespace, name])
}

/** What whoever sends requests as that identity must be allowed to; the groups of it are the API server's to add. */
export function impersonationOf(identity: Identity): ResourceAccess {
  const { name } = identity
  if (identity.kind === 'User') return { verb: 'impersonate', group: '', plural: 'users', name }
  return { verb: 'impersonate', group: '', plural: 'serviceaccounts', namespace: identity.namespace, name }
}
