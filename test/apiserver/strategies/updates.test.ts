import { expect, test } from 'vitest'
import { describeFieldError } from '../../../runtime/apiserver/field-error.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { strategyOf } from '../../../runtime/apiserver/kinds/strategies/strategy-of.ts'

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x' }] } }
const other = { metadata: { labels: { a: 'c' } }, spec: { containers: [{ name: 'a', image: 'x' }] } }
const IMMUTABLE_DATA = 'Forbidden: field is immutable when `immutable` is set'

/** kind, what it was, what it shall be, and what kube-apiserver says to that. */
const CASES: readonly [string, Record<string, unknown>, Record<string, unknown>, readonly string[]][] = [
  [
    'v1/ConfigMap',
    { immutable: true, data: { a: 'b' } },
    { immutable: true, data: { a: 'c' } },
    [`data: ${IMMUTABLE_DATA}`],
  ],
  ['v1/ConfigMap', { immutable: true }, {}, [`immutable: ${IMMUTABLE_DATA}`]],
  ['v1/Secret', { type: 'a' }, { type: 'b' }, ['type: Invalid value: "b": field is immutable']],
  [
    'apps/v1/Deployment',
    { spec: { selector: { matchLabels: { a: 'b' } }, template } },
    { spec: { selector: { matchLabels: { a: 'c' } }, template: other } },
    ['spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable'],
  ],
  [
    'apps/v1/StatefulSet',
    { spec: { selector: { matchLabels: { a: 'b' } }, serviceName: 'x', template } },
    { spec: { selector: { matchLabels: { a: 'b' } }, serviceName: 'y', template } },
    [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
  ],
  [
    'v1/Pod',
    { spec: template.spec },
    { spec: { containers: [{ name: 'a', image: 'y', imagePullPolicy: 'Always' }] } },
    [],
  ],
  [
    'v1/Pod',
    { spec: template.spec },
    { spec: { containers: [...template.spec.containers, { name: 'b', image: 'y' }] } },
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  ],
  [
    'v1/PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } } },
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -4,7 +4,7 @@\n  ],\n  "resources": {\n   "requests": {\n-   "storage": "2Gi"\n+   "storage": "1Gi"\n   }\n  },\n  "volumeMode": "Filesystem"\n',
    ],
  ],
  [
    'v1/Node',
    { spec: { podCIDR: '10.1.0.0/24', providerID: 'p' } },
    { spec: { podCIDR: '10.2.0.0/24', providerID: 'q' } },
    [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  ],
  [
    'v1/PersistentVolume',
    {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: 'd', volumeHandle: 'v' },
      },
    },
    {
      spec: {
        capacity: { storage: '2Gi' },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: 'd', volumeHandle: 'v', controllerExpandSecretRef: { name: 's', namespace: 'n' } },
      },
    },
    [],
  ],
  [
    'storage.k8s.io/v1/StorageClass',
    { provisioner: 'a/b' },
    { provisioner: 'a/c' },
    ['provisioner: Invalid value: "a/c": field is immutable'],
  ],
  [
    'storage.k8s.io/v1/StorageClass',
    { provisioner: 'a/b' },
    { provisioner: '' },
    ['provisioner: Required value', 'provisioner: Invalid value: "": field is immutable'],
  ],
  [
    'scheduling.k8s.io/v1/PriorityClass',
    { value: 1 },
    { value: 2 },
    ['value: Forbidden: may not be changed in an update.'],
  ],
]

test.each(CASES)('strategyOf() of a changed %s: what kube-apiserver says (%j to %j)', (id, before, after, expected) => {
  const old = completed(id, before)
  const now = completed(id, after)
  const [group, kind] = groupAndKind(id)
  const errors = strategyOf(group, kind).validateUpdate?.(now, old) ?? []
  expect(errors.map((error) => `${error.field}: ${describeFieldError(error)}`)).toEqual(expected)
})

test('strategyOf() of both Event groups converts one form into the other and back', async () => {
  const event = completed('v1/Event', {
    involvedObject: { kind: 'Pod', name: 'x' },
    message: 'M',
    reportingComponent: 'c',
    count: 2,
  })
  const { convert, selectableFields } = strategyOf('events.k8s.io', 'Event')
  const current = (await convert?.(structuredClone(event), 'events.k8s.io/v1')) as ApiObject
  expect(current).toMatchObject({
    regarding: { kind: 'Pod', name: 'x' },
    note: 'M',
    reportingController: 'c',
    deprecatedCount: 2,
  })
  expect(selectableFields['regarding.name']?.(event)).toBe('x')
  expect(await convert?.(current, 'v1')).toEqual(event)
})

test('strategyOf() of HorizontalPodAutoscaler keeps in v1 what only v2 has fields for', async () => {
  const { convert } = strategyOf('autoscaling', 'HorizontalPodAutoscaler')
  const metric = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
  }
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
  const target = { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' }
  const v2 = completed('autoscaling/v2/HorizontalPodAutoscaler', {
    spec: { maxReplicas: 3, scaleTargetRef: target, metrics: [cpu, metric] },
  })
  const v1 = (await convert?.(structuredClone(v2), 'autoscaling/v1')) as ApiObject
  expect(v1).toMatchObject({
    apiVersion: 'autoscaling/v1',
    spec: { targetCPUUtilizationPercentage: 50, minReplicas: 1 },
  })
  expect(v1.metadata.annotations).toEqual({
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":70}}]',
  })
  const back = (await convert?.(v1, 'autoscaling/v2')) as ApiObject
  expect(back.spec).toEqual(v2.spec)
})

function completed(id: string, rest: Record<string, unknown>): ApiObject {
  const [group, kind] = groupAndKind(id)
  const apiVersion = id.slice(0, id.lastIndexOf('/'))
  const object = {
    apiVersion,
    kind,
    metadata: { name: 'x', namespace: 'default' },
    ...structuredClone(rest),
  } as ApiObject
  strategyOf(group, kind).applyDefaults?.(object)
  return object
}

function groupAndKind(id: string): [string, string] {
  const parts = id.split('/')
  return [parts.length === 3 ? (parts[0] as string) : '', parts.at(-1) as string]
}

test("strategyOf() writes the server's time, not the machine's", () => {
  const nowMs = Date.UTC(2001, 1, 3, 4, 5, 6)
  const time = '2001-02-03T04:05:06Z'
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'a' }, spec: {} } as ApiObject
  strategyOf('', 'PersistentVolume').prepareForCreate?.(volume, nowMs)
  expect(volume.status).toMatchObject({ lastPhaseTransitionTime: time })
  const signing = strategyOf('certificates.k8s.io', 'CertificateSigningRequest')
  const request = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: {} } as ApiObject
  const signed = { ...request, status: { conditions: [{ type: 'Failed', status: 'True' }] } } as ApiObject
  signing.prepareForStatusUpdate?.(signed, request, nowMs)
  expect(signed.status).toMatchObject({ conditions: [{ lastUpdateTime: time, lastTransitionTime: time }] })
})
