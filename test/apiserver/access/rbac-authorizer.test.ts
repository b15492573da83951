import { expect, test } from 'vitest'
import { notAuthorized } from '../../../runtime/apiserver/access/forbidden.ts'
import { RbacAuthorizer } from '../../../runtime/apiserver/access/rbac-authorizer.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { type Grant, info, put, refusal, storeWith, user } from './stored-policy.ts'

const ann = [{ kind: 'User', name: 'ann' }]

function authorizerOf(...grants: Grant[]): RbacAuthorizer {
  return new RbacAuthorizer(new StoredObjects(storeWith(...grants)))
}

function allows(rule: object, method: string, url: string): boolean {
  const authorizer = authorizerOf({ name: 'r', rules: [rule], subjects: ann })
  return authorizer.decide(user('ann'), info(method, url)).allowed
}

const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'delete'] }

test.each([
  ['its verb', PODS, 'GET', '/api/v1/namespaces/a/pods', true],
  ['not another verb', PODS, 'POST', '/api/v1/namespaces/a/pods', false],
  ['not the collection with the verb for one', PODS, 'DELETE', '/api/v1/namespaces/a/pods', false],
  ['not a subresource', PODS, 'GET', '/api/v1/namespaces/a/pods/p/status', false],
  ['a subresource by name', { ...PODS, resources: ['pods/status'] }, 'GET', '/api/v1/namespaces/a/pods/p/status', true],
  ['a subresource of all', { ...PODS, resources: ['*/status'] }, 'GET', '/api/v1/namespaces/a/pods/p/status', true],
  ['not the resource by its subresource', { ...PODS, resources: ['*/status'] }, 'GET', '/api/v1/pods', false],
  ['all resources, their subresources too', { ...PODS, resources: ['*'] }, 'GET', '/api/v1/nodes/n/status', true],
  ['not another group', PODS, 'GET', '/apis/apps/v1/namespaces/a/pods', false],
  ['any group', { ...PODS, apiGroups: ['*'] }, 'GET', '/apis/apps/v1/namespaces/a/pods', true],
  ['its name', { ...PODS, resourceNames: ['p'] }, 'GET', '/api/v1/namespaces/a/pods/p', true],
  ['not another name', { ...PODS, resourceNames: ['p'] }, 'GET', '/api/v1/namespaces/a/pods/q', false],
  ['no list by name', { ...PODS, resourceNames: ['p'] }, 'GET', '/api/v1/namespaces/a/pods', false],
  [
    'a list of its name by field selector',
    { ...PODS, resourceNames: ['p'] },
    'GET',
    '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dp',
    true,
  ],
  ['a path', { nonResourceURLs: ['/metrics'], verbs: ['get'] }, 'GET', '/metrics', true],
  ['a path by its beginning', { nonResourceURLs: ['/healthz/*'], verbs: ['get'] }, 'GET', '/healthz/etcd', true],
  ['not a path beside', { nonResourceURLs: ['/healthz/*'], verbs: ['get'] }, 'GET', '/healthz', false],
  ['no path by resources', { ...PODS, resources: ['*'] }, 'GET', '/metrics', false],
])('a rule allows %s', (_, rule, method, url, expected) => {
  expect(allows(rule, method, url)).toBe(expected)
})

test('RbacAuthorizer.decide() lets system:masters do what no role allows', () => {
  expect(authorizerOf().decide(user('root', 'system:masters'), info('DELETE', '/api/v1/nodes')).allowed).toBe(true)
})

test('a RoleBinding is for its namespace alone, and a service account without one is of that namespace', () => {
  const subjects = [{ kind: 'ServiceAccount', name: 'bot' }]
  const authorizer = authorizerOf({ name: 'r', namespace: 'a', rules: [PODS], subjects })
  const bot = user('system:serviceaccount:a:bot')
  expect(authorizer.decide(bot, info('GET', '/api/v1/namespaces/a/pods')).allowed).toBe(true)
  expect(authorizer.decide(bot, info('GET', '/api/v1/namespaces/b/pods')).allowed).toBe(false)
  expect(authorizer.decide(bot, info('GET', '/api/v1/pods')).allowed).toBe(false)
})

test('RbacAuthorizer.decide() names the binding that allows', () => {
  const authorizer = authorizerOf({ name: 'r', rules: [PODS], subjects: [{ kind: 'Group', name: 'team' }] })
  const { reason } = authorizer.decide(user('ann', 'team'), info('GET', '/api/v1/pods'))
  expect(reason).toBe('RBAC: allowed by ClusterRoleBinding "r" of ClusterRole "r" to Group "team"')
})

test('a role that comes later counts at once', () => {
  const store = storeWith({ name: 'r', subjects: ann })
  const authorizer = new RbacAuthorizer(new StoredObjects(store))
  const request = info('GET', '/api/v1/pods')
  const missing = 'RBAC: clusterrole.rbac.authorization.k8s.io "r" not found'
  expect(authorizer.decide(user('ann'), request)).toEqual({ allowed: false, reason: missing })
  put(store, 'rbac.authorization.k8s.io/clusterroles', { metadata: { name: 'r' }, rules: [PODS] })
  expect(authorizer.decide(user('ann'), request).allowed).toBe(true)
})

test.each([
  [
    '/api/v1/namespaces/default/pods',
    'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
    { kind: 'pods' },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments/foo/status',
    'deployments.apps "foo" is forbidden: User "x" cannot get resource "deployments/status" in API group "apps" in the namespace "default"',
    { name: 'foo', group: 'apps', kind: 'deployments' },
  ],
  [
    '/api/v1/nodes/n1',
    'nodes "n1" is forbidden: User "x" cannot get resource "nodes" in API group "" at the cluster scope',
    { name: 'n1', kind: 'nodes' },
  ],
  [
    '/api/v1/namespaces/default/configmaps?watch=1&fieldSelector=metadata.name%3Dq',
    'configmaps "q" is forbidden: User "x" cannot watch resource "configmaps" in API group "" in the namespace "default"',
    { name: 'q', kind: 'configmaps' },
  ],
  ['/metrics', 'forbidden: User "x" cannot get path "/metrics"', {}],
])('notAuthorized() of %s says what kube-apiserver says', (url, message, details) => {
  const status = refusal(() => {
    throw notAuthorized(user('x'), info('GET', url), '')
  })
  expect(status).toMatchObject({ code: 403, reason: 'Forbidden', message, details })
})
