/** Objects whose tables are compared with the real server's; `status` is written by the subresource. */
export interface PrintedObject {
  /** Of the collection. */
  readonly path: string
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
  readonly status?: object
}

const MINUTES_AGO = '2026-01-02T03:04:05Z'

function core(plural: string, name: string, fields: object, status?: object): PrintedObject {
  return namespaced('/api/v1', plural, name, fields, status)
}

function namespaced(root: string, plural: string, name: string, fields: object, status?: object): PrintedObject {
  return of(`${root}/namespaces/default/${plural}`, name, fields, status)
}

function of(path: string, name: string, fields: object, status?: object): PrintedObject {
  const { metadata = {}, ...rest } = fields as { metadata?: object }
  return { path, name, body: { metadata: { name, ...metadata }, ...rest }, ...(status !== undefined && { status }) }
}

const SIGNING = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const signingRequest = {
  // Ed25519, of CN=ed; its key is nobody's any more.
  request:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHTU1FQUNBUUF3RFRFTE1Ba0dBMVVFQXd3Q1pXUXdLakFGQmdNclpYQURJUUFEb1o5QlBiYVpGb1Z3MjZSNApobnF0aWliYmt6UnhaZ2tiVmVkSjh5UE5IYUFBTUFVR0F5dGxjQU5CQUJIZTlWdEdiZEtIQVlsUHdmdk5Zd0JICjFCSFljaUpFUXNlTnBJNEZvYU54RWRhR0h4UmtEdFA5Q2VrQlJoME1WL2h5dHlYWHlHeWUwRStrY21FeEF3OD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  signerName: 'example.com/signer',
  usages: ['client auth'],
}

const CONTAINERS = [
  { name: 'a', image: 'example.com/a:1' },
  { name: 'b', image: 'example.com/b:2' },
]
const LABELS = { app: 'x', tier: 'y' }
const template = (extra: object = {}) => ({ metadata: { labels: LABELS }, spec: { containers: CONTAINERS, ...extra } })
const SELECTOR = { matchLabels: LABELS }
const EXPRESSIONS = {
  matchLabels: { app: 'x' },
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['z', 'y'] },
    { key: 'old', operator: 'DoesNotExist' },
    { key: 'env', operator: 'NotIn', values: ['prod'] },
  ],
}
const APPS = '/apis/apps/v1'
const BATCH = '/apis/batch/v1'
const NETWORK = '/apis/networking.k8s.io/v1'
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const STORAGE = '/apis/storage.k8s.io/v1'
const ADMISSION = '/apis/admissionregistration.k8s.io/v1'

const status = (name: string, state: object, more: object = {}) => ({
  name,
  image: 'i',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...more,
})
const RUNNING = { running: { startedAt: MINUTES_AGO } }
const ended = (exitCode: number, more: object = {}) => ({
  terminated: { exitCode, startedAt: MINUTES_AGO, finishedAt: MINUTES_AGO, ...more },
})

const pod = (name: string, podStatus: object, spec: object = {}) =>
  core('pods', name, { spec: { containers: CONTAINERS, ...spec } }, podStatus)

const PODS = [
  pod('pending', { phase: 'Pending' }),
  pod(
    'running',
    {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.7' }],
      podIP: '10.0.0.7',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'example.com/gate', status: 'True' },
      ],
      containerStatuses: [
        status('a', RUNNING, { ready: true, restartCount: 3, lastState: ended(1) }),
        status('b', RUNNING, { ready: true }),
      ],
    },
    { nodeName: 'node-1', readinessGates: [{ conditionType: 'example.com/gate' }, { conditionType: 'other.io/gate' }] },
  ),
  pod('backing-off', {
    phase: 'Running',
    containerStatuses: [
      status('a', { waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 7 }),
      status('b', RUNNING, { ready: true }),
    ],
  }),
  pod('completed', {
    phase: 'Succeeded',
    containerStatuses: [status('a', ended(0, { reason: 'Completed' })), status('b', ended(0, { reason: 'Completed' }))],
  }),
  pod('failed', {
    phase: 'Failed',
    containerStatuses: [status('a', ended(0, { reason: 'Completed' })), status('b', ended(2, { reason: 'Error' }))],
  }),
  pod('signalled', { phase: 'Failed', containerStatuses: [status('a', ended(137, { signal: 9 }))] }),
  pod('exit-code', { phase: 'Failed', containerStatuses: [status('a', ended(3))] }),
  pod('half-completed', {
    phase: 'Running',
    containerStatuses: [status('a', ended(0, { reason: 'Completed' })), status('b', RUNNING, { ready: true })],
  }),
  pod('evicted', { phase: 'Failed', reason: 'Evicted' }),
  pod(
    'initializing',
    { phase: 'Pending', initContainerStatuses: [status('i', RUNNING, { restartCount: 2 })] },
    {
      initContainers: [
        { name: 'i', image: 'i' },
        { name: 'j', image: 'j' },
      ],
    },
  ),
  pod(
    'init-failed',
    { phase: 'Pending', initContainerStatuses: [status('i', ended(4))] },
    { initContainers: [{ name: 'i', image: 'i' }] },
  ),
  pod(
    'sidecar',
    {
      phase: 'Running',
      conditions: [{ type: 'Initialized', status: 'True' }],
      initContainerStatuses: [
        status('i', RUNNING, { ready: true, started: true, restartCount: 1, lastState: ended(1) }),
      ],
      containerStatuses: [status('a', RUNNING, { ready: true }), status('b', RUNNING)],
    },
    { initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }] },
  ),
  pod('gated', { phase: 'Pending' }, { schedulingGates: [{ name: 'example.com/gate' }] }),
]

