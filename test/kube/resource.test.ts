import { expect, test } from 'vitest'
import { pathOf, type Resource } from '../../runtime/kube/resource.ts'

const common = { version: 'v1', verbs: [], subresources: [] }
const deployments: Resource = { ...common, group: 'apps', kind: 'Deployment', plural: 'deployments', namespaced: true }
const pods: Resource = { ...common, group: '', kind: 'Pod', plural: 'pods', namespaced: true }
const nodes: Resource = { ...common, group: '', kind: 'Node', plural: 'nodes', namespaced: false }

test.each([
  [pods, {}, '/api/v1/pods'],
  [pods, { namespace: 'default' }, '/api/v1/namespaces/default/pods'],
  [deployments, { namespace: 'a', name: 'web' }, '/apis/apps/v1/namespaces/a/deployments/web'],
  [
    deployments,
    { namespace: 'a', name: 'web', subresource: 'status' },
    '/apis/apps/v1/namespaces/a/deployments/web/status',
  ],
  [nodes, { name: 'n1' }, '/api/v1/nodes/n1'],
  [nodes, { namespace: 'ignored', name: 'n1' }, '/api/v1/nodes/n1'],
  [nodes, { name: 'system:a b?c#d' }, '/api/v1/nodes/system%3Aa%20b%3Fc%23d'],
] as const)('pathOf(%o, %o) is the API path %s', (resource, place, path) => {
  expect(pathOf(resource, place)).toBe(path)
})

test.each(['', '.', '..', 'web/status', 'a%2Fstatus'])(
  'pathOf() of the name %j, which would address something else, is refused',
  (name) => {
    const refusal = expect.objectContaining({ code: 'REQUEST_INVALID' })
    expect(() => pathOf(pods, { namespace: 'default', name })).toThrow(refusal)
    expect(() => pathOf(pods, { namespace: name, name: 'x' })).toThrow(refusal)
    expect(() => pathOf(pods, { namespace: 'default', name: 'x', subresource: name })).toThrow(refusal)
  },
)

test('pathOf() of a namespaced object without its namespace is refused', () => {
  expect(() => pathOf(pods, { name: 'x' })).toThrow('Cannot address Pod "x": it needs a namespace')
})
