import { asks, type Case, del, first, get, patch, post, put } from '../case.ts'
import { podSpec } from './kinds-table.ts'

const ask = asks(2)
const core = '/api/v1/namespaces/{ns}'
const apps = '/apis/apps/v1/namespaces/{ns}'
const batch = '/apis/batch/v1/namespaces/{ns}'
const meta = { name: 'a', labels: { of: '{id}' } }
const selector = { matchLabels: { app: 'a' } }
const template = { metadata: { labels: { app: 'a' } }, spec: podSpec }
const pod = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...meta, ...metadata },
  spec: { ...podSpec, ...spec },
})
const service = (spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: meta, spec })
const deployment = (spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta,
  spec: { selector, template, ...spec },
})
const secret = (parts: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: meta, ...parts })
const full = {
  name: 'c',
  image: 'example.com/i',
  ports: [{ containerPort: 80 }],
  env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  resources: { limits: { cpu: '0.5', memory: '1Gi' } },
  livenessProbe: { httpGet: { path: '/', port: 'http' } },
  readinessProbe: { exec: { command: ['true'] } },
}

const pods: Case[] = [
  ask(
    'create',
    'pods',
    'defaults of probes, ports, env and resources',
    post(`${core}/pods`, pod({ containers: [full] })),
  ),
  ask(
    'create',
    'pods',
    'volumes and their defaults',
    post(
      `${core}/pods`,
      pod({
        automountServiceAccountToken: false,
        volumes: [
          { name: 's', secret: { secretName: 'x' } },
          { name: 'c', configMap: { name: 'x' } },
          { name: 'e' },
          { name: 'h', hostPath: { path: '/x' } },
          { name: 'd', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      }),
    ),
  ),
  ask(
    'create',
    'pods',
    'guaranteed quality of service',
    post(
      `${core}/pods`,
      pod({
        containers: [
          {
            ...podSpec.containers[0],
            resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } },
          },
        ],
      }),
      { pick: ['status', 'spec/containers/0/resources'] },
    ),
  ),
  ask(
    'create',
    'pods',
    'given status is dropped',
    post(`${core}/pods`, { ...pod(), status: { phase: 'Running' } }, { pick: ['status'] }),
  ),
  ask(
    'create',
    'pods',
    'duplicate container names',
    post(`${core}/pods`, pod({ containers: [podSpec.containers[0], podSpec.containers[0]] })),
  ),
  ask(
    'create',
    'pods',
    'mount without a volume',
    post(
      `${core}/pods`,
      pod({ containers: [{ ...podSpec.containers[0], volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
    ),
  ),
  ask(
    'create',
    'pods',
    'requests above limits',
    post(
      `${core}/pods`,
      pod({ containers: [{ ...podSpec.containers[0], resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }] }),
    ),
  ),
  ask('create', 'pods', 'absent service account', post(`${core}/pods`, pod({ serviceAccountName: 'absent' }))),
  ask(
    'create',
    'pods',
    'a quantity that is none',
    post(`${core}/pods`, pod({ containers: [{ ...podSpec.containers[0], resources: { limits: { cpu: 'much' } } }] })),
  ),
  ask('create', 'pods', 'wrong restart policy', post(`${core}/pods`, pod({ restartPolicy: 'Maybe' }))),
  ask(
    'create',
    'pods',
    'wrong image pull policy and empty image',
    post(`${core}/pods`, pod({ containers: [{ name: 'x', imagePullPolicy: 'Maybe' }] })),
  ),
  ask(
    'create',
    'pods',
    'pull policy of the latest tag',
    post(`${core}/pods`, pod({ containers: [{ name: 'x', image: 'i:latest' }] }), { pick: ['spec/containers/0'] }),
  ),
  ask(
    'update',
    'pods',
    'image and tolerations may change',
    post(`${core}/pods`, pod(), { quiet: true }),
    patch('merge', `${core}/pods/a`, { spec: { activeDeadlineSeconds: 10 } }),
    patch(
      'strategic',
      `${core}/pods/a`,
      { spec: { containers: [{ name: 'main', image: 'j:2' }] } },
      { pick: ['spec/containers/0', 'metadata/generation'] },
    ),
  ),
  ask(
    'update',
    'pods/status',
    'only the status changes',
    first(post(`${core}/pods`, pod())),
    patch('merge', `${core}/pods/a/status`, {
      metadata: { labels: { x: 'y' } },
      spec: { nodeName: 'n' },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    }),
  ),
  ask(
    'create',
    'pods/binding',
    'sets the node',
    first(post(`${core}/pods`, pod())),
    post(`${core}/pods/a/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'n' },
    }),
    get(`${core}/pods/a`, { pick: ['spec/nodeName', 'status/conditions/0/type', 'status/conditions/0/status'] }),
  ),
  ask(
    'create',
    'pods/binding',
    'a bound pod',
    first(post(`${core}/pods`, pod({ nodeName: 'n' }))),
    post(`${core}/pods/a/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'm' },
    }),
  ),
  ask(
    'create',
    'bindings',
    'sets the node of a pod',
    first(post(`${core}/pods`, pod())),
    post(`${core}/bindings`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'n' },
    }),
  ),
  ask(
    'create',
    'pods/eviction',
    'no budget',
    first(post(`${core}/pods`, pod())),
    post(`${core}/pods/a/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } }),
    get(`${core}/pods/a`),
  ),
  ask(
    'create',
    'pods/eviction',
    'absent pod',
    post(`${core}/pods/a/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } }),
  ),
  ask(
    'create',
    'pods/eviction',
    'a budget that allows none',
    first(post(`${core}/pods`, pod({}, { labels: { app: 'a' } }))),
    first(
      post('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', {
        metadata: { name: 'b' },
        spec: { minAvailable: 1, selector },
      }),
    ),
    first(
      patch('merge', `${core}/pods/a/status`, {
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }),
    ),
    post(`${core}/pods/a/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } }),
  ),
  ask('get', 'pods/log', 'absent pod', get(`${core}/pods/a/log`)),
  ask('get', 'pods/log', 'a pod without a node', first(post(`${core}/pods`, pod())), get(`${core}/pods/a/log`)),
  ask(
    'delete',
    'pods',
    'an unscheduled pod goes at once',
    first(post(`${core}/pods`, pod())),
    del(`${core}/pods/a`, undefined, { drop: ['spec'] }),
    get(`${core}/pods/a`),
  ),
  ask(
    'delete',
    'pods',
    'a bound pod is given its grace period',
    first(post(`${core}/pods`, pod({ nodeName: 'n', terminationGracePeriodSeconds: 7 }))),
    del(`${core}/pods/a`, undefined, { drop: ['spec'] }),
    del(`${core}/pods/a?gracePeriodSeconds=0`, undefined, { drop: ['spec'] }),
    get(`${core}/pods/a`),
  ),
  ask(
    'update',
    'pods/ephemeralcontainers',
    'adds one',
    first(post(`${core}/pods`, pod())),
    patch(
      'strategic',
      `${core}/pods/a/ephemeralcontainers`,
      { spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] } },
      { pick: ['spec/ephemeralContainers'] },
    ),
  ),
  ask(
    'update',
    'pods/resize',
    'changes requests',
    first(
      post(`${core}/pods`, pod({ containers: [{ ...podSpec.containers[0], resources: { requests: { cpu: '1' } } }] })),
    ),
    patch(
      'strategic',
      `${core}/pods/a/resize`,
      { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '2' } } }] } },
      { pick: ['spec/containers/0/resources'] },
    ),
  ),
  ask(
    'list',
    'pods',
    'field selector spec.nodeName',
    first(post(`${core}/pods`, pod({ nodeName: 'n' }))),
    first(post(`${core}/pods`, pod({}, { name: 'b' }))),
    get(`${core}/pods?fieldSelector=spec.nodeName%3Dn`, { drop: ['spec', 'status'] }),
  ),
  ask(
    'list',
    'pods',
    'field selector status.phase',
    first(post(`${core}/pods`, pod())),
    get(`${core}/pods?fieldSelector=status.phase%21%3DPending`),
  ),
  ask('list', 'pods', 'field selector of a field that has none', get(`${core}/pods?fieldSelector=spec.hostname%3Da`)),
]

const workloads: Case[] = [
  ask(
    'get',
    'deployments/scale',
    'replicas and selector',
    first(post(`${apps}/deployments`, deployment())),
    get(`${apps}/deployments/a/scale`),
  ),
  ask(
    'update',
    'deployments/scale',
    'sets the replicas',
    first(post(`${apps}/deployments`, deployment())),
    put(`${apps}/deployments/a/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'a', namespace: '{ns}' },
      spec: { replicas: 4 },
    }),
    get(`${apps}/deployments/a`, { pick: ['spec/replicas', 'metadata/generation'] }),
  ),
  ask(
    'patch',
    'deployments/scale',
    'merge patch',
    first(post(`${apps}/deployments`, deployment())),
    patch('merge', `${apps}/deployments/a/scale`, { spec: { replicas: 0 } }),
  ),
  ask(
    'patch',
    'deployments/scale',
    'negative replicas',
    first(post(`${apps}/deployments`, deployment())),
    patch('merge', `${apps}/deployments/a/scale`, { spec: { replicas: -1 } }),
  ),
  ask(
    'get',
    'statefulsets/scale',
    'replicas and selector',
    first(post(`${apps}/statefulsets`, { metadata: meta, spec: { selector, template, replicas: 2 } })),
    get(`${apps}/statefulsets/a/scale`),
  ),
  ask(
    'patch',
    'replicasets/scale',
    'sets the replicas',
    first(post(`${apps}/replicasets`, { metadata: meta, spec: { selector, template } })),
    patch('merge', `${apps}/replicasets/a/scale`, { spec: { replicas: 5 } }),
  ),
  ask(
    'patch',
    'replicationcontrollers/scale',
    'sets the replicas',
    first(post(`${core}/replicationcontrollers`, { metadata: meta, spec: { selector: { app: 'a' }, template } })),
    patch('merge', `${core}/replicationcontrollers/a/scale`, { spec: { replicas: 5 } }),
  ),
  ask(
    'get',
    'daemonsets/scale',
    'there is none',
    first(post(`${apps}/daemonsets`, { metadata: meta, spec: { selector, template } })),
    get(`${apps}/daemonsets/a/scale`),
  ),
  ask(
    'update',
    'deployments',
    'generation counts changes of the spec',
    first(post(`${apps}/deployments`, deployment())),
    patch('merge', `${apps}/deployments/a`, { metadata: { labels: { x: 'y' } } }, { pick: ['metadata'] }),
    patch('merge', `${apps}/deployments/a`, { spec: { replicas: 2 } }, { pick: ['metadata'] }),
  ),
  ask(
    'update',
    'deployments',
    'its status cannot be set by the main resource',
    first(post(`${apps}/deployments`, { ...deployment(), status: { replicas: 5 } })),
    patch(
      'merge',
      `${apps}/deployments/a`,
      { status: { replicas: 5 } },
      { pick: ['status', 'metadata/resourceVersion', 'metadata/generation'] },
    ),
  ),
  ask(
    'update',
    'deployments/status',
    'its spec cannot be set by the status',
    first(post(`${apps}/deployments`, deployment())),
    patch(
      'merge',
      `${apps}/deployments/a/status`,
      { spec: { replicas: 7 }, status: { replicas: 5, observedGeneration: 1 } },
      { pick: ['spec/replicas', 'status', 'metadata/generation'] },
    ),
  ),
  ask(
    'update',
    'deployments/status',
    'negative replicas',
    first(post(`${apps}/deployments`, deployment())),
    patch('merge', `${apps}/deployments/a/status`, { status: { replicas: -1, readyReplicas: 3 } }),
  ),
  ask(
    'create',
    'deployments',
    'recreate strategy with rolling parameters',
    post(`${apps}/deployments`, deployment({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } })),
  ),
  ask(
    'create',
    'deployments',
    'no surge and none unavailable',
    post(`${apps}/deployments`, deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } })),
  ),
  ask(
    'create',
    'deployments',
    'no spec',
    post(`${apps}/deployments`, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta }),
  ),
  ask(
    'create',
    'deployments',
    'a restart policy of jobs',
    post(
      `${apps}/deployments`,
      deployment({ template: { ...template, spec: { ...podSpec, restartPolicy: 'Never' } } }),
    ),
  ),
  ask(
    'create',
    'statefulsets',
    'volume claim templates',
    post(`${apps}/statefulsets`, {
      metadata: meta,
      spec: {
        serviceName: 's',
        selector,
        template,
        volumeClaimTemplates: [
          {
            metadata: { name: 'd' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    }),
  ),
  ask(
    'update',
    'statefulsets',
    'a field that cannot change',
    first(post(`${apps}/statefulsets`, { metadata: meta, spec: { serviceName: 's', selector, template } })),
    patch('merge', `${apps}/statefulsets/a`, { spec: { podManagementPolicy: 'Parallel' } }),
  ),
  ask(
    'update',
    'daemonsets',
    'generation and template',
    first(post(`${apps}/daemonsets`, { metadata: meta, spec: { selector, template } })),
    patch(
      'strategic',
      `${apps}/daemonsets/a`,
      { spec: { template: { spec: { containers: [{ name: 'main', image: 'i:3' }] } } } },
      { pick: ['metadata/generation', 'spec/template/spec/containers'] },
    ),
  ),
  ask(
    'update',
    'jobs',
    'the template cannot change',
    first(
      post(`${batch}/jobs`, { metadata: meta, spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } }),
    ),
    patch('strategic', `${batch}/jobs/a`, {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'i:3' }] } } },
    }),
  ),
  ask(
    'update',
    'jobs',
    'suspension may change',
    first(
      post(`${batch}/jobs`, {
        metadata: meta,
        spec: { suspend: true, template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
      }),
    ),
    patch(
      'merge',
      `${batch}/jobs/a`,
      { spec: { suspend: false, parallelism: 3 } },
      { pick: ['spec/suspend', 'spec/parallelism', 'metadata/generation'] },
    ),
  ),
  ask(
    'create',
    'jobs',
    'a selector without manualSelector',
    post(`${batch}/jobs`, {
      metadata: meta,
      spec: {
        selector,
        template: { metadata: { labels: { app: 'a' } }, spec: { ...podSpec, restartPolicy: 'Never' } },
      },
    }),
  ),
  ask(
    'create',
    'cronjobs',
    'a time zone that is none',
    post(`${batch}/cronjobs`, {
      metadata: meta,
      spec: {
        schedule: '* * * * *',
        timeZone: 'Mars/Base',
        jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
      },
    }),
  ),
  ask(
    'create',
    'cronjobs',
    'a name too long for its jobs',
    post(`${batch}/cronjobs`, {
      metadata: { name: 'a'.repeat(53) },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
      },
    }),
  ),
]