const WORKLOADS = [
  core('podtemplates', 'template', { template: template() }),
  core(
    'replicationcontrollers',
    'rc',
    { spec: { replicas: 2, selector: LABELS, template: template() } },
    { replicas: 2, readyReplicas: 1 },
  ),
  namespaced(
    APPS,
    'deployments',
    'deployment',
    { spec: { replicas: 3, selector: EXPRESSIONS, template: { ...template(), metadata: { labels: { ...LABELS } } } } },
    { replicas: 3, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 },
  ),
  namespaced(APPS, 'replicasets', 'rs', { spec: { selector: EXPRESSIONS, template: template() } }, { replicas: 1 }),
  namespaced(
    APPS,
    'statefulsets',
    'sts',
    { spec: { selector: SELECTOR, serviceName: 's', template: template() } },
    { replicas: 1, readyReplicas: 1 },
  ),
  namespaced(
    APPS,
    'daemonsets',
    'ds',
    { spec: { selector: SELECTOR, template: template({ nodeSelector: { disk: 'ssd', arch: 'arm' } }) } },
    {
      desiredNumberScheduled: 5,
      currentNumberScheduled: 4,
      numberReady: 3,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
      numberMisscheduled: 0,
    },
  ),
  namespaced(APPS, 'controllerrevisions', 'revision', {
    metadata: {
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'sts', uid: 'u', controller: true }],
    },
    revision: 7,
    data: {},
  }),
  namespaced(APPS, 'controllerrevisions', 'orphan', { revision: 1, data: {} }),
  namespaced(BATCH, 'jobs', 'job', { spec: { template: template({ restartPolicy: 'Never' }) } }, { active: 1 }),
  namespaced(
    BATCH,
    'jobs',
    'parallel',
    { spec: { parallelism: 3, completions: 5, template: template({ restartPolicy: 'Never' }) } },
    { startTime: '2026-01-02T03:00:00Z', active: 1, succeeded: 2 },
  ),
  namespaced(BATCH, 'jobs', 'queue', { spec: { parallelism: 3, template: template({ restartPolicy: 'Never' }) } }),
  namespaced(BATCH, 'jobs', 'suspended', {
    spec: { suspend: true, template: template({ restartPolicy: 'Never' }) },
  }),
  namespaced(
    BATCH,
    'cronjobs',
    'cron',
    {
      spec: {
        schedule: '*/5 * * * *',
        timeZone: 'Etc/UTC',
        jobTemplate: { spec: { template: template({ restartPolicy: 'Never' }) } },
      },
    },
    { lastScheduleTime: MINUTES_AGO, active: [{ kind: 'Job', name: 'x' }] },
  ),
  namespaced(BATCH, 'cronjobs', 'never', {
    spec: {
      schedule: '0 0 1 1 *',
      suspend: true,
      jobTemplate: { spec: { template: template({ restartPolicy: 'Never' }) } },
    },
  }),
]

