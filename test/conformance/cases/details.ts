import { asks, type Case, del, first, get, patch, post, put } from '../case.ts'

const kinds = asks(2)
const verbs = asks(3)
const custom = asks(4)
const ns = '/api/v1/namespaces/{ns}'
const at = (group: string, plural: string) => `/apis/${group}/v1/namespaces/{ns}/${plural}`
const dry = '?dryRun=All'
const pod = (spec: object) => ({ metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
const named = (name: string, rest: object = {}) => ({ metadata: { name }, ...rest })
const finalized = (...finalizers: string[]) => ({ metadata: { finalizers } })
const slice = (addressType: string, ...addresses: string[]) =>
  post(`${at('discovery.k8s.io', 'endpointslices')}${dry}`, {
    ...named('a'),
    addressType,
    endpoints: addresses.map((each) => ({ addresses: [each] })),
  })
const cidrs = (...values: string[]) =>
  post(`/apis/networking.k8s.io/v1/servicecidrs${dry}`, named('{id}', { spec: { cidrs: values } }))
const block = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } })

const addresses: Case[] = [
  kinds(
    'create',
    'networkpolicies',
    'what is left out of a network is in it',
    post(
      `${at('networking.k8s.io', 'networkpolicies')}`,
      named('a', {
        spec: {
          podSelector: {},
          ingress: [
            { from: [block('10.0.0.0/8', '11.0.0.0/16', '10.0.0.0/8', '10.0.0.0/7', '10.1.0.0/16', 'x')] },
            { from: [block('bad', '11.0.0.0/16'), block('', '10.0.0.5/8'), block('10.0.0.1/8', '10.0.1.1/16')] },
          ],
          egress: [{ to: [block('fd00::/8', 'fe00::/16', '10.0.0.0/8', 'fd01::/16', 'fd00::/8')] }],
        },
      }),
    ),
  ),
  kinds(
    'create',
    'servicecidrs',
    'bits beyond the prefix, and other ways to write it',
    cidrs('fd00::1/64'),
    cidrs('10.0.0.1/24', 'FD00::/64'),
    cidrs('fd00:0::/64'),
    cidrs('10.0.0.0/24', 'fd00::/64'),
  ),
  kinds(
    'create',
    'endpointslices',
    'addresses of the other family, and those that nobody reaches',
    slice('IPv4', 'fd00::1', '127.0.0.1', '169.254.1.1', '224.0.0.1', '0.0.0.0'),
    slice('IPv6', '10.0.0.1', 'FD00::1', '::', '::1', 'fe80::1', 'ff02::1', '::ffff:1.2.3.4'),
    slice('IPv6', 'fd00::1'),
  ),
]

const pods: Case[] = [
  kinds(
    'create',
    'pods',
    'names of a service account and a runtime class that are none',
    ...['a/b', '..'].map((serviceAccountName) => post(`${ns}/pods`, pod({ serviceAccountName }))),
    ...['', 'a/b', '..', 'A_'].map((runtimeClassName) => post(`${ns}/pods`, pod({ runtimeClassName }))),
    post(`${ns}/pods`, pod({ overhead: { cpu: '1' } })),
  ),
]

const finalizers: Case[] = [
  kinds(
    'patch',
    'secrets',
    'finalizers that are no names',
    first(post(`${ns}/secrets`, named('a'))),
    patch('merge', `${ns}/secrets/a`, finalized('a/b/c')),
    patch('merge', `${ns}/secrets/a`, finalized('a')),
    patch('merge', `${ns}/secrets/a`, finalized('/', 'a b')),
  ),
  kinds(
    'create',
    'leases',
    'a finalizer without a domain',
    post(at('coordination.k8s.io', 'leases'), { metadata: { name: 'a', finalizers: ['a'] } }),
    patch('merge', `${at('coordination.k8s.io', 'leases')}/a`, finalized('b')),
  ),
]

