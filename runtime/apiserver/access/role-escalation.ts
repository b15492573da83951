import { isDeepStrictEqual } from 'node:util'
import type { AdmissionRequest } from '../admission/admission.ts'
import type { ApiObject } from '../json.ts'
import { notFound } from '../status.ts'
import { forbidden } from './forbidden.ts'
import { MASTERS, RBAC_GROUP, type RbacAuthorizer, type RoleRef } from './rbac-authorizer.ts'
import { describeMissing, missingRules, quoteAll } from './rbac-coverage.ts'
import type { PolicyRule } from './rbac-rule.ts'

const ROLES = ['roles', 'clusterroles']
const BINDINGS = ['rolebindings', 'clusterrolebindings']
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/**
 * Keeps users from giving rights that they do not have themselves, unless they may `escalate` the role or `bind` it.
 * errors: ApiError 403; 404 where a binding names no role
 * source: kubernetes pkg/registry/rbac/*\/policybased/storage.go
 */
export function assertNoEscalation(authorizer: RbacAuthorizer, request: AdmissionRequest, object: ApiObject): void {
  const { resource, operation, user, old } = request
  if (resource.group !== RBAC_GROUP || !['CREATE', 'UPDATE'].includes(operation)) return
  if (user.groups.includes(MASTERS) || (old !== undefined && differsInMetadataOnly(object, old))) return
  if (ROLES.includes(resource.plural)) assertMayWriteRole(authorizer, request, object)
  if (BINDINGS.includes(resource.plural)) assertMayBind(authorizer, request, object)
}

function assertMayWriteRole(authorizer: RbacAuthorizer, request: AdmissionRequest, object: ApiObject): void {
  if (mayDo(authorizer, request, 'escalate', request.resource.plural, request.old === undefined ? '' : request.name))
    return
  assertCovered(authorizer, request, (object.rules ?? []) as PolicyRule[])
  if (!hasAggregation(object) && !hasAggregation(request.old)) return
  const why = 'must have cluster-admin privileges to use the aggregationRule'
  assertCovered(authorizer, request, EVERYTHING, why)
}

function assertMayBind(authorizer: RbacAuthorizer, request: AdmissionRequest, object: ApiObject): void {
  const roleRef = object.roleRef as RoleRef
  const plural = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (mayDo(authorizer, request, 'bind', plural, roleRef.name)) return
  const rules = authorizer.rulesOfRole(roleRef, request.namespace)
  // It is the binding's resource that kube-apiserver says is missing, with the role's name.
  if (rules === undefined) throw notFound({ group: RBAC_GROUP, resource: request.resource.plural }, roleRef.name)
  assertCovered(authorizer, request, rules)
}

function mayDo(
  authorizer: RbacAuthorizer,
  { user, namespace }: AdmissionRequest,
  verb: string,
  plural: string,
  name: string,
): boolean {
  return authorizer.decide(user, {
    isResource: true,
    path: '',
    verb,
    group: RBAC_GROUP,
    version: '*',
    plural,
    namespace,
    name: name === '' ? undefined : name,
    subresource: undefined,
    rest: [],
  }).allowed
}

function assertCovered(
  authorizer: RbacAuthorizer,
  { user, namespace, resource, name }: AdmissionRequest,
  rules: readonly PolicyRule[],
  why?: string,
): void {
  const own = authorizer.rulesFor(user, namespace)
  const missing = missingRules(own.rules, rules)
  if (missing.length === 0) return
  const who = `user ${JSON.stringify(user.name)} (groups=${quoteAll(user.groups)})`
  const errors = own.errors.length === 0 ? '' : `; resolution errors: [${own.errors.join(' ')}]`
  const text = `${who} is attempting to grant RBAC permissions not currently held:\n${describeMissing(missing)}${errors}`
  throw forbidden({ group: RBAC_GROUP, resource: resource.plural }, name, why ?? text)
}

function hasAggregation(role: ApiObject | undefined): boolean {
  const rule = role?.aggregationRule as { clusterRoleSelectors?: unknown[] } | undefined
  return (rule?.clusterRoleSelectors ?? []).length > 0
}

/** As the garbage collector's changes of owners and finalizers. */
function differsInMetadataOnly(object: ApiObject, old: ApiObject): boolean {
  const strip = ({ metadata, ...rest }: ApiObject) => {
    const { ownerReferences, finalizers, managedFields, resourceVersion, ...others } = metadata
    return { ...rest, others }
  }
  return isDeepStrictEqual(strip(object), strip(old))
}
