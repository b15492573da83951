import { MASTERS, type RbacAuthorizer } from '../../access/rbac-authorizer.ts'
import type { User } from '../../access/user.ts'
import type { ApiObject } from '../../json.ts'
import type { Registry } from '../../kinds/registry.ts'
import { forbiddenField } from '../../kinds/strategies/field-errors.ts'
import { isSame } from '../../kinds/strategies/json-parts.ts'
import { type ApiError, invalid } from '../../status.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import type { AdmissionRequest } from '../admission.ts'
import {
  BINDINGS,
  type ParamKind,
  type ParamRef,
  POLICIES,
  POLICY_GROUP,
  type Policy,
  type PolicyBinding,
} from './policy.ts'
import { parseApiVersion } from './policy-params.ts'

interface Reading {
  readonly objects: StoredObjects
  readonly registry: Registry
  readonly authorizer: RbacAuthorizer
}

/**
 * Keeps users from reading by a policy what they may not read themselves.
 * errors: ApiError 422
 * source: kubernetes pkg/registry/admissionregistration, both authz.go
 */
export function assertMayReadParams(reading: Reading, request: AdmissionRequest, object: ApiObject | undefined): void {
  const { resource, operation, subresource, user } = request
  if (resource.group !== POLICY_GROUP || subresource !== undefined || object === undefined) return
  if (!['CREATE', 'UPDATE'].includes(operation) || user.groups.includes(MASTERS)) return
  if (resource.plural === POLICIES) assertMayReadKind(reading, request, object as Policy)
  if (resource.plural === BINDINGS) assertMayReadObject(reading, request, object as PolicyBinding)
}

function assertMayReadKind(reading: Reading, request: AdmissionRequest, policy: Policy): void {
  const { paramKind } = policy.spec
  // An update does not ask again for what was there before.
  if (paramKind === undefined || isSame({ ...paramKind }, { ...(request.old as Policy | undefined)?.spec.paramKind }))
    return
  if (mayRead(reading, request.user, 'get', paramKind, { name: '*', namespace: '*' })) return
  const { kind, apiVersion } = paramKind
  const what = `on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`
  throw refusal(request, policy, 'spec.paramKind', `${userText(request.user)} must have "get" permission ${what}`)
}

function assertMayReadObject(reading: Reading, request: AdmissionRequest, binding: PolicyBinding): void {
  const { paramRef, policyName } = binding.spec
  if (paramRef === undefined) return
  const policy = reading.objects.get<Policy>(`${POLICY_GROUP}/${POLICIES}`, '', policyName)
  const paramKind = policy?.spec.paramKind
  const verb = paramRef.name ? 'get' : 'list'
  if (mayRead(reading, request.user, verb, paramKind, paramRef)) return
  const who = userText(request.user)
  const everything = `does not have "${verb}" permission for all groups, versions and resources`
  const fail = (why: string) => refusal(request, binding, 'spec.paramRef', why)
  if (policy === undefined)
    throw fail(`unable to get policy ${policyName} to determine minimum required permissions and ${who} ${everything}`)
  if (paramKind !== undefined && findParamKind(reading.registry, paramKind) === undefined) {
    const shown = `&ParamKind{APIVersion:${paramKind.apiVersion},Kind:${paramKind.kind},}`
    throw fail(
      `unable to resolve paramKind ${shown} to determine minimum required permissions and ${who} ${everything}`,
    )
  }
  throw fail(`${who} does not have "${verb}" permission on the object referenced by paramRef`)
}

function findParamKind(registry: Registry, { apiVersion, kind }: ParamKind) {
  const { group, version } = parseApiVersion(apiVersion)
  return registry.findKind(group, version, kind)
}

/** Of a kind that is not known, everything has to be readable. */
function mayRead(
  { authorizer, registry }: Reading,
  user: User,
  verb: string,
  kind: ParamKind | undefined,
  { name = '', namespace = '' }: Pick<ParamRef, 'name' | 'namespace'>,
): boolean {
  const { group, version } = kind === undefined ? { group: '*', version: '*' } : parseApiVersion(kind.apiVersion)
  const plural = kind === undefined ? '*' : (findParamKind(registry, kind)?.plural ?? '*')
  const path = { path: '', isResource: true, group, version, plural, subresource: undefined, rest: [] }
  return authorizer.decide(user, { ...path, verb, name: name || undefined, namespace: namespace || undefined }).allowed
}

/** As Go prints its user. */
function userText({ name, uid = '', groups, extra }: User): string {
  const entries = Object.keys(extra)
    .sort()
    .map((key) => `${key}:[${(extra[key] ?? []).join(' ')}]`)
  return `user &{${name} ${uid} [${groups.join(' ')}] map[${entries.join(' ')}]}`
}

function refusal({ resource, name }: AdmissionRequest, object: ApiObject, field: string, why: string): ApiError {
  return invalid(resource, name || object.metadata.name || '', [forbiddenField(field, why)])
}
