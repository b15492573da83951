import { describe, expect, test } from 'vitest'
import { type ControllerBench, configMap, ownedBy, startControllerBench } from './controller-bench.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'

const names = (bench: ControllerBench) =>
  bench
    .list('/configmaps', 'default')
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')

describe('the garbage collector', () => {
  test('deletes dependents, and theirs, once their owner is gone', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    const b = await bench.send('POST', MAPS, configMap('b', [ownedBy(a)]))
    await bench.send('POST', MAPS, configMap('c', [ownedBy(b)]))
    await bench.send('POST', MAPS, configMap('other'))
    await bench.send('DELETE', `${MAPS}/a`, { propagationPolicy: 'Background' })
    expect(names(bench)).toEqual(['other'])
    expect(bench.errors).toEqual([])
  })

  test('keeps the owner until the last dependent that blocks it is gone, with propagationPolicy Foreground', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    await bench.send('POST', MAPS, configMap('held', [ownedBy(a, { blockOwnerDeletion: true })], ['x.io/hold']))
    await bench.send('POST', MAPS, configMap('free', [ownedBy(a, { blockOwnerDeletion: true })]))
    await bench.send('DELETE', `${MAPS}/a`, { propagationPolicy: 'Foreground' })
    expect(names(bench)).toEqual(['a', 'held'])
    expect(bench.get('/configmaps', 'default', 'a')?.metadata.finalizers).toEqual(['foregroundDeletion'])
    await bench.send('PATCH', `${MAPS}/held`, { metadata: { finalizers: [] } })
    expect(names(bench)).toEqual([])
  })

  test('does not wait for a dependent that does not block, with propagationPolicy Foreground', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    await bench.send('POST', MAPS, configMap('held', [ownedBy(a)], ['x.io/hold']))
    await bench.send('DELETE', `${MAPS}/a`, { propagationPolicy: 'Foreground' })
    expect(names(bench)).toEqual(['held'])
    expect(bench.get('/configmaps', 'default', 'held')?.metadata.deletionTimestamp).toBeDefined()
  })

  test('goes down level by level, each waiting for the one below, with propagationPolicy Foreground', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    const b = await bench.send('POST', MAPS, configMap('b', [ownedBy(a, { blockOwnerDeletion: true })]))
    await bench.send('POST', MAPS, configMap('c', [ownedBy(b, { blockOwnerDeletion: true })], ['x.io/hold']))
    await bench.send('DELETE', `${MAPS}/a`, { propagationPolicy: 'Foreground' })
    expect(names(bench)).toEqual(['a', 'b', 'c'])
    expect(bench.get('/configmaps', 'default', 'b')?.metadata.finalizers).toEqual(['foregroundDeletion'])
    await bench.send('PATCH', `${MAPS}/c`, { metadata: { finalizers: [] } })
    expect(names(bench)).toEqual([])
  })

  test('takes the owner off its dependents and lets it go, with propagationPolicy Orphan', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    const b = await bench.send('POST', MAPS, configMap('b'))
    await bench.send('POST', MAPS, configMap('c', [ownedBy(a), ownedBy(b)]))
    await bench.send('DELETE', `${MAPS}/a`, { propagationPolicy: 'Orphan' })
    expect(names(bench)).toEqual(['b', 'c'])
    expect(bench.get('/configmaps', 'default', 'c')?.metadata.ownerReferences).toEqual([ownedBy(b)])
  })

  test('takes the reference to an owner that is gone off an object that has another', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    const b = await bench.send('POST', MAPS, configMap('b'))
    await bench.send('POST', MAPS, configMap('c', [ownedBy(a), ownedBy(b)]))
    await bench.send('DELETE', `${MAPS}/a`, {})
    expect(bench.get('/configmaps', 'default', 'c')?.metadata.ownerReferences).toEqual([ownedBy(b)])
  })

  test('deletes an object whose owner was never there, or is another of the same name', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    await bench.send('POST', MAPS, configMap('b', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'no', uid: 'u-1' }]))
    await bench.send('POST', MAPS, configMap('c', [{ ...ownedBy(a), uid: 'u-2' }]))
    expect(names(bench)).toEqual(['a'])
  })

  test('deletes an object whose owner is in another namespace, and says so in an event', async () => {
    const bench = await startControllerBench()
    const there = await bench.send('POST', '/api/v1/namespaces/kube-public/configmaps', configMap('a'))
    await bench.send('POST', MAPS, configMap('b', [ownedBy(there)]))
    expect(names(bench)).toEqual([])
    const [event] = bench.list('/events')
    expect(event).toMatchObject({
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef [v1/ConfigMap, namespace: default, name: a, uid: ${there.metadata.uid}] does not exist in namespace "default"`,
    })
  })

  test('leaves a cluster-scoped object with a namespaced owner alone', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', rules: [] }
    const metadata = { name: 'r', ownerReferences: [{ ...ownedBy(a), uid: 'gone' }] }
    await bench.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { ...role, metadata })
    expect(bench.get('rbac.authorization.k8s.io/clusterroles', '', 'r')).toBeDefined()
  })

  test('leaves an object alone whose owner is of a kind that is not served', async () => {
    const bench = await startControllerBench()
    const owner = { apiVersion: 'example.com/v1', kind: 'Nothing', name: 'n', uid: 'u' }
    await bench.send('POST', MAPS, configMap('a', [owner]))
    expect(names(bench)).toEqual(['a'])
  })

  test('ends a circle of owners that wait for each other, with propagationPolicy Foreground', async () => {
    const bench = await startControllerBench()
    const a = await bench.send('POST', MAPS, configMap('a'))
    const b = await bench.send('POST', MAPS, configMap('b', [ownedBy(a, { blockOwnerDeletion: true })]))
    const ownerReferences = [ownedBy(b, { blockOwnerDeletion: true })]
    await bench.send('PATCH', `${MAPS}/a`, { metadata: { ownerReferences } })
    await bench.send('DELETE', `${MAPS}/a`, { propagationPolicy: 'Foreground' })
    expect(names(bench)).toEqual([])
  })
})
