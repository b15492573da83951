import { expect, test } from 'vitest'
import { sayMissing } from '../../runtime/kube/rbac-rule.ts'
import { parseIdentity } from '../../runtime/util/identity.ts'

const jane = parseIdentity('jane')
const secrets = { group: '', plural: 'secrets' }
const deployments = { group: 'apps', plural: 'deployments' }

test('sayMissing() makes one rule of the verbs of a target, and names subject, role and namespace', () => {
  const missing = ['get', 'list'].map((verb) => ({ ...secrets, verb, namespace: 'a' }))
  expect(sayMissing(parseIdentity('system:serviceaccount:demo:web'), missing)).toBe(
    'ServiceAccount "demo/web" needs, bound to it: a Role in namespace "a" with the rule {apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"]}',
  )
})

test('sayMissing() puts what is cluster-wide and paths into a ClusterRole, and the same rules of several namespaces together', () => {
  const missing = [
    { ...deployments, verb: 'get', namespace: 'a' },
    { ...deployments, verb: 'get', namespace: 'b' },
    { ...secrets, verb: 'list' },
    { verb: 'get', path: '/version' },
  ]
  expect(sayMissing(jane, missing)).toBe(
    'User "jane" needs, bound to it: a Role in each of the namespaces "a", "b" with the rule {apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"]}; ' +
      'a ClusterRole with the rules {apiGroups: [""], resources: ["secrets"], verbs: ["list"]}, {nonResourceURLs: ["/version"], verbs: ["get"]}',
  )
})

test('sayMissing() puts names of the same verbs into one rule, and those without a name into another', () => {
  const missing = [
    { ...deployments, verb: 'create' },
    { ...deployments, verb: 'patch', name: 'x', subresource: 'scale' },
    { ...deployments, verb: 'patch', name: 'y', subresource: 'scale' },
  ]
  expect(sayMissing(undefined, missing)).toBe(
    'The host\'s user needs, bound to it: a ClusterRole with the rules {apiGroups: ["apps"], resources: ["deployments"], verbs: ["create"]}, ' +
      '{apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"], resourceNames: ["x", "y"]}',
  )
})

test('sayMissing() is one line of bounded length', () => {
  const missing = Array.from({ length: 500 }, (_, i) => ({
    group: '',
    plural: `p${i}`,
    verb: 'get',
    namespace: `n${i % 50}`,
  }))
  const text = sayMissing(jane, missing)
  expect(text).not.toContain('\n')
  expect(text.length).toBeLessThan(60_000)
})
