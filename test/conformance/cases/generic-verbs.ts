import {
  asks,
  type Case,
  del,
  first,
  get,
  type Options,
  PARTIAL_LIST,
  patch,
  post,
  put,
  TABLE,
  watch,
} from '../case.ts'

/** What random requests to both servers at once have found. */
const ask = asks(3)
const maps = '/api/v1/namespaces/{ns}/configmaps'
const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases'
const jobs = '/apis/batch/v1/namespaces/{ns}/jobs'
const events = '/api/v1/namespaces/{ns}/events'
const deployments = '/apis/apps/v1/namespaces/{ns}/deployments'
const widgets = '/apis/{id}.example.com/v1/widgets'
const UID = '00000000-0000-4000-8000-000000000000'
const map = (metadata: object = {}, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', labels: { of: '{id}' }, ...metadata },
  data: { a: 'b' },
  ...extra,
})
const make = (metadata: object = {}) => first(post(maps, map(metadata)))
const lease = (metadata: object = {}) => ({ metadata: { name: 'a', ...metadata }, spec: { holderIdentity: 'h' } })
const pod = { containers: [{ name: 'c', image: 'i' }] }
const deployment = (spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: pod },
    ...spec,
  },
})
const job = { metadata: { name: 'a' }, spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } }
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' }
const EVENT = { metadata: { name: 'a' }, involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' }, reason: 'R' }
const YAML_FIRST: Options = { headers: { accept: 'application/json;q=0.1, application/yaml;q=0.9' } }
const defined = [
  first(
    post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'widgets.{id}.example.com' },
      spec: {
        group: '{id}.example.com',
        scope: 'Cluster',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    }),
  ),
  first(get(widgets, { until: { status: 200 } })),
]
const widget = (extra: object = {}) => ({
  apiVersion: '{id}.example.com/v1',
  kind: 'Widget',
  metadata: { name: 'a' },
  ...extra,
})

const creating: Case[] = [
  ask('create', 'configmaps', 'an empty dry run', post(`${maps}?dryRun=`, map())),
  ask('create', 'configmaps', 'a field manager that cannot be printed', post(`${maps}?fieldManager=%01%7F`, map())),
  ask('create', 'configmaps', 'resource version 0', post(maps, map({ resourceVersion: '0' }))),
  ask('create', 'configmaps', 'a resource version that is none', post(maps, map({ resourceVersion: 'x' }))),
  ask(
    'create',
    'configmaps',
    'name and generateName of what is there',
    make(),
    post(maps, map({ generateName: 'g-' })),
  ),
  ask(
    'create',
    'configmaps',
    'at the name of one that is going',
    make({ finalizers: ['example.com/f'] }),
    first(del(`${maps}/a`)),
    post(maps, map()),
  ),
  ask('create', 'configmaps', 'owners twice', post(maps, map({ ownerReferences: [owner, owner] }), { managed: true })),
  ask('create', 'configmaps', 'a kind that is no text', post(maps, { kind: 5 })),
  ask('create', 'configmaps', 'an apiVersion of three parts', post(maps, { ...map(), apiVersion: 'a/b/c' })),
  ask('create', 'configmaps', 'a list of them', post(maps, { apiVersion: 'v1', kind: 'ConfigMapList', items: [] })),
  ask('create', 'configmaps', 'a wrong type before unknown fields', post(maps, map({}, { data: { a: 1 }, odd: 1 }))),
  ask(
    'create',
    'configmaps',
    'a content type before wrong options',
    post(`${maps}?dryRun=x`, map(), { headers: { 'content-type': 'text/plain' } }),
  ),
  ask('create', 'configmaps', 'a timeout that is none', post(`${maps}?timeout=x`, map())),
  ask('create', 'configmaps', 'a timeout without a unit', post(`${maps}?timeout=5`, map())),
  ask('create', 'events', 'owners of what is empty', post(events, EVENT, { managed: true })),
  ask('create', 'roles', 'owners of no rules', {
    ...post('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles', { metadata: { name: 'a' }, rules: null }),
    managed: true,
  }),
  ask('create', 'daemonsets', 'owners of the template generation', {
    ...post('/apis/apps/v1/namespaces/{ns}/daemonsets', { ...deployment(), kind: 'DaemonSet' }),
    managed: true,
  }),
  ask(
    'create',
    'customresources',
    'system fields have no owner',
    ...defined,
    post(widgets, widget({ metadata: { name: 'a', deletionTimestamp: '2001-01-01T00:00:00Z', uid: UID } }), {
      managed: true,
    }),
  ),
  ask('create', 'customresources', 'no apiVersion', ...defined, post(widgets, { kind: 'Widget', metadata: {} })),
]

