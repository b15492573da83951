import { expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { POD_USAGE } from '../../../runtime/apiserver/quota/pod-usage.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const pod = (spec: object, parts: object = {}): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec,
  ...parts,
})
const container = (cpu: string, extra: object = {}) => ({ name: 'c', resources: { requests: { cpu } }, ...extra })

test('a pod counts its containers together, or its largest init container with the sidecars before it', () => {
  const sidecar = container('300m', { restartPolicy: 'Always' })
  const spec = { containers: [container('200m'), container('100m')], initContainers: [sidecar, container('1')] }
  expect(POD_USAGE.usage(pod(spec), NOW)).toMatchObject({ cpu: '1300m', 'requests.cpu': '1300m', pods: '1' })
  expect(POD_USAGE.usage(pod({ ...spec, initContainers: [sidecar] }), NOW)).toMatchObject({ cpu: '600m' })
})

test('what a pod says of itself counts instead, and its overhead is added', () => {
  const spec = { containers: [container('200m')], resources: { requests: { cpu: '2' } }, overhead: { cpu: '250m' } }
  expect(POD_USAGE.usage(pod(spec), NOW)).toMatchObject({ cpu: '2250m' })
})

test('overhead is added to a limit only where there is one', () => {
  const limited = { name: 'c', resources: { limits: { cpu: '1' } } }
  const overhead = { cpu: '250m', memory: '64Mi' }
  const usage = POD_USAGE.usage(pod({ containers: [limited], overhead }), NOW)
  expect(usage).toMatchObject({ 'limits.cpu': '1250m', memory: '64Mi' })
  expect(usage).not.toHaveProperty(['limits.memory'])
})

test("somebody's own resource and huge pages count by the names that quotas have for them", () => {
  const requests = { 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi' }
  expect(POD_USAGE.usage(pod({ containers: [{ name: 'c', resources: { requests } }] }), NOW)).toEqual({
    ...{ 'count/pods': '1', pods: '1' },
    ...{ 'requests.example.com/gpu': '2', 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi' },
  })
})

test('a pod that is over, or past its grace period, is one in storage and nothing else', () => {
  const spec = { containers: [container('1')] }
  const over = pod(spec, { status: { phase: 'Failed' } })
  const metadata = { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }
  const going = pod(spec, { metadata })
  expect(POD_USAGE.usage(over, NOW)).toEqual({ 'count/pods': '1' })
  expect(POD_USAGE.usage(going, NOW + 30_000)).toMatchObject({ cpu: '1' })
  expect(POD_USAGE.usage(going, NOW + 30_001)).toEqual({ 'count/pods': '1' })
  expect(POD_USAGE.isReleased?.(over, pod(spec), NOW)).toBe(true)
})

test('a pod that looks at pods of other namespaces is in the scope for that', () => {
  const scope = { scopeName: 'CrossNamespacePodAffinity', operator: 'Exists' }
  const term = { topologyKey: 'zone', namespaceSelector: {} }
  const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] }
  expect(POD_USAGE.matchesScope?.(scope, pod({ affinity: { podAntiAffinity: preferred } }))).toBe(true)
  expect(POD_USAGE.matchesScope?.(scope, pod({ affinity: { podAntiAffinity: {} } }))).toBe(false)
})

test.each([
  ['counts what it still has where that is more', '700m', [], '900m'],
  ['counts what it asks for where that is more', '950m', [], '950m'],
  ['that cannot be done is not counted', '950m', [{ type: 'PodResizePending', reason: 'Infeasible' }], '900m'],
])('a resize %s', (_, asked, conditions, counted) => {
  const [requests, allocatedResources] = [{ cpu: '600m' }, { cpu: '900m' }]
  const containerStatuses = [{ name: 'c', allocatedResources, resources: { requests } }]
  const resized = pod({ containers: [container(asked)] }, { status: { containerStatuses, conditions } })
  expect(POD_USAGE.usage(resized, NOW)).toMatchObject({ cpu: counted })
})
