import { expect, test } from 'vitest'
import { RbacAuthorizer } from '../../../runtime/apiserver/access/rbac-authorizer.ts'
import { assertNoEscalation } from '../../../runtime/apiserver/access/role-escalation.ts'
import type { User } from '../../../runtime/apiserver/access/user.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { admissionRequest } from '../admission/admission-request.ts'
import { type Grant, put, refusal, storeWith, user } from './stored-policy.ts'

const RBAC = 'rbac.authorization.k8s.io'
const subjects = [{ kind: 'User', name: 'w' }]
const READ_PODS = { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }

interface Attempt {
  readonly who?: User
  readonly old?: ApiObject
  readonly grants?: readonly Grant[]
}

function attempt(plural: string, object: object, { who = user('w', 'g1', 'g2'), old, grants = [] }: Attempt = {}) {
  const store = storeWith(...grants)
  put(store, `${RBAC}/clusterroles`, { metadata: { name: 'reader' }, rules: [READ_PODS] })
  const namespace = plural.startsWith('cluster') ? '' : 'demo'
  const resource = { group: RBAC, version: 'v1', plural }
  const operation = old === undefined ? 'CREATE' : 'UPDATE'
  const request = admissionRequest({ resource, namespace, name: 'r1', user: who, operation, old })
  const authorizer = new RbacAuthorizer(new StoredObjects(store))
  return refusal(() => assertNoEscalation(authorizer, request, { metadata: { name: 'r1' }, ...object } as ApiObject))
}

const grant = (...rules: object[]): Grant => ({ name: 'own', rules, subjects })
const toReader = { roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'reader' } }

test('assertNoEscalation() lists what the user does not have, as kube-apiserver does', () => {
  const rules = [
    READ_PODS,
    { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['x'], verbs: ['*'] },
    { apiGroups: [RBAC], resources: ['roles'], verbs: ['create'] },
  ]
  const own = grant({ apiGroups: [RBAC], resources: ['roles'], verbs: ['create', 'update'] })
  expect(attempt('roles', { rules }, { grants: [own] })).toMatchObject({
    code: 403,
    details: { name: 'r1', group: RBAC, kind: 'roles' },
    message: [
      `roles.${RBAC} "r1" is forbidden: user "w" (groups=["g1" "g2"]) is attempting to grant RBAC permissions not currently held:`,
      '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
      '{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "list"]}',
      '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["x"], Verbs:["*"]}',
    ].join('\n'),
  })
})

test.each([
  ['all of them', grant(READ_PODS)],
  ['a wildcard of verbs', grant({ ...READ_PODS, verbs: ['*'] })],
  ['a wildcard of groups', grant({ ...READ_PODS, apiGroups: ['*'] })],
  ['several rules together', grant({ ...READ_PODS, verbs: ['get'] }, { ...READ_PODS, verbs: ['list'] })],
  ['subresources by wildcard', grant({ ...READ_PODS, resources: ['pods', '*/log'] })],
])('assertNoEscalation() lets a user give what is covered by %s', (_, own) => {
  expect(attempt('roles', { rules: [READ_PODS] }, { grants: [own] })).toBe('not refused')
  expect(attempt('rolebindings', toReader, { grants: [own] })).toBe('not refused')
})

test.each([
  ['one verb is missing', grant({ ...READ_PODS, verbs: ['get'] })],
  ['it has them for a name only', grant({ ...READ_PODS, resourceNames: ['p'] })],
  ['it has them in another namespace', { ...grant(READ_PODS), namespace: 'other' }],
])('assertNoEscalation() refuses when %s', (_, own) => {
  expect(attempt('roles', { rules: [READ_PODS] }, { grants: [own] })).toMatchObject({ code: 403 })
  expect(attempt('rolebindings', toReader, { grants: [own] })).toMatchObject({ code: 403 })
})

test('assertNoEscalation() lets who may escalate or bind', () => {
  const escalate = grant({ apiGroups: [RBAC], resources: ['roles'], verbs: ['escalate'] })
  expect(attempt('roles', { rules: [READ_PODS] }, { grants: [escalate] })).toBe('not refused')
  const bind = (name: string) =>
    grant({ apiGroups: [RBAC], resources: ['clusterroles'], verbs: ['bind'], resourceNames: [name] })
  expect(attempt('rolebindings', toReader, { grants: [bind('reader')] })).toBe('not refused')
  expect(attempt('rolebindings', toReader, { grants: [bind('other')] })).toMatchObject({ code: 403 })
})

test('assertNoEscalation() lets system:masters', () => {
  const who = user('root', 'system:masters')
  expect(attempt('clusterrolebindings', toReader, { who })).toBe('not refused')
})

test('assertNoEscalation() wants everything of who aggregates', () => {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
  const message = `clusterroles.${RBAC} "r1" is forbidden: must have cluster-admin privileges to use the aggregationRule`
  expect(attempt('clusterroles', { aggregationRule })).toMatchObject({ code: 403, message })
})

test('assertNoEscalation() of a binding to no role says what kube-apiserver says', () => {
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: 'nnn' }
  const message = `rolebindings.${RBAC} "nnn" not found`
  expect(attempt('rolebindings', { roleRef })).toMatchObject({ code: 404, message })
})

test('assertNoEscalation() lets the garbage collector change owners and finalizers', () => {
  const old = { metadata: { name: 'r1', finalizers: ['a.b/c'] }, rules: [READ_PODS] } as unknown as ApiObject
  expect(attempt('roles', { rules: [READ_PODS] }, { old })).toBe('not refused')
  expect(attempt('roles', { metadata: { labels: { a: 'b' } }, rules: [READ_PODS] }, { old })).toMatchObject({
    code: 403,
  })
})
