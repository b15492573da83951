/** What is created, and where; apiVersion and kind as in a manifest. */
export interface Sample {
  readonly name: string
  readonly path: string
  readonly object: Record<string, unknown> & { apiVersion: string; kind: string; metadata: Record<string, unknown> }
}

const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
}
const selector = { matchLabels: { app: 'web' } }

/** Minimal and rich objects of the built-in kinds, some with values that Go's decoder drops or rewrites. */
export const SAMPLES: readonly Sample[] = [
  ns('v1', 'ConfigMap', 'configmaps', 'minimal', {}),
  ns('v1', 'ConfigMap', 'configmaps', 'rich', {
    data: { a: 'b', empty: '' },
    binaryData: { x: 'AAA=' },
    immutable: false,
  }),
  ns('v1', 'ConfigMap', 'configmaps', 'nulls', { data: null, immutable: null, unknown: 5 }),
  ns('v1', 'Secret', 'secrets', 'minimal', {}),
  ns('v1', 'Secret', 'secrets', 'string-data', { data: { a: 'YQ==', b: 'Yg==' }, stringData: { a: 'ü', c: '' } }),
  ns('v1', 'ServiceAccount', 'serviceaccounts', 'minimal', { automountServiceAccountToken: false }),
  ns('v1', 'Pod', 'pods', 'minimal', { spec: { containers: [{ name: 'a', image: 'nginx' }] } }),
  ns('v1', 'Pod', 'pods', 'rich', {
    spec: {
      serviceAccount: 'old',
      hostNetwork: true,
      restartPolicy: 'OnFailure',
      paused: true,
      containers: [
        {
          name: 'a',
          image: 'registry:5000/nginx:1.2',
          tty: false,
          command: [],
          ports: [{ containerPort: 80 }, { containerPort: 81, protocol: 'UDP', hostPort: 81 }],
          env: [
            { name: 'A', value: '' },
            { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'C', valueFrom: { configMapKeyRef: { name: 'x', key: 'y', optional: false } } },
          ],
          livenessProbe: { httpGet: { port: 80 } },
          readinessProbe: { grpc: { port: 81 }, periodSeconds: 0 },
          startupProbe: { exec: { command: ['true'] }, initialDelaySeconds: 0, timeoutSeconds: 5 },
          lifecycle: { preStop: { httpGet: { path: '/x', port: 'http' } } },
          resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: '0.5' } },
          securityContext: { runAsUser: 0, privileged: false },
        },
        {
          name: 'b',
          image: 'nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000',
          resources: {},
        },
        { name: 'c', image: 'nginx:latest', stdin: true },
      ],
      initContainers: [{ name: 'i', image: 'busybox:1', restartPolicy: 'Always' }],
      volumes: [
        { name: 'empty' },
        { name: 'cm', configMap: { name: 'x' } },
        { name: 'sec', secret: { secretName: 'x', items: [{ key: 'a', path: 'b' }] } },
        { name: 'down', downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        { name: 'proj', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        { name: 'host', hostPath: { path: '/x' } },
        { name: 'img', image: { reference: 'nginx' } },
        {
          name: 'eph',
          ephemeral: {
            volumeClaimTemplate: {
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          },
        },
      ],
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 0,
    },
    status: { phase: 'Running' },
  }),
  ns('v1', 'Pod', 'pods', 'guaranteed', {
    spec: { containers: [{ name: 'a', image: 'b:1', resources: { limits: { cpu: '1', memory: '64Mi' } } }] },
  }),
  ns('v1', 'Pod', 'pods', 'gated', {
    spec: { schedulingGates: [{ name: 'a.b/c' }], containers: [{ name: 'a', image: 'b:1' }] },
  }),
  ns('v1', 'PodTemplate', 'podtemplates', 'minimal', { template }),
  ns('v1', 'ReplicationController', 'replicationcontrollers', 'minimal', { spec: { template } }),
  ns('v1', 'Service', 'services', 'headless', { spec: { clusterIP: 'None', selector: { a: 'b' } } }),
  ns('v1', 'Service', 'services', 'cluster-ip', {
    spec: {
      clusterIP: '10.96.7.7',
      ports: [{ port: 80 }, { name: 'b', port: 81, targetPort: 'x', protocol: 'UDP' }].map((each, index) => ({
        name: `p${index}`,
        ...each,
      })),
    },
  }),
  ns('v1', 'Service', 'services', 'affinity', {
    spec: { clusterIP: '10.96.7.8', sessionAffinity: 'ClientIP', ports: [{ port: 80, nodePort: 0 }] },
  }),
  ns('v1', 'Service', 'services', 'external-name', { spec: { type: 'ExternalName', externalName: 'example.com' } }),
  ns('v1', 'Service', 'services', 'node-port', {
    spec: { type: 'NodePort', clusterIP: '10.96.7.9', ports: [{ port: 80, nodePort: 30123 }] },
  }),
  ns('v1', 'Service', 'services', 'load-balancer', {
    spec: { type: 'LoadBalancer', clusterIP: '10.96.7.10', ports: [{ port: 80, nodePort: 30124 }] },
  }),
  ns('v1', 'Endpoints', 'endpoints', 'rich', { subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] }),
  ns('v1', 'Event', 'events', 'minimal', { involvedObject: { namespace: 'default', name: 'x' } }),
  ns('v1', 'Event', 'events', 'rich', {
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'x' },
    reason: 'R',
    message: 'M',
    type: 'Normal',
    source: { component: 'c' },
    firstTimestamp: '2026-01-01T00:00:00.7+02:00',
    lastTimestamp: '2026-01-01T00:00:01Z',
    count: 1,
  }),
  ns('events.k8s.io/v1', 'Event', 'events', 'new', {
    regarding: { kind: 'Pod', namespace: 'default', name: 'x' },
    eventTime: '2026-01-01T00:00:00.123000Z',
    action: 'A',
    reason: 'R',
    type: 'Normal',
    note: 'N',
    reportingController: 'c.example.com/x',
    reportingInstance: 'i',
  }),
  ns('v1', 'LimitRange', 'limitranges', 'rich', {
    spec: { limits: [{ type: 'Container', max: { cpu: '2000m' }, min: { memory: '1Ki' } }] },
  }),
  ns('v1', 'LimitRange', 'limitranges', 'defaults', {
    spec: {
      limits: [
        { type: 'Container', max: { cpu: '2' }, min: { cpu: '100m', memory: '1Mi' }, default: { memory: '1024Ki' } },
        { type: 'Pod', max: { cpu: '4' }, maxLimitRequestRatio: { cpu: '1500m' } },
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
        { type: 'example.com/own', max: { storage: '5' } },
      ],
    },
  }),
  ns('v1', 'LimitRange', 'limitranges', 'minimal', { spec: {} }),
  ns('v1', 'ResourceQuota', 'resourcequotas', 'minimal', { status: { hard: { pods: '1' } } }),
  ns('v1', 'ResourceQuota', 'resourcequotas', 'scoped', {
    spec: {
      hard: {
        pods: '1',
        'count/widgets.example.com': '1',
        'gold.storageclass.storage.k8s.io/requests.storage': '1024Mi',
      },
      scopes: ['NotTerminating'],
      scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['a', 'b'] }] },
    },
  }),
  ns('v1', 'ResourceQuota', 'resourcequotas', 'rich', { spec: { hard: { pods: 10, 'requests.cpu': '1500m' } } }),
  ns('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', 'rich', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
  }),
  cluster('v1', 'PersistentVolume', 'persistentvolumes', 'rich', {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
  }),
  cluster('v1', 'Namespace', 'namespaces', 'minimal', {}),
  cluster('v1', 'Node', 'nodes', 'minimal', {}),
  cluster('v1', 'Node', 'nodes', 'rich', {
    spec: { podCIDR: '10.1.0.0/24' },
    status: { capacity: { cpu: '4000m', pods: 110 } },
  }),
  ns('apps/v1', 'Deployment', 'deployments', 'minimal', { spec: { selector, template } }),
  ns('apps/v1', 'Deployment', 'deployments', 'recreate', {
    spec: { replicas: 0, paused: false, strategy: { type: 'Recreate' }, selector, template },
    status: { replicas: 5 },
  }),
  ns('apps/v1', 'ReplicaSet', 'replicasets', 'minimal', { spec: { selector, template } }),
  ns('apps/v1', 'DaemonSet', 'daemonsets', 'minimal', { spec: { selector, template } }),
  ns('apps/v1', 'StatefulSet', 'statefulsets', 'minimal', { spec: { selector, template, serviceName: 'x' } }),
  ns('apps/v1', 'StatefulSet', 'statefulsets', 'rich', {
    spec: {
      selector,
      template,
      updateStrategy: { type: 'OnDelete' },
      volumeClaimTemplates: [
        {
          metadata: { name: 'd' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  }),
  ns('apps/v1', 'ControllerRevision', 'controllerrevisions', 'minimal', { data: { a: 1 }, revision: 0 }),
  ns('batch/v1', 'Job', 'jobs', 'minimal', {
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } },
  }),
  ns('batch/v1', 'Job', 'jobs', 'rich', {
    spec: {
      completions: 3,
      parallelism: 0,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
      template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } },
    },
  }),
  ns('batch/v1', 'CronJob', 'cronjobs', 'minimal', {
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } },
      },
    },
  }),
  ns('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'minimal', {
    spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' } },
  }),
  ns('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'behavior', {
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
      behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
    },
  }),
  ns('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'old', {
    spec: {
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
      scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
    },
  }),
  ns('networking.k8s.io/v1', 'Ingress', 'ingresses', 'minimal', {
    spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } },
  }),
  ns('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', 'minimal', { spec: {} }),
  ns('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', 'rich', {
    spec: { podSelector: {}, ingress: [], egress: [{ ports: [{ port: 80 }] }] },
  }),
  cluster('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', 'rich', {
    spec: { controller: 'a.b/c', parameters: { kind: 'X', name: 'y' } },
  }),
  ns('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'minimal', { spec: { minAvailable: 1, selector } }),
  ns('coordination.k8s.io/v1', 'Lease', 'leases', 'rich', {
    spec: { holderIdentity: 'x', renewTime: '2026-01-01T00:00:00.123456Z', leaseDurationSeconds: 15 },
  }),
  ns('coordination.k8s.io/v1', 'Lease', 'leases', 'minimal', {}),
  ns('coordination.k8s.io/v1', 'Lease', 'leases', 'short-time', { spec: { renewTime: '2026-01-01T00:00:00Z' } }),
  ns('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', 'rich', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['1.2.3.4'] }],
    ports: [{ port: 80 }],
  }),
  ns('rbac.authorization.k8s.io/v1', 'Role', 'roles', 'minimal', {}),
  cluster('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', 'rich', {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: [] }],
  }),
  ns('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', 'rich', {
    subjects: [
      { kind: 'User', name: 'u' },
      { kind: 'ServiceAccount', name: 's', namespace: 'default' },
    ],
    roleRef: { kind: 'ClusterRole', name: 'view' },
  }),
  cluster('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', 'minimal', { value: 0 }),
  cluster('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', 'minimal', {
    handler: 'x',
    overhead: { podFixed: { cpu: '1000m' } },
  }),
  cluster('storage.k8s.io/v1', 'StorageClass', 'storageclasses', 'minimal', { provisioner: 'a.b/c' }),
  cluster('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', 'minimal', { spec: {} }),
  cluster(
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    'rich',
    {
      webhooks: [
        {
          name: 'a.b.c',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          clientConfig: { service: { name: 'a', namespace: 'b' } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        },
      ],
    },
  ),
  cluster('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', 'rich', {
    webhooks: [
      {
        name: 'a.b.c',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: 'https://example.com/x' },
      },
    ],
  }),
  cluster('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', 'rich', {
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      },
      validations: [{ expression: 'true' }],
    },
  }),
  cluster('flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', 'prioritylevelconfigurations', 'rich', {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } },
  }),
  cluster('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'flowschemas', 'minimal', {
    spec: { priorityLevelConfiguration: { name: 'x' } },
  }),
]

type Rest = Record<string, unknown>

function ns(apiVersion: string, kind: string, plural: string, name: string, rest: Rest): Sample {
  return sample(apiVersion, kind, `namespaces/default/${plural}`, name, { name, namespace: 'default' }, rest)
}

function cluster(apiVersion: string, kind: string, plural: string, name: string, rest: Rest): Sample {
  return sample(apiVersion, kind, plural, name, { name: kind === 'CSIDriver' ? 'csi.example.com' : name }, rest)
}

export function sample(
  apiVersion: string,
  kind: string,
  path: string,
  name: string,
  metadata: Rest,
  rest: Rest,
): Sample {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return {
    name: `${apiVersion} ${kind} ${name}`,
    path: `${root}/${path}`,
    object: { apiVersion, kind, metadata, ...rest },
  }
}
