import { type Sample, sample } from './samples.ts'

const DEFAULT = 'namespaces/default'
let count = 0

const web = {
  selector: { matchLabels: { app: 'web' } },
  template: templateOf({ containers: [{ name: 'a', image: 'x' }] }),
}

/** What people get wrong; each is refused, by messages that were recorded. */
export const FAULTY_SAMPLES: readonly Sample[] = [
  deployment({ replicas: '3' }),
  deployment({ replicas: 1.5 }),
  deployment({ template: { spec: { containers: { a: 1 } } } }),
  deployment({ template: { spec: { containers: [{ name: 1 }] } } }),
  deployment({ template: { spec: { containers: [{ name: 'a', ports: [{ protocol: 5 }] }] } } }),
  deployment({ template: 5 }),
  deployment({ paused: 'x' }),
  deployment([]),
  deployment({ template: { spec: { containers: [{ resources: { limits: { cpu: 'abc' } } }] } } }),
  deployment({ strategy: { rollingUpdate: { maxSurge: true } } }),
  deployment({ template: { metadata: { annotations: { a: true } } } }),
  deployment({ ...web, replicas: -1, selector: { matchLabels: { app: 'other' } } }),
  deployment({ ...web, selector: {} }),
  deployment({
    ...web,
    selector: {
      matchExpressions: [
        { key: 'app', operator: 'In' },
        { key: 'app', operator: 'Foo' },
      ],
    },
  }),
  deployment({ ...web, strategy: { type: 'Foo' } }),
  deployment({ ...web, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } }),
  deployment({ ...web, strategy: { rollingUpdate: { maxUnavailable: '200%', maxSurge: 'x' } } }),
  deployment({ ...web, strategy: { type: 'Recreate', rollingUpdate: {} } }),
  deployment({ ...web, minReadySeconds: -1, progressDeadlineSeconds: 0 }),
  deployment({
    ...web,
    template: templateOf({ restartPolicy: 'Never', activeDeadlineSeconds: 5, containers: [{ name: 'a', image: 'x' }] }),
  }),
  deployment({ ...web, template: templateOf({ containers: [] }) }),
  pod({}),
  pod({ containers: [{ name: 'A', image: 'x' }, { name: 'a' }, { name: 'b', image: 'x' }, { name: 'b', image: 'x' }] }),
  pod({
    containers: [
      {
        name: 'a',
        image: 'x',
        imagePullPolicy: 'X',
        terminationMessagePolicy: 'X',
        ports: [
          { containerPort: 0 },
          { containerPort: 70000, name: 'p' },
          { containerPort: 2, name: 'p', protocol: 'X', hostPort: 99999 },
          { containerPort: 3, name: 'TOO_LONG_NAME_OF_A_PORT' },
        ],
        env: [
          { name: '' },
          { name: 'a=b' },
          { name: 'x', valueFrom: {} },
          { name: 'y', value: 'z', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        volumeMounts: [
          { name: 'v', mountPath: '' },
          { name: 'w', mountPath: '/a' },
          { name: 'w', mountPath: '/a' },
        ],
      },
    ],
    volumes: [
      { name: 'w' },
      { name: 'w' },
      { name: '' },
      { name: 'c', configMap: {} },
      { name: 'd', secret: {} },
      { name: 'two', emptyDir: {}, hostPath: { path: '/x' } },
    ],
  }),
  pod({
    containers: [{ name: 'a', image: 'x', resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }],
  }),
  pod({
    containers: [
      {
        name: 'a',
        image: 'x',
        livenessProbe: { periodSeconds: -1, successThreshold: 2 },
        readinessProbe: { httpGet: { port: 0 } },
        startupProbe: { exec: {}, tcpSocket: { port: 80 } },
        lifecycle: { preStop: {} },
      },
    ],
  }),
  pod({
    restartPolicy: 'X',
    dnsPolicy: 'Y',
    containers: [{ name: 'a', image: 'x' }],
    nodeSelector: { 'a b': 'c d' },
    hostname: 'A',
    serviceAccountName: 'A_',
    activeDeadlineSeconds: 0,
  }),
  pod({
    containers: [{ name: 'a', image: 'x' }],
    tolerations: [
      { operator: 'Equal' },
      { key: 'a', operator: 'Exists', value: 'x' },
      { key: 'a', operator: 'X' },
      { key: 'a', tolerationSeconds: 5, effect: 'NoSchedule' },
      { key: 'a', effect: 'Y' },
    ],
  }),
  pod({
    containers: [{ name: 'a', image: 'x' }],
    initContainers: [
      { name: 'a', image: 'y' },
      { name: 'i', image: 'y', livenessProbe: { httpGet: { port: 80 } } },
    ],
  }),
  // One fault a map: Go goes through maps in any order.
  ...['a b', '..', '..a', '.'].map((key) => fault('v1', 'ConfigMap', 'configmaps', { data: { [key]: '' } })),
  fault('v1', 'ConfigMap', 'configmaps', { data: { a: 'x' }, binaryData: { a: 'AAAA' } }),
  fault(
    'v1',
    'ConfigMap',
    'configmaps',
    {},
    { labels: { 'a/b/c': 'x y' }, annotations: { 'A B': 'x' }, finalizers: ['foo'] },
  ),
  fault('v1', 'ConfigMap', 'configmaps', {}, { ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] }),
  ...['', '/x', 'a.b_/y'].map((key) => fault('v1', 'ConfigMap', 'configmaps', {}, { labels: { [key]: '' } })),
  fault('v1', 'ConfigMap', 'configmaps', {}, { name: 'A_b' }),
  fault('v1', 'Secret', 'secrets', { data: { a: '###' } }),
  fault('v1', 'Secret', 'secrets', { data: { 'a b': '' } }),
  fault('v1', 'Secret', 'secrets', { type: 'kubernetes.io/tls' }),
  fault('v1', 'Secret', 'secrets', { type: 'kubernetes.io/dockerconfigjson' }),
  fault('v1', 'Secret', 'secrets', {
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': 'x' },
  }),
  fault('v1', 'Secret', 'secrets', { type: 'kubernetes.io/basic-auth' }),
  fault('v1', 'Secret', 'secrets', { type: 'kubernetes.io/ssh-auth' }),
  fault('v1', 'Secret', 'secrets', { type: 'kubernetes.io/service-account-token' }),
  service({ ports: [{ port: 80 }, { port: 80 }] }),
  service({ clusterIP: 'foo', ports: [{ port: 80 }] }),
  service({}),
  service({ type: 'ExternalName' }),
  service({ clusterIP: 'None', type: 'Foo', ports: [{ port: 0, targetPort: 'a_b', protocol: 'x', name: 'A' }] }),
  service({ clusterIP: 'None', type: 'NodePort', ports: [{ port: 80 }], externalIPs: ['a'], sessionAffinity: 'X' }),
  service({
    ports: [{ port: 80 }],
    selector: { a: 'b c' },
    clusterIP: 'None',
    internalTrafficPolicy: 'x',
    externalTrafficPolicy: 'y',
    loadBalancerSourceRanges: ['x'],
    allocateLoadBalancerNodePorts: true,
    loadBalancerClass: 'x',
  }),
  fault('v1', 'Service', 'services', { spec: { clusterIP: 'None' } }, { name: '1.b' }),
  fault('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { spec: {} }),
  fault('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', {
    spec: { accessModes: ['X'], resources: { requests: { storage: '-1' } } },
  }),
  fault('v1', 'Event', 'events', { involvedObject: { namespace: 'other' } }),
  fault('v1', 'Event', 'events', {
    eventTime: '2026-01-01T00:00:00.000000Z',
    involvedObject: { namespace: 'default' },
    reason: 'R'.repeat(129),
  }),
  fault('v1', 'ResourceQuota', 'resourcequotas', { spec: { hard: { pods: '-1' } } }),
  fault('v1', 'ResourceQuota', 'resourcequotas', { spec: { hard: { foo: '1' } } }),
  pod({ containers: [{ name: 'a', image: 'x', resources: { requests: { foo: '1' } } }] }),
  pod({ containers: [{ name: 'a', image: 'x', resources: { limits: { memory: '-1' } } }] }),
  fault('v1', 'Endpoints', 'endpoints', { subsets: [{ addresses: [{ ip: 'x' }], ports: [{ port: 0 }] }, {}] }),
  fault('apps/v1', 'StatefulSet', 'statefulsets', { spec: {} }),
  fault('apps/v1', 'StatefulSet', 'statefulsets', {
    spec: { ...web, serviceName: 'A', podManagementPolicy: 'X', replicas: -1 },
  }),
  fault('apps/v1', 'DaemonSet', 'daemonsets', { spec: {} }),
  fault('apps/v1', 'DaemonSet', 'daemonsets', {
    spec: { ...web, updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
  }),
  fault('apps/v1', 'DaemonSet', 'daemonsets', { spec: { ...web, updateStrategy: { type: 'X' } } }),
  fault('apps/v1', 'ReplicaSet', 'replicasets', { spec: { template: web.template } }),
  fault('apps/v1', 'ControllerRevision', 'controllerrevisions', { revision: -1 }),
  job({ template: templateOf({ containers: [{ name: 'a', image: 'x' }] }) }),
  job({
    backoffLimit: -1,
    completions: -1,
    template: templateOf({ restartPolicy: 'X', containers: [{ name: 'a', image: 'x' }] }),
  }),
  job({
    selector: { matchLabels: { a: 'b' } },
    template: templateOf({ restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] }),
  }),
  job({
    completionMode: 'Indexed',
    parallelism: 1,
    template: templateOf({ restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] }),
  }),
  cronJob({ schedule: 'x' }),
  cronJob({ schedule: '99 * * * *' }),
  cronJob({ schedule: '5-3 * * * a' }),
  cronJob({ schedule: '* * * * *', concurrencyPolicy: 'X', timeZone: 'Nowhere/Town' }),
  fault('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    spec: { maxReplicas: 0, scaleTargetRef: {} },
  }),
  fault('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    spec: { minReplicas: 5, maxReplicas: 1, scaleTargetRef: { kind: 'a', name: 'b' } },
  }),
  fault('networking.k8s.io/v1', 'Ingress', 'ingresses', { spec: {} }),
  fault('networking.k8s.io/v1', 'Ingress', 'ingresses', {
    spec: { rules: [{ host: 'A b', http: { paths: [{ path: 'x', backend: {} }] } }, { host: '1.2.3.4' }] },
  }),
  fault('networking.k8s.io/v1', 'Ingress', 'ingresses', {
    spec: { rules: [{ http: { paths: [{ path: '/x', pathType: 'Prefix', backend: { service: { name: 'A' } } }] } }] },
  }),
  fault('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    spec: { policyTypes: ['X'], ingress: [{ from: [{}], ports: [{ port: 0, protocol: 'X' }] }] },
  }),
  fault('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { spec: { minAvailable: 1, maxUnavailable: 1 } }),
  fault('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { spec: { minAvailable: '200%' } }),
  fault('coordination.k8s.io/v1', 'Lease', 'leases', { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }),
  fault('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', { addressType: 'X', endpoints: [{ addresses: [] }] }),
  fault('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['x'] }],
    ports: [{ name: 'A' }, { port: 0 }],
  }),
  fault('rbac.authorization.k8s.io/v1', 'Role', 'roles', {
    rules: [{}, { verbs: ['get'] }, { verbs: ['get'], apiGroups: [''] }, { verbs: ['get'], nonResourceURLs: ['/x'] }],
  }),
  fault('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', {
    roleRef: { kind: 'X', name: '' },
    subjects: [{ kind: 'User' }, { kind: 'ServiceAccount', name: 'A' }, { kind: 'Y', name: 'z' }],
  }),
  clusterFault('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', {
    roleRef: { kind: 'Role', name: 'x' },
  }),
  clusterFault('v1', 'Namespace', 'namespaces', {}, { name: 'A.b' }),
  clusterFault('v1', 'PersistentVolume', 'persistentvolumes', { spec: {} }),
  clusterFault('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { provisioner: '', reclaimPolicy: 'X' }),
  clusterFault('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', {
    value: 2_000_000_000,
    preemptionPolicy: 'X',
  }),
  clusterFault('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { handler: 'A' }),
  clusterFault('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', { spec: { controller: '' } }),
  clusterFault('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', {
    webhooks: [{ name: 'x', clientConfig: {} }],
  }),
  clusterFault('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', {
    webhooks: [
      {
        name: 'a.b.c',
        failurePolicy: 'X',
        timeoutSeconds: 60,
        sideEffects: 'Some',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: 'http://x' },
        rules: [{ operations: ['X'] }],
      },
    ],
  }),
]

type Rest = Record<string, unknown>

function templateOf(spec: Rest): Rest {
  return { metadata: { labels: { app: 'web' } }, spec }
}

function deployment(spec: unknown): Sample {
  return fault('apps/v1', 'Deployment', 'deployments', { spec })
}

function pod(spec: Rest): Sample {
  return fault('v1', 'Pod', 'pods', { spec })
}

function service(spec: Rest): Sample {
  return fault('v1', 'Service', 'services', { spec })
}

function job(spec: Rest): Sample {
  return fault('batch/v1', 'Job', 'jobs', { spec })
}

function cronJob(spec: Rest): Sample {
  const jobTemplate = {
    spec: { template: templateOf({ restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] }) },
  }
  return fault('batch/v1', 'CronJob', 'cronjobs', { spec: { jobTemplate, ...spec } })
}

function fault(apiVersion: string, kind: string, plural: string, rest: Rest, metadata: Rest = {}): Sample {
  const name = `faulty ${++count}`
  return sample(
    apiVersion,
    kind,
    `${DEFAULT}/${plural}`,
    name,
    { name: 'faulty', namespace: 'default', ...metadata },
    rest,
  )
}

function clusterFault(apiVersion: string, kind: string, plural: string, rest: Rest, metadata: Rest = {}): Sample {
  return sample(apiVersion, kind, plural, `faulty ${++count}`, { name: 'faulty', ...metadata }, rest)
}
