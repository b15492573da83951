import type { ApiObject } from '../json.ts'
import type { RequestInfo } from '../request-info.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import { type PolicyRule, ruleAllows } from './rbac-rule.ts'
import type { User } from './user.ts'

export const RBAC_GROUP = 'rbac.authorization.k8s.io'

/** Its members may do everything, whatever the roles say. */
export const MASTERS = 'system:masters'

export interface Decision {
  readonly allowed: boolean
  /** Which binding allows; or what was wrong with bindings; may be empty. */
  readonly reason: string
}

export interface RoleRef {
  readonly kind: string
  readonly name: string
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

type Binding = ApiObject & { readonly subjects?: readonly Subject[]; readonly roleRef: RoleRef }
type Role = ApiObject & { readonly rules?: readonly PolicyRule[] | null }

/** One rule that a user has, and by what; or a binding that leads nowhere. */
type Grant = { readonly rule: PolicyRule; readonly by: () => string } | { readonly missing: string }

/** Decides by the roles and bindings in the store, as they are now. source: plugin/pkg/auth/authorizer/rbac/rbac.go */
export class RbacAuthorizer {
  readonly #objects: StoredObjects

  constructor(objects: StoredObjects) {
    this.#objects = objects
  }

  decide(user: User, info: RequestInfo): Decision {
    if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' }
    const missing = new Set<string>()
    for (const grant of this.#grantsOf(user, info.isResource ? (info.namespace ?? '') : '')) {
      if ('missing' in grant) missing.add(grant.missing)
      else if (ruleAllows(grant.rule, info)) return { allowed: true, reason: `RBAC: allowed by ${grant.by()}` }
    }
    return { allowed: false, reason: missing.size === 0 ? '' : `RBAC: ${aggregate([...missing])}` }
  }

  /** `errors`: of bindings to roles that are not there. */
  rulesFor(user: User, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const rules: PolicyRule[] = []
    const errors: string[] = []
    for (const grant of this.#grantsOf(user, namespace)) {
      if ('missing' in grant) errors.push(grant.missing)
      else rules.push(grant.rule)
    }
    return { rules, errors }
  }

  /** Undefined: no such role. */
  rulesOfRole({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const isCluster = kind === 'ClusterRole'
    const storage = `${RBAC_GROUP}/${isCluster ? 'clusterroles' : 'roles'}`
    const role = this.#objects.get<Role>(storage, isCluster ? '' : namespace, name)
    return role === undefined ? undefined : (role.rules ?? [])
  }

  *#grantsOf(user: User, namespace: string): Generator<Grant> {
    yield* this.#grantsBy('clusterrolebindings', undefined, user)
    if (namespace !== '') yield* this.#grantsBy('rolebindings', namespace, user)
  }

  *#grantsBy(plural: string, namespace: string | undefined, user: User): Generator<Grant> {
    for (const binding of this.#objects.list(`${RBAC_GROUP}/${plural}`, namespace) as Binding[]) {
      const subject = binding.subjects?.find((each) => isSubject(each, user, namespace ?? ''))
      if (subject === undefined) continue
      const rules = this.rulesOfRole(binding.roleRef, namespace ?? '')
      if (rules === undefined) yield { missing: roleNotFound(binding.roleRef) }
      else for (const rule of rules) yield { rule, by: () => describeGrant(binding, subject) }
    }
  }
}

function isSubject(subject: Subject, user: User, namespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.name
    case 'Group':
      return user.groups.includes(subject.name)
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${subject.namespace || namespace}:${subject.name}`
    default:
      return false
  }
}

function roleNotFound({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(name)} not found`
}

function describeGrant({ kind, metadata, roleRef }: Binding, subject: Subject): string {
  const { name = '', namespace } = metadata
  const binding = namespace === undefined ? name : `${name}/${namespace}`
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace}` : subject.name
  return `${kind} ${JSON.stringify(binding)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(who)}`
}

/** As apimachinery's aggregate of errors is written. */
export function aggregate(messages: readonly string[]): string {
  return messages.length === 1 ? (messages[0] as string) : `[${messages.join(', ')}]`
}