const others: Case[] = [
  ask(
    'create',
    'services',
    'node port',
    post(`${core}/services`, service({ type: 'NodePort', ports: [{ port: 80 }] })),
  ),
  ask(
    'create',
    'services',
    'load balancer',
    post(
      `${core}/services`,
      service({ type: 'LoadBalancer', ports: [{ port: 80, name: 'h' }], externalTrafficPolicy: 'Local' }),
    ),
  ),
  ask(
    'create',
    'services',
    'external name',
    post(`${core}/services`, service({ type: 'ExternalName', externalName: 'a.example.com' })),
  ),
  ask(
    'create',
    'services',
    'headless',
    post(`${core}/services`, service({ clusterIP: 'None', selector: { app: 'a' }, ports: [{ port: 80 }] })),
  ),
  ask(
    'create',
    'services',
    'two ports without names',
    post(`${core}/services`, service({ ports: [{ port: 80 }, { port: 80 }] })),
  ),
  ask(
    'create',
    'services',
    'an address outside of the range',
    post(`${core}/services`, service({ clusterIP: '192.0.2.9', ports: [{ port: 80 }] })),
  ),
  ask(
    'create',
    'services',
    'a node port outside of the range',
    post(`${core}/services`, service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })),
  ),
  ask(
    'update',
    'services',
    'the address cannot change',
    first(post(`${core}/services`, service({ ports: [{ port: 80 }] }))),
    patch('merge', `${core}/services/a`, { spec: { clusterIP: '10.96.200.200' } }, { drop: ['badValue'] }),
  ),
  ask(
    'update',
    'services',
    'keeps what was allotted',
    first(post(`${core}/services`, service({ type: 'NodePort', ports: [{ port: 80 }] }))),
    put(`${core}/services/a`, service({ type: 'NodePort', ports: [{ port: 81 }] })),
  ),
  ask(
    'update',
    'services',
    'from cluster address to external name',
    first(post(`${core}/services`, service({ ports: [{ port: 80 }] }))),
    put(`${core}/services/a`, service({ type: 'ExternalName', externalName: 'b.example.com' })),
  ),
  ask('get', 'services/proxy', 'is answered politely', get(`${core}/services/absent/proxy`)),
  ask(
    'create',
    'secrets',
    'stringData over data',
    post(`${core}/secrets`, secret({ data: { a: 'YQ==', b: 'Yg==' }, stringData: { a: 'other' } })),
  ),
  ask('create', 'secrets', 'data that is not base64', post(`${core}/secrets`, secret({ data: { a: '!' } }))),
  ask(
    'create',
    'secrets',
    'docker configuration that is none',
    post(`${core}/secrets`, secret({ type: 'kubernetes.io/dockerconfigjson', data: { x: 'YQ==' } })),
  ),
  ask(
    'create',
    'secrets',
    'service account token without an account',
    post(`${core}/secrets`, secret({ type: 'kubernetes.io/service-account-token' })),
  ),
  ask(
    'create',
    'secrets',
    'basic authentication',
    post(`${core}/secrets`, secret({ type: 'kubernetes.io/basic-auth', stringData: { nothing: 'x' } })),
  ),
  ask(
    'update',
    'secrets',
    'an immutable one',
    first(post(`${core}/secrets`, secret({ immutable: true, stringData: { a: 'b' } }))),
    patch('merge', `${core}/secrets/a`, { stringData: { a: 'c' } }),
  ),
  ask(
    'list',
    'secrets',
    'field selector type',
    first(post(`${core}/secrets`, secret({ stringData: { a: 'b' } }))),
    get(`${core}/secrets?fieldSelector=type%3DOpaque&labelSelector=of%3D{id}`),
  ),
  ask(
    'update',
    'configmaps',
    'an immutable one',
    first(post(`${core}/configmaps`, { metadata: meta, immutable: true, data: { a: 'b' } })),
    patch('merge', `${core}/configmaps/a`, { data: { a: 'c' } }),
    patch('merge', `${core}/configmaps/a`, { immutable: false }),
  ),
  ask(
    'create',
    'configmaps',
    'one key in data and binaryData',
    post(`${core}/configmaps`, { metadata: meta, data: { a: 'b' }, binaryData: { a: 'Yg==' } }),
  ),
  ask(
    'create',
    'configmaps',
    'more than a mebibyte',
    post(`${core}/configmaps`, { metadata: meta, data: { a: 'b'.repeat(1_048_577) } }),
  ),
  ask(
    'create',
    'events',
    'read by the other group',
    first(
      post(`${core}/events`, {
        metadata: meta,
        involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
        reason: 'R',
        message: 'M',
        type: 'Warning',
        count: 2,
        source: { component: 'c' },
      }),
    ),
    get('/apis/events.k8s.io/v1/namespaces/{ns}/events/a'),
  ),
  ask(
    'create',
    'events.events.k8s.io',
    'read by the core group',
    first(
      post('/apis/events.k8s.io/v1/namespaces/{ns}/events', {
        metadata: meta,
        regarding: { kind: 'Pod', name: 'p', namespace: '{ns}' },
        reason: 'R',
        note: 'N',
        type: 'Normal',
        action: 'A',
        reportingController: 'x/y',
        reportingInstance: 'i',
        eventTime: '2020-01-02T03:04:05.000006Z',
      }),
    ),
    get(`${core}/events/a`),
  ),
  ask(
    'list',
    'events',
    'field selector involvedObject.name',
    first(
      post(`${core}/events`, {
        metadata: meta,
        involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
        reason: 'R',
      }),
    ),
    get(`${core}/events?fieldSelector=involvedObject.name%3Dp,reason%3DR`, { drop: ['metadata'] }),
  ),
  ask(
    'get',
    'horizontalpodautoscalers',
    'version 1 of what was made as version 2',
    first(
      post('/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers', {
        metadata: meta,
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' },
          maxReplicas: 3,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
            { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } } },
          ],
        },
      }),
    ),
    get('/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers/a'),
  ),
  ask(
    'create',
    'namespaces',
    'label and finalizer',
    post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{id}' } }),
  ),
  ask('create', 'namespaces', 'a name with a dot', post('/api/v1/namespaces', { metadata: { name: 'a.{id}' } })),
  ask(
    'update',
    'namespaces',
    'the name label comes back',
    first(post('/api/v1/namespaces', { metadata: { name: '{id}' } })),
    put('/api/v1/namespaces/{id}', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: '{id}', labels: { a: 'b' } },
    }),
  ),
  ask('get', 'componentstatuses', 'their kind', get('/api/v1/componentstatuses', { pick: ['kind', 'apiVersion'] })),
  ask(
    'create',
    'persistentvolumeclaims',
    'default class and mode',
    post(`${core}/persistentvolumeclaims`, {
      metadata: meta,
      spec: { accessModes: ['ReadWriteMany'], storageClassName: 'c', resources: { requests: { storage: '1.5Gi' } } },
    }),
  ),
  ask(
    'update',
    'persistentvolumeclaims',
    'a smaller request',
    first(
      post(`${core}/persistentvolumeclaims`, {
        metadata: meta,
        spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '2Gi' } } },
      }),
    ),
    patch('merge', `${core}/persistentvolumeclaims/a`, { spec: { resources: { requests: { storage: '1Gi' } } } }),
  ),
  ask(
    'update',
    'nodes/status',
    'capacity and conditions',
    first(post('/api/v1/nodes', { metadata: { name: '{id}' } })),
    patch(
      'strategic',
      '/api/v1/nodes/{id}/status',
      { status: { capacity: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] } },
      { pick: ['status'] },
    ),
  ),
  ask(
    'create',
    'nodes',
    'an address range that is none',
    post('/api/v1/nodes', { metadata: { name: '{id}' }, spec: { podCIDR: 'x' } }),
  ),
  ask(
    'update',
    'leases',
    'renewed with microseconds',
    first(
      post('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', { metadata: meta, spec: { holderIdentity: 'a' } }),
    ),
    patch('merge', '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/a', {
      spec: { renewTime: '2021-01-01T00:00:00.5Z', leaseTransitions: 3 },
    }),
  ),
  ask(
    'create',
    'leases',
    'a time without microseconds',
    post('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', {
      metadata: meta,
      spec: { acquireTime: '2021-01-01T00:00:00Z' },
    }),
  ),
  ask(
    'create',
    'leases',
    'a time that is none',
    post('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', { metadata: meta, spec: { acquireTime: 'now' } }),
  ),
  ask(
    'update',
    'priorityclasses',
    'the value cannot change',
    first(post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: '{id}' }, value: 1 })),
    patch('merge', '/apis/scheduling.k8s.io/v1/priorityclasses/{id}', { value: 2 }),
  ),
  ask('create', 'pods', 'an absent priority class', post(`${core}/pods`, pod({ priorityClassName: 'absent' }))),
  ask(
    'update',
    'serviceaccounts',
    'image pull secrets',
    first(post(`${core}/serviceaccounts`, { metadata: meta })),
    patch('strategic', `${core}/serviceaccounts/a`, { imagePullSecrets: [{ name: 's' }] }),
  ),
]

export const strategies: readonly Case[] = [...pods, ...workloads, ...others]