const SERVICE_PORTS = [
  { name: 'http', port: 80 },
  { name: 'dns', port: 53, protocol: 'UDP' },
]
const NETWORKS = [
  core('services', 'cluster-ip', { spec: { ports: SERVICE_PORTS, selector: LABELS, clusterIP: '10.96.0.77' } }),
  core('services', 'headless', {
    spec: { clusterIP: 'None', externalIPs: ['192.0.2.1', '192.0.2.2'], ports: [{ port: 1 }] },
  }),
  core('services', 'node-port', {
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30777 }], clusterIP: '10.96.0.78' },
  }),
  core('services', 'pending-balancer', { spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30778 }] } }),
  core(
    'services',
    'balancer',
    { spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.9'], ports: [{ port: 80, nodePort: 30779 }] } },
    { loadBalancer: { ingress: [{ ip: '192.0.2.8' }, { hostname: 'a-long-name.of.a.balancer.example.com' }] } },
  ),
  core('services', 'external', { spec: { type: 'ExternalName', externalName: 'example.com' } }),
  core('endpoints', 'endpoints', {
    subsets: [
      {
        addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
    ],
  }),
  core('endpoints', 'none', {}),
  core('endpoints', 'portless', { subsets: [{ addresses: [{ ip: '10.0.0.1' }] }] }),
  namespaced('/apis/discovery.k8s.io/v1', 'endpointslices', 'slice', {
    addressType: 'IPv4',
    ports: [{ port: 80 }, { name: 'x', port: 81 }, { name: 'y' }],
    endpoints: [
      { addresses: ['10.0.0.1'] },
      { addresses: ['10.0.0.2'] },
      { addresses: ['10.0.0.3'] },
      { addresses: ['10.0.0.4'] },
    ],
  }),
  namespaced('/apis/discovery.k8s.io/v1', 'endpointslices', 'empty', { addressType: 'IPv6', endpoints: [] }),
  namespaced(
    NETWORK,
    'ingresses',
    'ingress',
    {
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['a.example.com'] }],
        rules: ['a', 'b', 'c', 'd'].map((host) => ({ host: `${host}.example.com` })),
      },
    },
    { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } },
  ),
  namespaced(NETWORK, 'ingresses', 'default-backend', {
    spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  }),
  of(`${NETWORK}/ingressclasses`, 'default-class', {
    metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: { controller: 'example.com/c', parameters: { apiGroup: 'example.com', kind: 'P', name: 'p' } },
  }),
  of(`${NETWORK}/ingressclasses`, 'plain-class', { spec: { controller: 'example.com/c' } }),
  namespaced(NETWORK, 'networkpolicies', 'policy', { spec: { podSelector: EXPRESSIONS } }),
  namespaced(NETWORK, 'networkpolicies', 'all', { spec: { podSelector: {} } }),
  of('/apis/apiregistration.k8s.io/v1/apiservices', 'v1.example.com', {
    spec: {
      group: 'example.com',
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'nowhere' },
    },
  }),
]

const STORED = [
  of('/api/v1/persistentvolumes', 'volume', {
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
      storageClassName: 'fast',
      claimRef: { namespace: 'default', name: 'claim' },
      hostPath: { path: '/x' },
    },
  }),
  core('persistentvolumeclaims', 'claim', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' },
  }),
  core(
    'persistentvolumeclaims',
    'bound',
    {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName: 'volume' },
    },
    { phase: 'Bound', accessModes: ['ReadWriteOnce', 'ReadOnlyMany'], capacity: { storage: '5Gi' } },
  ),
  of(`${STORAGE}/storageclasses`, 'fast', {
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/fast',
    allowVolumeExpansion: true,
    volumeBindingMode: 'WaitForFirstConsumer',
  }),
  of(`${STORAGE}/csidrivers`, 'driver.example.com', {
    spec: { tokenRequests: [{ audience: 'a' }], volumeLifecycleModes: ['Persistent', 'Ephemeral'] },
  }),
  of(`${STORAGE}/csinodes`, 'node-1', { spec: { drivers: [{ name: 'd.example.com', nodeID: 'n' }] } }),
  of(`${STORAGE}/volumeattachments`, 'attachment', {
    spec: { attacher: 'a.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'volume' } },
  }),
  of(`${STORAGE}/volumeattributesclasses`, 'gold', { driverName: 'd.example.com', parameters: { a: 'b' } }),
  namespaced(STORAGE, 'csistoragecapacities', 'capacity', { storageClassName: 'fast', capacity: '1Gi' }),
]

