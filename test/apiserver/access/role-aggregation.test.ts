import { expect, test, vi } from 'vitest'
import { startRoleAggregation } from '../../../runtime/apiserver/access/role-aggregation.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { put } from './stored-policy.ts'

const ROLES = 'rbac.authorization.k8s.io/clusterroles'
const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })
const labelled = (name: string, ...resources: string[]) => ({
  metadata: { name, labels: { 'to-all': 'yes' } },
  rules: resources.map(rule),
})

/** With a client that applies the rules as the server would. */
function setUp() {
  const store = new Store()
  const requests: string[] = []
  put(store, ROLES, {
    metadata: { name: 'all' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'to-all': 'yes' } }] },
  })
  const client = {
    async request(method: string, path: string, body?: unknown) {
      requests.push(`${method} ${path}`)
      const stored = store.get(ROLES, '', 'all')
      const object = JSON.parse(stored?.text ?? '{}') as ApiObject
      store.put(ROLES, { ...object, rules: (body as ApiObject).rules }, stored?.revision ?? 0)
      return { code: 200, body: {} }
    },
  }
  const rules = () => (JSON.parse(store.get(ROLES, '', 'all')?.text ?? '{}') as { rules?: unknown }).rules
  return { store, requests, client, rules }
}

test('a role gathers the rules of those that it selects, each once, as they come and go', async () => {
  const { store, requests, client, rules } = setUp()
  put(store, ROLES, labelled('b', 'pods', 'nodes'))
  const aggregation = startRoleAggregation({ store, client })
  await vi.waitFor(() => expect(rules()).toEqual([rule('pods'), rule('nodes')]))
  put(store, ROLES, labelled('a', 'secrets', 'pods'))
  await vi.waitFor(() => expect(rules()).toEqual([rule('secrets'), rule('pods'), rule('nodes')]))
  store.delete(ROLES, '', 'b', store.get(ROLES, '', 'b')?.revision ?? 0)
  await vi.waitFor(() => expect(rules()).toEqual([rule('secrets'), rule('pods')]))
  aggregation.stop()
  expect(new Set(requests)).toEqual(
    new Set([
      'PATCH /apis/rbac.authorization.k8s.io/v1/clusterroles/all?fieldManager=clusterrole-aggregation-controller&force=true',
    ]),
  )
  expect(requests).toHaveLength(3)
})

test('startRoleAggregation() writes nothing after its stop', async () => {
  const { store, requests, client } = setUp()
  startRoleAggregation({ store, client }).stop()
  put(store, ROLES, labelled('b', 'pods'))
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect(requests).toEqual([])
})
