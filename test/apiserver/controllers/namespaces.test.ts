import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { configMap, startControllerBench } from './controller-bench.ts'

const NAMESPACES = '/api/v1/namespaces'
const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

describe('a new server', () => {
  test('has the four namespaces, the Service "kubernetes", and a default account and root in each', async () => {
    const bench = await startControllerBench()
    const names = ['default', 'kube-node-lease', 'kube-public', 'kube-system']
    expect(bench.list('/namespaces').map(({ metadata }) => metadata.name)).toEqual(names)
    expect(bench.get('/services', 'default', 'kubernetes')).toMatchObject({ spec: { clusterIP: '10.96.0.1' } })
    for (const name of names) {
      expect(bench.get('/serviceaccounts', name, 'default')).toBeDefined()
      expect(bench.get('/configmaps', name, 'kube-root-ca.crt')).toMatchObject({ data: { 'ca.crt': 'the root' } })
    }
  })

  test('puts them back when they are taken away or changed', async () => {
    const bench = await startControllerBench()
    await bench.send('DELETE', `${NAMESPACES}/default/serviceaccounts/default`, {})
    await bench.send('PATCH', `${NAMESPACES}/default/configmaps/kube-root-ca.crt`, { data: { 'ca.crt': 'other' } })
    expect(bench.get('/serviceaccounts', 'default', 'default')).toBeDefined()
    expect(bench.get('/configmaps', 'default', 'kube-root-ca.crt')).toMatchObject({ data: { 'ca.crt': 'the root' } })
  })
})

describe('the namespace deleter', () => {
  test('empties a namespace that is being deleted and lets it go', async () => {
    const bench = await startControllerBench()
    await bench.send('POST', NAMESPACES, namespace('n'))
    await bench.send('POST', `${NAMESPACES}/n/configmaps`, configMap('a'))
    await bench.send('POST', '/apis/apps/v1/namespaces/n/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {},
    })
    await bench.send('DELETE', `${NAMESPACES}/n`, {})
    expect(bench.get('/namespaces', '', 'n')).toBeUndefined()
    expect([...bench.store.all()].filter((stored) => stored.namespace === 'n')).toEqual([])
  })

  test('says what finalizers hold, and goes on once they are off', async () => {
    const bench = await startControllerBench()
    await bench.send('POST', NAMESPACES, namespace('n'))
    await bench.send('POST', `${NAMESPACES}/n/configmaps`, configMap('a', [], ['x.io/hold']))
    await bench.send('DELETE', `${NAMESPACES}/n`, {})
    const status = bench.get('/namespaces', '', 'n')?.status as { phase: string; conditions: ApiObject[] }
    expect(status.phase).toBe('Terminating')
    expect(status.conditions.map(({ type, status: is, reason }) => [type, is, reason])).toEqual([
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered'],
      ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions'],
      ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted'],
      ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain'],
      ['NamespaceFinalizersRemaining', 'True', 'SomeFinalizersRemain'],
    ])
    expect(status.conditions[3]?.message).toBe('Some resources are remaining: configmaps. has 1 resource instances')
    expect(status.conditions[4]?.message).toBe(
      'Some content in the namespace has finalizers remaining: x.io/hold in 1 resource instances',
    )
    await bench.send('PATCH', `${NAMESPACES}/n/configmaps/a`, { metadata: { finalizers: [] } })
    expect(bench.get('/namespaces', '', 'n')).toBeUndefined()
  })

  test('leaves a namespace with a finalizer of somebody else, emptied, to them', async () => {
    const bench = await startControllerBench()
    await bench.send('POST', NAMESPACES, namespace('n'))
    await bench.send('PATCH', `${NAMESPACES}/n`, { metadata: { finalizers: ['x.io/hold'] } })
    await bench.send('DELETE', `${NAMESPACES}/n`, {})
    expect(bench.get('/namespaces', '', 'n')?.spec).toEqual({ finalizers: [] })
    expect([...bench.store.all()].filter((stored) => stored.namespace === 'n')).toEqual([])
    await bench.send('PATCH', `${NAMESPACES}/n`, { metadata: { finalizers: [] } })
    expect(bench.get('/namespaces', '', 'n')).toBeUndefined()
  })
})