const template = {
  metadata: { labels: { a: 'b' } },
  spec: { restartPolicy: 'Always', containers: [{ name: 'c', image: 'i' }] },
}
const claimed = (spec: object) => ({
  ...named('a'),
  spec: {
    serviceName: 'x',
    selector: { matchLabels: { a: 'b' } },
    template,
    volumeClaimTemplates: [
      {
        metadata: { name: 'v' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
      },
    ],
  },
})
const job = `${at('batch', 'jobs')}/a`
const scale = `${at('apps', 'deployments')}/a/scale`
const deployment = named('a', { spec: { replicas: 3, selector: { matchLabels: { a: 'b' } }, template } })
const replace = (spec: object) => patch('strategic', `${ns}/services/a`, { spec: { $patch: 'replace', ...spec } })

const changes: Case[] = [
  kinds(
    'create',
    'poddisruptionbudgets',
    'any name that a path takes',
    post(at('policy', 'poddisruptionbudgets'), named('A_b', { spec: {} })),
    post(at('policy', 'poddisruptionbudgets'), named('x%y', { spec: {} })),
  ),
  kinds(
    'patch',
    'priorityclasses',
    'nothing counts their generation',
    first(post('/apis/scheduling.k8s.io/v1/priorityclasses', named('{id}', { value: 5 }))),
    patch('merge', '/apis/scheduling.k8s.io/v1/priorityclasses/{id}', { description: 'x' }),
  ),
  kinds(
    'update',
    'statefulsets',
    'an empty selector in a template of claims',
    first(post(at('apps', 'statefulsets'), claimed({}))),
    put(`${at('apps', 'statefulsets')}/a`, claimed({ selector: {} })),
  ),
  kinds(
    'patch',
    'jobs',
    'policies stay',
    first(
      post(
        at('batch', 'jobs'),
        named('a', { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } }),
      ),
    ),
    patch('merge', job, {
      spec: { podFailurePolicy: { rules: [{ action: 'Count', onExitCodes: { operator: 'In', values: [1] } }] } },
    }),
    patch('merge', job, { spec: { successPolicy: { rules: [{ succeededCount: 1 }] } } }),
  ),
  kinds(
    'patch',
    'services',
    'a headless one keeps its families when all else is replaced',
    first(post(`${ns}/services`, named('a', { spec: { clusterIP: 'None', selector: { a: 'b' } } }))),
    replace({ selector: { a: 'c' } }),
    replace({ ports: [{ port: 80 }] }),
  ),
  kinds(
    'apply',
    'deployments/scale',
    'an empty spec changes nothing',
    first(post(at('apps', 'deployments'), deployment)),
    ...[{}, null].map((spec) =>
      patch(
        'apply',
        `${scale}?fieldManager=m&force=true`,
        { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a' }, spec },
        { drop: ['resourceVersion'] },
      ),
    ),
  ),
  kinds(
    'update',
    'namespaces/finalize',
    'its metadata too',
    first(post('/api/v1/namespaces', { metadata: { name: '{id}', labels: { a: 'b' } } })),
    put('/api/v1/namespaces/{id}/finalize', {
      metadata: { name: '{id}', labels: { c: 'd' }, annotations: { x: 'y' } },
      spec: { finalizers: ['kubernetes'] },
    }),
    del('/api/v1/namespaces/{id}', { preconditions: { uid: 'x' } }),
  ),
]

const paths: Case[] = [
  verbs(
    'list',
    'configmaps',
    'an empty namespace is all of them',
    get('/api/v1/namespaces//configmaps?labelSelector=a%3D{id}'),
    get('/api/v1/namespaces//configmaps/x'),
    post('/api/v1/namespaces//limitranges', named('a')),
    put('/api/v1/namespaces//configmaps/x', named('x')),
    patch('merge', '/api/v1/namespaces//configmaps/x', {}),
    del('/api/v1/namespaces//configmaps/x'),
  ),
  verbs(
    'get',
    'configmaps',
    'paths with parts that are empty, or more than one',
    ...['/api/v1//namespaces', '/apis/apps/v1//namespaces/{ns}/deployments', '/api/v1/nodes//x', '//api'].map((path) =>
      get(path),
    ),
    get(`${ns}/configmaps/a%2Fb`),
    get('/api/v1/namespaces/a%2Fb/configmaps'),
    get('/api/v1/namespaces/{ns}%2Fconfigmaps/x'),
  ),
  verbs(
    'get',
    'configmaps',
    'escapes that are none',
    get(`${ns}/configmaps/%zz`),
    get('/%zz'),
    get(`${ns}/configmaps?labelSelector=%zz&fieldSelector=metadata.name%3Dx`),
  ),
  verbs(
    'watch',
    'configmaps',
    'the old path with the name of another',
    ...['metadata.name%3Db', 'metadata.namespace%3Da'].map((selector) =>
      get(`/api/v1/watch/namespaces/{ns}/configmaps/a?timeoutSeconds=1&fieldSelector=${selector}`),
    ),
  ),
  verbs(
    'get',
    'configmaps',
    'export is no longer supported',
    get(`${ns}/configmaps/x?export=`),
    get(`${ns}/configmaps/x?export=true`),
    get(`${ns}/configmaps?export=true&labelSelector=a%3D{id}`),
  ),
]

const definition = (plural: string) => ({
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural, kind: 'D{id}' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const demos = '/apis/example.com/v1/namespaces/{ns}/d{id}s'
const demo = (name: string, rest: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'D{id}',
  ...named(name, rest),
})
const established = [
  first(post(DEFINITIONS, definition('d{id}s'))),
  get(demos, { until: { status: 200 }, pick: ['kind'], drop: ['kind'] }),
]

const customResources: Case[] = [
  custom(
    'create',
    'custom resources',
    'at a name, which nobody looks at',
    ...established,
    post(`${demos}/b`, demo('c')),
  ),
  custom(
    'patch',
    'custom resources',
    'a creationTimestamp that is none',
    ...established,
    post(demos, { ...demo('a'), metadata: { name: 'a', creationTimestamp: 'x' } }),
    first(post(demos, demo('b'))),
    patch('merge', `${demos}/b`, { metadata: { creationTimestamp: 'x' } }),
  ),
  custom(
    'create',
    'custom resources',
    'more than etcd takes',
    ...established,
    post(demos, demo('a', { data: 'x'.repeat(1.55 * 1024 * 1024) })),
  ),
]

/** What was once different, one by one. */
export const details: readonly Case[] = [...addresses, ...pods, ...finalizers, ...changes, ...paths, ...customResources]
