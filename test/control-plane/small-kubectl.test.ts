import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalCluster, startLocalCluster } from '../../runtime/apiserver/local-cluster.ts'
import { crdFixture } from '../e2e/project.ts'
import { runSmallKubectl } from './small-kubectl.ts'

let cluster: LocalCluster
let dir: string

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'small-kubectl-'))
  cluster = await startLocalCluster()
  writeFileSync(join(dir, 'kubeconfig'), cluster.kubeconfig)
})

afterAll(async () => {
  await cluster.close()
  rmSync(dir, { recursive: true })
})

const kubectl = (line: string, stdin = '') => runSmallKubectl(join(dir, 'kubeconfig'), line.split(' '), stdin)
const configMap = (name: string, data: object) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })

test('apply of several documents makes and changes objects, and get reads them as name, json and a field', async () => {
  expect(await kubectl('apply -f -', `${configMap('a', { x: '1' })}\n---\n${configMap('b', { x: '2' })}`)).toBe(
    'configmap/a serverside-applied\nconfigmap/b serverside-applied\n',
  )
  await kubectl('apply -f -', configMap('a', { y: '3' }))
  expect(JSON.parse(await kubectl('get cm a -o json'))).toMatchObject({ kind: 'ConfigMap', data: { y: '3' } })
  expect(await kubectl('get configmap a -o jsonpath={.data.y}')).toBe('3')
  expect(await kubectl('get configmap a -o jsonpath={.data.x}')).toBe('')
  expect((await kubectl('get configmaps -o name')).split('\n')).toEqual(
    expect.arrayContaining(['configmap/a', 'configmap/b']),
  )
})

test('apply of a CRD, wait for its condition, and the kind has its names', async () => {
  await kubectl(`apply -f ${crdFixture('trial')}`)
  expect(await kubectl('wait --for=condition=Established crd/trials.e2e.example.com')).toContain('condition met')
  await kubectl('wait --for condition=Established crd --all --timeout=5s')
  await kubectl('apply -f -', '{apiVersion: e2e.example.com/v1, kind: Trial, metadata: {name: one}}')
  expect(await kubectl('get trials -o name')).toBe('trial.e2e.example.com/one\n')
  await expect(kubectl('wait --for=condition=Other crd --all --timeout=0s')).rejects.toThrow('timed out')
})

test('delete waits until the object has gone, unless told not to', async () => {
  const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['test.dev/hold'] } }
  await kubectl('apply -f -', JSON.stringify(held))
  await kubectl('delete configmap held --wait=false')
  expect(await kubectl('get configmap held -o jsonpath={.metadata.deletionGracePeriodSeconds}')).toBe('0')
  let isGone = false
  const gone = kubectl('delete configmap held').then(() => {
    isGone = true
  })
  await kubectl('get configmap held -o name')
  expect(isGone).toBe(false)
  await kubectl('patch configmap held --type merge -p {"metadata":{"finalizers":null}}')
  await gone
  await expect(kubectl('get configmap held')).rejects.toThrow(
    'Error from server (NotFound): configmaps "held" not found',
  )
  await expect(kubectl('delete configmap held')).rejects.toThrow('not found')
  expect(await kubectl('delete configmap held --ignore-not-found')).toBe('')
})

test('create, annotate, cordon and a patch of the status do what kubectl does', async () => {
  await kubectl('create secret generic word --from-literal=a=b=c')
  expect(await kubectl('get secret word -o jsonpath={.data.a}')).toBe(Buffer.from('b=c').toString('base64'))
  await kubectl('create serviceaccount lesser')
  await kubectl('apply -f -', '{apiVersion: v1, kind: Node, metadata: {name: n}}')
  await kubectl('annotate node n a=1 b=2')
  await kubectl('annotate node n a-')
  expect(await kubectl('get node n -o jsonpath={.metadata.annotations}')).toBe('{"b":"2"}')
  await kubectl('cordon n')
  expect(await kubectl('get node n -o jsonpath={.spec.unschedulable}')).toBe('true')
  await kubectl('patch node n --subresource=status --type=merge -p {"status":{"phase":"Running"}}')
  expect(await kubectl('get node n -o jsonpath={.status.phase}')).toBe('Running')
  await kubectl('delete nodes --all')
  expect(await kubectl('get nodes -o name')).toBe('')
})

test('get without an output prints the server’s table', async () => {
  await kubectl('create configmap table --from-literal=a=1')
  expect(await kubectl('get configmap table')).toMatch(/^NAME +DATA +AGE\ntable +1 +\S+\n$/)
  expect(await kubectl('get configmap table --no-headers')).toMatch(/^table +1 +\S+\n$/)
})

test('what it does not know is an error, not something else', async () => {
  await expect(kubectl('rollout status')).rejects.toThrow('does not know "rollout"')
  await expect(kubectl('get configmaps --watch')).rejects.toThrow('--watch')
  await expect(kubectl('get configmaps -o yaml')).rejects.toThrow('no other output')
  await expect(kubectl('get marbles')).rejects.toThrow(`the server doesn't have a resource type "marbles"`)
  await expect(kubectl('apply -f -', '{apiVersion: x.dev/v1, kind: Marble, metadata: {name: a}}')).rejects.toThrow(
    'no matches for kind "Marble" in version "x.dev/v1"',
  )
})

test('delete --all of nothing, and of what goes meanwhile, is no error', async () => {
  expect(await kubectl('delete ingresses --all')).toBe('')
})