const SUBJECTS = [
  { kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'User', name: 'joe', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
]
const webhook = (name: string) => ({
  name,
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { url: 'https://127.0.0.1:1/' },
  rules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
})
const CLUSTER = [
  of('/api/v1/namespaces', 'space', {}),
  core('configmaps', 'map', { data: { a: 'b', c: 'd' }, binaryData: { e: 'AA==' } }),
  core('secrets', 'secret', { type: 'example.com/x', stringData: { a: 'b' } }),
  core('serviceaccounts', 'account', {}),
  core('limitranges', 'limits', { spec: { limits: [{ type: 'Pod', max: { cpu: '1' } }] } }),
  core(
    'resourcequotas',
    'quota',
    { spec: { hard: { pods: '999', 'limits.cpu': '900' } } },
    { hard: { pods: '999', 'limits.cpu': '900', cpu: '10' }, used: { pods: '4', 'limits.cpu': '500m' } },
  ),
  of(
    '/api/v1/nodes',
    'node-1',
    {
      metadata: {
        labels: {
          'node-role.kubernetes.io/worker': '',
          'node-role.kubernetes.io/etcd': '',
          'kubernetes.io/role': 'old',
        },
      },
      spec: { unschedulable: true },
    },
    {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '192.0.2.3' }],
      nodeInfo: {
        kubeletVersion: 'v1.36.0',
        architecture: 'amd64',
        kernelVersion: '6.1',
        osImage: 'Linux',
        containerRuntimeVersion: '',
        bootID: '',
        kubeProxyVersion: '',
        machineID: '',
        operatingSystem: 'linux',
        systemUUID: '',
      },
    },
  ),
  of('/api/v1/nodes', 'node-2', {}),
  core('events', 'event', {
    involvedObject: { kind: 'Pod', name: 'running', namespace: 'default', fieldPath: 'spec.containers{a}' },
    type: 'Normal',
    reason: 'Pulled',
    message: ' It was pulled \n',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: MINUTES_AGO,
    lastTimestamp: '2026-01-02T03:14:05Z',
    count: 4,
  }),
  namespaced('/apis/events.k8s.io/v1', 'events', 'new-event', {
    eventTime: '2026-01-02T03:04:05.123456Z',
    reportingController: 'example.com/c',
    reportingInstance: 'c-1',
    action: 'Do',
    reason: 'Done',
    type: 'Warning',
    note: 'It was done',
    regarding: { kind: 'Pod', name: 'running', namespace: 'default' },
    series: { count: 5, lastObservedTime: '2026-01-02T03:24:05.000000Z' },
  }),
  namespaced('/apis/coordination.k8s.io/v1', 'leases', 'lease', { spec: { holderIdentity: 'me' } }),
  namespaced('/apis/coordination.k8s.io/v1', 'leases', 'free', {}),
  namespaced(RBAC, 'roles', 'role', { rules: [] }),
  namespaced(RBAC, 'rolebindings', 'binding', {
    subjects: SUBJECTS,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'role' },
  }),
  of(`${RBAC}/clusterroles`, 'cluster-role', { rules: [] }),
  of(`${RBAC}/clusterrolebindings`, 'cluster-binding', {
    subjects: SUBJECTS,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-role' },
  }),
  of('/apis/node.k8s.io/v1/runtimeclasses', 'sandboxed', { handler: 'runsc' }),
  of(SIGNING, 'new', { spec: { ...signingRequest, expirationSeconds: 7200 } }),
  of(
    SIGNING,
    'failed',
    { spec: signingRequest },
    { conditions: [{ type: 'Failed', status: 'True', message: 'of this' }] },
  ),
  of('/apis/scheduling.k8s.io/v1/priorityclasses', 'high', { value: 1000, preemptionPolicy: 'Never' }),
  of(`${ADMISSION}/validatingwebhookconfigurations`, 'validating', { webhooks: [webhook('a.example.com')] }),
  of(`${ADMISSION}/mutatingwebhookconfigurations`, 'mutating', {
    webhooks: [webhook('a.example.com'), webhook('b.example.com')],
  }),
  of(`${ADMISSION}/validatingadmissionpolicies`, 'policy', {
    spec: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      validations: [{ expression: 'true' }],
    },
  }),
  of(`${ADMISSION}/validatingadmissionpolicybindings`, 'policy-binding', {
    spec: {
      policyName: 'policy',
      validationActions: ['Deny'],
      paramRef: { name: 'p', parameterNotFoundAction: 'Allow' },
    },
  }),
  of('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', 'things.example.org', {
    spec: {
      group: 'example.org',
      scope: 'Cluster',
      names: { plural: 'things', singular: 'thing', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }),
]

const metric = (name: string, target: object) => ({ type: 'Resource', resource: { name, target } })
const SCALING = [
  namespaced(
    '/apis/autoscaling/v2',
    'horizontalpodautoscalers',
    'scaler',
    {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'deployment' },
        maxReplicas: 9,
        metrics: [
          metric('cpu', { type: 'Utilization', averageUtilization: 80 }),
          metric('memory', { type: 'AverageValue', averageValue: '100Mi' }),
          { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '5' } } },
        ],
      },
    },
    {
      currentReplicas: 2,
      desiredReplicas: 2,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 42, averageValue: '1' } } },
      ],
    },
  ),
  namespaced('/apis/autoscaling/v1', 'horizontalpodautoscalers', 'old-scaler', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'deployment' },
      maxReplicas: 9,
      minReplicas: 2,
      targetCPUUtilizationPercentage: 50,
    },
  }),
  namespaced('/apis/policy/v1', 'poddisruptionbudgets', 'percent', {
    spec: { minAvailable: '50%', selector: SELECTOR },
  }),
  namespaced('/apis/policy/v1', 'poddisruptionbudgets', 'number', { spec: { maxUnavailable: 0, selector: SELECTOR } }),
]

export const PRINTED_OBJECTS: readonly PrintedObject[] = [
  ...PODS,
  ...WORKLOADS,
  ...NETWORKS,
  ...STORED,
  ...CLUSTER,
  ...SCALING,
]
