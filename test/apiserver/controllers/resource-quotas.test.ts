import { expect, test } from 'vitest'
import { type ControllerBench, configMap, startControllerBench } from './controller-bench.ts'

const NAMESPACE = '/api/v1/namespaces/default'
const quota = (hard: object) => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } })

const statusIn = (bench: ControllerBench) => bench.get('/resourcequotas', 'default', 'q')?.status

test('a new quota is told what is used, and of what nobody counts nothing', async () => {
  const bench = await startControllerBench()
  const hard = { configmaps: '5', 'count/configmaps': '5', 'count/events': '1', 'count/nowheres.example.com': '1' }
  await bench.send('POST', `${NAMESPACE}/resourcequotas`, quota(hard))
  expect(statusIn(bench)).toEqual({ hard, used: { configmaps: '1', 'count/configmaps': '1' } })
})

test('what goes is free at once; what comes is booked by who lets it in', async () => {
  const bench = await startControllerBench()
  await bench.send('POST', `${NAMESPACE}/configmaps`, configMap('a'))
  await bench.send('POST', `${NAMESPACE}/resourcequotas`, quota({ configmaps: '5' }))
  await bench.send('POST', `${NAMESPACE}/configmaps`, configMap('b'))
  expect(statusIn(bench)).toMatchObject({ used: { configmaps: '2' } })
  await bench.send('DELETE', `${NAMESPACE}/configmaps/a`, {})
  expect(statusIn(bench)).toMatchObject({ used: { configmaps: '2' } })
})

test('what was booked for a write that failed is free again after five minutes', async () => {
  const bench = await startControllerBench()
  await bench.send('POST', `${NAMESPACE}/resourcequotas`, quota({ configmaps: '5' }))
  const status = { hard: { configmaps: '5' }, used: { configmaps: '4' } }
  await bench.send('PATCH', `${NAMESPACE}/resourcequotas/q/status`, { status })
  expect(statusIn(bench)).toEqual(status)
  await bench.advance(5 * 60 * 1000)
  expect(statusIn(bench)).toMatchObject({ used: { configmaps: '1' } })
})

test('a service that becomes another frees its ports on nodes', async () => {
  const bench = await startControllerBench()
  await bench.send('POST', `${NAMESPACE}/services`, {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } },
    spec: { type: 'NodePort', ports: [{ port: 80 }, { port: 81 }] },
  })
  await bench.send('POST', `${NAMESPACE}/resourcequotas`, quota({ 'services.nodeports': '5' }))
  expect(statusIn(bench)).toMatchObject({ used: { 'services.nodeports': '2' } })
  await bench.send('PATCH', `${NAMESPACE}/services/s`, { spec: { type: 'ClusterIP' } })
  expect(statusIn(bench)).toMatchObject({ used: { 'services.nodeports': '0' } })
  expect(bench.errors).toEqual([])
})
