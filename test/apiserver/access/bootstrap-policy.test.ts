import { expect, test } from 'vitest'
import { createBootstrapPolicy } from '../../../runtime/apiserver/access/bootstrap-policy.ts'
import { RbacAuthorizer } from '../../../runtime/apiserver/access/rbac-authorizer.ts'
import { aggregatedRules } from '../../../runtime/apiserver/access/role-aggregation.ts'
import { createApiServer } from '../../../runtime/apiserver/api-server.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { info, put, user } from './stored-policy.ts'

const RBAC = 'rbac.authorization.k8s.io'

function bootstrapped(store = new Store()): Store {
  createBootstrapPolicy(store, 0)
  return store
}

test('every authenticated user may discover and ask about itself, an anonymous one sees health and version', () => {
  const authorizer = new RbacAuthorizer(new StoredObjects(bootstrapped()))
  const may = (group: string, method: string, url: string) =>
    authorizer.decide(user('x', group), info(method, url)).allowed
  const review = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  expect(may('system:authenticated', 'GET', '/apis/apps/v1')).toBe(true)
  expect(may('system:authenticated', 'POST', review)).toBe(true)
  expect(may('system:authenticated', 'GET', '/api/v1/namespaces')).toBe(false)
  expect(may('system:unauthenticated', 'GET', '/version')).toBe(true)
  expect(may('system:unauthenticated', 'GET', '/apis')).toBe(false)
  expect(may('system:unauthenticated', 'POST', review)).toBe(false)
})

test('the roles admin, edit and view of a new server come to have what they aggregate', async () => {
  const server = await createApiServer({ tokens: [] })
  await expect.poll(() => server.isIdle).toBe(true)
  const objects = new StoredObjects(server.store)
  for (const name of ['admin', 'edit', 'view']) {
    const role = objects.get(`${RBAC}/clusterroles`, '', name)
    if (role === undefined) throw new Error(`Cannot find ClusterRole "${name}"`)
    expect(role.rules).not.toEqual([])
    expect(role.rules).toEqual(aggregatedRules(role, objects))
  }
  await server.close()
})

test('createBootstrapPolicy() leaves alone what is there', () => {
  const store = new Store()
  put(store, `${RBAC}/clusterroles`, { metadata: { name: 'view' }, rules: [] })
  bootstrapped(store)
  expect(JSON.parse(store.get(`${RBAC}/clusterroles`, '', 'view')?.text ?? '{}')).toHaveProperty('rules', [])
  const { revision } = store
  bootstrapped(store)
  expect(store.revision).toBe(revision)
})

test('roles of the bootstrap look as on a cluster', () => {
  const store = bootstrapped()
  expect(JSON.parse(store.get(`${RBAC}/clusterrolebindings`, '', 'cluster-admin')?.text ?? '{}')).toMatchObject({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: {
      name: 'cluster-admin',
      creationTimestamp: '1970-01-01T00:00:00Z',
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', name: 'system:masters' }],
  })
  expect(store.count(`${RBAC}/clusterroles`)).toBeGreaterThan(60)
})