const more: Case[] = [
  ask(
    'create',
    'customresources',
    'labels and annotations that are null',
    ...defined,
    post(widgets, widget({ metadata: { name: 'a', labels: { x: null }, annotations: { x: null } } })),
  ),
  ask(
    'apply',
    'configmaps',
    'a label that is null',
    patch('apply', `${maps}/a?fieldManager=one`, map({ labels: { x: null } }), { managed: true }),
  ),
  ask(
    'create',
    'secrets',
    'a version and a type without its data',
    post('/api/v1/namespaces/{ns}/secrets', {
      metadata: { name: 'a', resourceVersion: '1' },
      type: 'kubernetes.io/tls',
    }),
  ),
  ask(
    'update',
    'daemonsets/status',
    'the template generation',
    first(post('/apis/apps/v1/namespaces/{ns}/daemonsets', { ...deployment(), kind: 'DaemonSet' })),
    put('/apis/apps/v1/namespaces/{ns}/daemonsets/a/status', { ...deployment(), kind: 'DaemonSet' }),
  ),
  ask(
    'update',
    'deployments/scale',
    'no name',
    first(post(deployments, deployment())),
    put(`${deployments}/a/scale`, { spec: { replicas: 2 } }),
  ),
  ask('delete', 'configmaps', 'a uid in the query', make(), del(`${maps}/a?uid=${UID}`)),
  ask(
    'delete',
    'events.events.k8s.io',
    'another uid',
    first(post(events, EVENT)),
    del('/apis/events.k8s.io/v1/namespaces/{ns}/events/a', { preconditions: { uid: UID } }),
  ),
  ask(
    'watch',
    'endpoints',
    'a warning',
    watch('/api/v1/namespaces/{ns}/endpoints?resourceVersion=0&timeoutSeconds=1', 0),
  ),
]

const all = (query: string) => `${maps}?labelSelector=of%3D{id}&${query}`
const reading: Case[] = [
  ask('list', 'configmaps', 'an equals sign in a field value', get(all('fieldSelector=metadata.name%3Da%3Db'))),
  ask('list', 'configmaps', 'a wrong escape in a field value', get(all('fieldSelector=metadata.name%3Da%5Cb'))),
  ask('list', 'configmaps', 'an escaped field value', make(), get(all('fieldSelector=metadata.name!%3D%5C,'))),
  ask(
    'list',
    'configmaps',
    'a bad selector before options that do not go together',
    get(`${maps}?labelSelector=x%3D(1)&resourceVersionMatch=Exact`),
  ),
  ask('list', 'configmaps', 'an empty limit', get(all('limit='))),
  ask('list', 'configmaps', 'a continue token that is no base64', get(all('continue=x.'))),
  ask(
    'list',
    'configmaps',
    'a continue token with a text as version',
    get(all('continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6IngifQ')),
  ),
  ask('list', 'jobs', 'an unknown field', get(`${jobs}?fieldSelector=spec.x%3Da`)),
  ask(
    'list',
    'secrets',
    'a limit and a version are that version',
    post('/api/v1/namespaces/{ns}/secrets', { metadata: { name: 'a' } }),
    first(post('/api/v1/namespaces/{ns}/secrets', { metadata: { name: 'b' } })),
    get('/api/v1/namespaces/{ns}/secrets?limit=5&resourceVersion={0.metadata.resourceVersion}'),
  ),
  ask('list', 'configmaps', 'none as partial metadata', get(all(''), { headers: PARTIAL_LIST })),
  ask('get', 'configmaps', 'YAML preferred to JSON by weight', get(`${maps}/a`, YAML_FIRST)),
  ask('get', 'configmaps', 'an error in YAML', get(`${maps}/a`, { headers: { accept: 'application/yaml' } })),
  ask(
    'get',
    'configmaps',
    'an error asked for as a table in YAML',
    get(`${maps}/a`, { headers: { accept: 'application/yaml;as=Table;v=v1;g=meta.k8s.io' } }),
  ),
  ask(
    'get',
    'configmaps',
    'a table last by weight',
    make(),
    get(`${maps}/a`, { headers: { accept: `${TABLE.accept.split(',')[0]};q=0.1,application/json;q=0.9` } }),
  ),
  ask(
    'get',
    'configmaps',
    'a transformation without a name',
    make(),
    get(`${maps}/a`, { headers: { accept: 'application/json;as=;v=;g=' } }),
  ),
  ask('get', 'configmaps', 'any application type', make(), get(`${maps}/a`, { headers: { accept: 'application/*' } })),
  ask('get', 'configmaps', 'JSON in capitals', make(), get(`${maps}/a`, { headers: { accept: 'Application/JSON' } })),
  ask('get', 'customresources', 'a type that is none', ...defined, get(widgets, { headers: { accept: 'junk' } })),
  ask(
    'get',
    'customresources',
    'one as a list',
    ...defined,
    first(post(widgets, widget())),
    get(`${widgets}/a`, { headers: PARTIAL_LIST }),
  ),
  ask('head', 'customresources', 'a list', ...defined, { method: 'HEAD', path: widgets }),
  ask('watch', 'configmaps', 'YAML', watch(maps, 1, { headers: { accept: 'application/yaml' } })),
  ask(
    'watch',
    'configmaps',
    'a stream that is none',
    watch(maps, 1, { headers: { accept: 'application/json;stream=x' } }),
  ),
  ask('watch', 'configmaps', 'continue from now', watch(`${maps}?continue=x`, 1)),
  ask(
    'watch',
    'configmaps',
    'initial events with another match',
    watch(`${maps}?sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1`, 1),
  ),
  ask(
    'watch',
    'services',
    'the bookmark of initial events',
    watch(
      '/api/v1/namespaces/{ns}/services?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
      1,
    ),
  ),
]

