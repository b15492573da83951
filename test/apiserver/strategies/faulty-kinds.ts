import type { Sample } from './samples.ts'

const web = {
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'x' }] } },
}
const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] } } }
const pv = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }

/** What is wrong, the path, and the object but for its metadata. */
const OBJECTS: readonly (readonly [string, string, string, string, Record<string, unknown>])[] = [
  [
    'drivers of a CSINode',
    '/apis/storage.k8s.io/v1/csinodes',
    'storage.k8s.io/v1',
    'CSINode',
    {
      spec: {
        drivers: [
          { name: 'a', nodeID: '', allocatable: { count: -1 } },
          { name: 'a', nodeID: 'x'.repeat(257), topologyKeys: ['', 'a b', 'c', 'c'] },
        ],
      },
    },
  ],
  [
    'the parent of an IPAddress',
    '/apis/networking.k8s.io/v1/ipaddresses',
    'networking.k8s.io/v1',
    'IPAddress',
    { metadata: { name: '10.9.8.7' }, spec: { parentRef: { group: 'A', resource: 'a/b', name: '', namespace: '%' } } },
  ],
  [
    'no CIDR of a ServiceCIDR',
    '/apis/networking.k8s.io/v1/servicecidrs',
    'networking.k8s.io/v1',
    'ServiceCIDR',
    { spec: { cidrs: [] } },
  ],
  [
    'CIDRs of a ServiceCIDR',
    '/apis/networking.k8s.io/v1/servicecidrs',
    'networking.k8s.io/v1',
    'ServiceCIDR',
    { spec: { cidrs: ['10.1.2.3/16', 'x'] } },
  ],
  [
    'two CIDRs of a sort',
    '/apis/networking.k8s.io/v1/servicecidrs',
    'networking.k8s.io/v1',
    'ServiceCIDR',
    { spec: { cidrs: ['10.1.0.0/16', '10.2.0.0/16'] } },
  ],
  [
    'the inline volume of a VolumeAttachment',
    '/apis/storage.k8s.io/v1/volumeattachments',
    'storage.k8s.io/v1',
    'VolumeAttachment',
    {
      spec: {
        attacher: 'a',
        nodeName: 'n',
        source: { inlineVolumeSpec: { ...pv, storageClassName: 's', hostPath: { path: '/x' } } },
      },
    },
  ],
  [
    'the source of a PersistentVolume',
    '/api/v1/persistentvolumes',
    'v1',
    'PersistentVolume',
    {
      spec: {
        ...pv,
        accessModes: ['ReadWriteOnce', 'ReadWriteOncePod', 'X'],
        persistentVolumeReclaimPolicy: 'Burn',
        volumeMode: 'Tape',
        storageClassName: 'A',
        local: { path: '../x' },
        csi: { driver: '' },
      },
    },
  ],
  [
    'the source of a claim',
    '/api/v1/namespaces/default/persistentvolumeclaims',
    'v1',
    'PersistentVolumeClaim',
    {
      spec: {
        accessModes: ['X'],
        resources: { requests: { storage: '0' } },
        storageClassName: 'A',
        dataSourceRef: { kind: 'K', name: '', namespace: 'N' },
      },
    },
  ],
  [
    'policies of a Job',
    '/apis/batch/v1/namespaces/default/jobs',
    'batch/v1',
    'Job',
    {
      spec: {
        ...job,
        completions: 3,
        parallelism: 2,
        completionMode: 'Indexed',
        maxFailedIndexes: 9,
        managedBy: 'x',
        podReplacementPolicy: 'TerminatingOrFailed',
        podFailurePolicy: {
          rules: [
            { action: '', onExitCodes: { containerName: 'z', operator: 'In', values: [2, 0, 2] } },
            { action: 'FailIndex', onPodConditions: [{ type: 'a b', status: 'Maybe' }] },
            { action: 'Burn' },
          ],
        },
        successPolicy: { rules: [{}, { succeededIndexes: '0-9' }, { succeededIndexes: '0,1', succeededCount: 3 }] },
      },
    },
  ],
  [
    'the strategy of a StatefulSet',
    '/apis/apps/v1/namespaces/default/statefulsets',
    'apps/v1',
    'StatefulSet',
    {
      spec: {
        ...web,
        ordinals: { start: -1 },
        updateStrategy: { type: 'Sometimes', rollingUpdate: { partition: 1 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Burn' },
        volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: {} }],
      },
    },
  ],
  [
    'paths of an Ingress',
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    'networking.k8s.io/v1',
    'Ingress',
    {
      spec: {
        defaultBackend: {},
        tls: [{ hosts: ['*a.b', 'A'], secretName: 'B' }],
        rules: [
          {
            host: 'a.*.b',
            http: {
              paths: [
                {
                  path: '/a//b/..',
                  pathType: 'Prefix',
                  backend: { resource: { kind: '', name: 'a/b', apiGroup: 'A' } },
                },
                {
                  path: 'x',
                  pathType: 'ImplementationSpecific',
                  backend: { service: { name: 's', port: { number: 1 } } },
                },
              ],
            },
          },
        ],
      },
    },
  ],
  [
    'ports and peers of a NetworkPolicy',
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
    'networking.k8s.io/v1',
    'NetworkPolicy',
    {
      spec: {
        podSelector: {},
        egress: [{ ports: [{ endPort: 5 }, { port: 'x', endPort: 5 }, { port: 80, endPort: 70 }] }],
        ingress: [{ from: [{ ipBlock: { cidr: '' } }] }],
      },
    },
  ],
  [
    'metrics of an autoscaler',
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    {
      spec: {
        maxReplicas: -1,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Sometimes', averageUtilization: 0 } } },
          { type: 'Pods', pods: { metric: { name: '' }, target: { type: 'Value', value: '0' } } },
          { type: 'External', object: { describedObject: {}, metric: { name: 'm' }, target: { type: 'Value' } } },
        ],
        behavior: { scaleUp: { stabilizationWindowSeconds: -1, selectPolicy: 'Any', policies: [{ type: 'X' }] } },
      },
    },
  ],
]

/** Objects that are wrong in what few write; each is refused, by messages that were recorded. */
export const FAULTY_KINDS: readonly Sample[] = OBJECTS.map(([what, path, apiVersion, kind, rest]) => ({
  name: `faulty: ${what}`,
  path,
  object: {
    apiVersion,
    kind,
    ...rest,
    metadata: {
      name: 'faulty',
      ...(path.includes('/namespaces/') && { namespace: 'default' }),
      ...(rest.metadata as Record<string, unknown> | undefined),
    },
  },
}))