const writing: Case[] = [
  ask(
    'update',
    'leases',
    'a uid of one that is gone',
    put(`${leases}/a`, lease({ uid: UID })),
    put(`${maps}/a`, map({ uid: UID })),
  ),
  ask('update', 'leases', 'creates with a version', put(`${leases}/a`, lease({ resourceVersion: '5' }))),
  ask('update', 'leases', 'creates with a version that is none', put(`${leases}/a`, lease({ resourceVersion: '-1' }))),
  ask(
    'update',
    'services',
    'another uid',
    first(post('/api/v1/namespaces/{ns}/services', { metadata: { name: 'a' }, spec: { ports: [{ port: 1 }] } })),
    put('/api/v1/namespaces/{ns}/services/a', { metadata: { name: 'a', uid: UID }, spec: { ports: [{ port: 1 }] } }),
  ),
  ask(
    'update',
    'customresources',
    'another uid',
    ...defined,
    post(widgets, widget()),
    put(`${widgets}/a`, widget({ metadata: { name: 'a', uid: UID, resourceVersion: '{2.metadata.resourceVersion}' } })),
  ),
  ask(
    'update',
    'configmaps',
    'a time of deletion',
    make(),
    put(`${maps}/a`, map({ deletionTimestamp: '2001-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 })),
  ),
  ask('update', 'configmaps', 'owners twice', make(), put(`${maps}/a`, map({ ownerReferences: [owner, owner] }))),
  ask(
    'update',
    'deployments',
    'a wrong quantity of one that is not there',
    put(
      `${deployments}/a`,
      deployment({
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: 'x' } } }] },
        },
      }),
    ),
  ),
  ask(
    'update',
    'deployments/status',
    'finalizers and annotations',
    first(post(deployments, deployment())),
    put(`${deployments}/a/status`, {
      ...deployment(),
      metadata: {
        name: 'a',
        finalizers: ['example.com/f'],
        annotations: { x: 'y' },
        labels: { x: 'y' },
        ownerReferences: [owner],
      },
    }),
  ),
  ask(
    'update',
    'endpointslices',
    'generation by labels',
    first(
      post('/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices', {
        metadata: { name: 'a' },
        addressType: 'IPv4',
        endpoints: [],
        ports: [],
      }),
    ),
    patch('merge', '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/a', { metadata: { labels: { x: 'y' } } }),
  ),
  ask(
    'patch',
    'configmaps',
    'a broken patch of one that is not there',
    patch('merge', `${maps}/a`, '{'),
    patch('json', `${maps}/a`, '['),
    patch('strategic', `${maps}/a`, '{'),
  ),
  ask(
    'patch',
    'configmaps',
    'a time of deletion',
    make(),
    patch('merge', `${maps}/a`, { metadata: { deletionGracePeriodSeconds: 5 } }),
  ),
  ask(
    'patch',
    'configmaps',
    'fields twice, warned',
    make(),
    patch('merge', `${maps}/a`, '{"data":{"x":"1","x":"2"}}'),
    patch('json', `${maps}/a`, '[{"op":"test","op":"add","path":"/data/y","value":"1","odd":1}]'),
    patch('strategic', `${maps}/a`, '{"data":{"x":"1","x":"3"}}'),
  ),
  ask(
    'patch',
    'configmaps',
    'fields twice, strictly',
    make(),
    patch('strategic', `${maps}/a?fieldValidation=Strict`, '{"data":{"x":"1","x":"3"}}'),
  ),
  ask(
    'patch',
    'configmaps',
    'a strategic merge of the kind',
    make(),
    patch('strategic', `${maps}/a`, { kind: 'Odd', apiVersion: 'v9' }),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch takes the kind away',
    make(),
    patch('json', `${maps}/a`, [{ op: 'remove', path: '/kind' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'a merge of a wrong type warns of nothing',
    make(),
    patch('merge', `${maps}/a`, { data: { a: { b: 'c' } } }),
  ),
  ask(
    'patch',
    'customresources',
    'no managed fields',
    ...defined,
    first(post(`${widgets}?fieldManager=one`, widget())),
    patch('merge', `${widgets}/a?fieldManager=two`, { metadata: { managedFields: [] } }, { managed: true }),
  ),
  ask(
    'patch',
    'customresources',
    'an apply type that is none',
    ...defined,
    patch('merge', `${widgets}/a`, {}, { headers: { 'content-type': 'application/apply-patch+json' } }),
  ),
  ask(
    'apply',
    'configmaps',
    'version 0',
    make(),
    patch('apply', `${maps}/a?fieldManager=two`, map({ resourceVersion: '0' })),
  ),
  ask(
    'apply',
    'configmaps',
    'creates with a version that is none',
    patch('apply', `${maps}/a?fieldManager=two`, map({ resourceVersion: 'x' })),
  ),
  ask(
    'apply',
    'configmaps',
    'a kind that is no text',
    patch('apply', `${maps}/a?fieldManager=two`, { apiVersion: 5, kind: [] }),
  ),
  ask(
    'apply',
    'configmaps',
    'nothing and a list',
    patch('apply', `${maps}/a?fieldManager=two`, 'null'),
    patch('apply', `${maps}/a?fieldManager=two`, '[]'),
  ),
  ask(
    'apply',
    'leases',
    'a time that is none',
    patch('apply', `${leases}/a?fieldManager=two`, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      ...lease(),
      spec: { renewTime: 'x' },
    }),
  ),
  ask(
    'delete',
    'jobs',
    'a warning of what becomes of the pods',
    first(post(jobs, job)),
    del(`${jobs}/a?dryRun=All`),
    del(`${jobs}/a?propagationPolicy=Background`),
    del(jobs),
  ),
  ask(
    'delete',
    'events',
    'nothing depends on them',
    first(post(events, EVENT)),
    del(`${events}/a`, { propagationPolicy: 'Foreground' }),
  ),
  ask(
    'delete',
    'configmaps',
    'orphanDependents of what stays',
    make({ finalizers: ['example.com/f'] }),
    del(`${maps}/a`, { orphanDependents: false }),
  ),
  ask(
    'delete',
    'configmaps',
    'options of wrong types',
    make(),
    del(`${maps}/a`, { dryRun: 'All' }),
    del(`${maps}/a`, { preconditions: 'x' }),
    del(`${maps}/a`, { gracePeriodSeconds: 1.5 }),
    del(`${maps}/a`, { kind: 5 }),
    del(`${maps}/a`, { apiVersion: 'a/b/c', kind: 'DeleteOptions' }),
  ),
  ask(
    'delete',
    'configmaps',
    'an empty policy',
    make(),
    del(`${maps}/a?propagationPolicy=`),
    del(`${maps}/a`, { propagationPolicy: '', orphanDependents: true }),
  ),
  ask('delete', 'configmaps', 'null as options', make(), del(`${maps}/a`, 'null')),
]

export const genericVerbs: readonly Case[] = [...creating, ...more, ...reading, ...writing]
