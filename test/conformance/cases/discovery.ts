import { asks, type Case, del, first, get, PARTIAL, PARTIAL_LIST, post, TABLE, watch } from '../case.ts'
import { KINDS } from './kinds-table.ts'

const ask = asks(1)
const V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

const SERVED = [
  'api/v1',
  'apis/apps/v1',
  'apis/batch/v1',
  'apis/networking.k8s.io/v1',
  'apis/rbac.authorization.k8s.io/v1',
  'apis/coordination.k8s.io/v1',
  'apis/events.k8s.io/v1',
  'apis/policy/v1',
  'apis/autoscaling/v1',
  'apis/autoscaling/v2',
  'apis/discovery.k8s.io/v1',
  'apis/storage.k8s.io/v1',
  'apis/scheduling.k8s.io/v1',
  'apis/admissionregistration.k8s.io/v1',
  'apis/apiextensions.k8s.io/v1',
  'apis/apiregistration.k8s.io/v1',
  'apis/certificates.k8s.io/v1',
  'apis/node.k8s.io/v1',
  'apis/authentication.k8s.io/v1',
  'apis/authorization.k8s.io/v1',
]
const GROUPS = SERVED.filter((path) => path.startsWith('apis/')).map((path) => path.split('/')[1] as string)

const documents: Case[] = [
  ask(
    'get',
    'version',
    'all fields of the version',
    get('/version', { pick: ['major', 'minor', 'gitVersion', 'platform'] }),
  ),
  ask('get', 'api', 'the versions of the core group', get('/api')),
  ask('get', 'apis', 'kind and version of the group list', get('/apis', { pick: ['kind', 'apiVersion'] })),
  ...['healthz', 'livez', 'readyz', 'healthz/ping', 'livez/ping', 'readyz/ping'].map((path) =>
    ask('get', path, 'says ok', get(`/${path}`)),
  ),
  ask('get', 'readyz', 'exclude of a check', get('/readyz?exclude=etcd')),
  ask('get', 'unknown path', 'not found', get('/nowhere')),
  ask('get', 'unknown group', 'not found', get('/apis/nowhere.example.com')),
  ask('get', 'unknown version', 'not found', get('/apis/apps/v9')),
  ask('get', 'unknown core version', 'not found', get('/api/v9')),
  ask('get', 'unknown resource', 'not found', get('/api/v1/nothings')),
  ask('get', 'unknown namespaced resource', 'not found', get('/api/v1/namespaces/default/nothings')),
  ask('post', 'api', 'method not allowed', post('/api', {})),
  ask('post', 'resource list', 'method not allowed', post('/apis/apps/v1', {})),
  ask('delete', 'version', 'method', del('/version')),
  ...[...new Set(GROUPS)].map((group) =>
    ask('get', `group ${group}`, 'versions and preferred version', get(`/apis/${group}`)),
  ),
  ...SERVED.map((path) => ask('get', `resources of ${path}`, 'plain discovery', get(`/${path}`))),
  ask('get', 'api', 'aggregated discovery', get('/api', { headers: { accept: V2 }, drop: ['responseKind'] })),
  ...['apps', 'batch', 'policy', 'autoscaling', 'rbac.authorization.k8s.io', 'apiextensions.k8s.io'].map((group) =>
    ask(
      'get',
      `group ${group}`,
      'aggregated discovery',
      get('/apis', { headers: { accept: V2 }, pick: ['kind', `items/name=${group}/versions/0`] }),
    ),
  ),
  ask(
    'get',
    'apis',
    'aggregated discovery v2beta1 is gone',
    get('/apis', { headers: { accept: V2.replace('v=v2', 'v=v2beta1') }, pick: ['kind', 'apiVersion'] }),
  ),
  ask(
    'get',
    'api',
    'protobuf is not understood or falls back',
    get('/api', { headers: { accept: 'application/xml' } }),
  ),
]

const definition = (name: string) => `definitions/${name}`
const openapi: Case[] = [
  ask('get', 'openapi v2', 'swagger version and title', get('/openapi/v2', { pick: ['swagger', 'info/title'] })),
  ask(
    'get',
    'openapi v2',
    'merge keys of containers',
    get('/openapi/v2', {
      pick: [
        `${definition('io.k8s.api.core.v1.PodSpec')}/properties/containers/x-kubernetes-patch-merge-key`,
        `${definition('io.k8s.api.core.v1.PodSpec')}/properties/containers/x-kubernetes-list-type`,
        `${definition('io.k8s.api.core.v1.PodSpec')}/required`,
      ],
    }),
  ),
  ...['apps.v1.Deployment', 'core.v1.ConfigMap', 'core.v1.Pod', 'batch.v1.Job', 'core.v1.Service'].map((kind) =>
    ask(
      'get',
      `openapi v2 definition ${kind}`,
      'kind and type',
      get('/openapi/v2', {
        pick: [
          `${definition(`io.k8s.api.${kind}`)}/x-kubernetes-group-version-kind`,
          `${definition(`io.k8s.api.${kind}`)}/type`,
        ],
      }),
    ),
  ),
  ...['core.v1.ConfigMap', 'core.v1.ServiceSpec', 'core.v1.Container'].map((kind) =>
    ask(
      'get',
      `openapi v3 schema ${kind}`,
      'fields, defaults and merge keys',
      get('/openapi/v3/api/v1', { pick: [`components/schemas/io.k8s.api.${kind}`], drop: ['description'] }),
    ),
  ),
  ...['apps.v1.DeploymentSpec', 'apps.v1.StatefulSetSpec'].map((kind) =>
    ask(
      'get',
      `openapi v3 schema ${kind}`,
      'fields, defaults and merge keys',
      get('/openapi/v3/apis/apps/v1', { pick: [`components/schemas/io.k8s.api.${kind}`], drop: ['description'] }),
    ),
  ),
  ask(
    'get',
    'openapi v3 document',
    'version and title',
    get('/openapi/v3/apis/apps/v1', { pick: ['openapi', 'info/title'] }),
  ),
  ask('get', 'openapi v3', 'unknown group', get('/openapi/v3/apis/nowhere.example.com/v1')),
]

const tables: Case[] = KINDS.flatMap(({ resource, path, body, name }) => [
  ask(
    'list',
    resource,
    'as a table',
    first(post(path, body)),
    get(`${path}?labelSelector=of%3D{id}`, { headers: TABLE, drop: ['description'] }),
  ),
  ask('get', resource, 'as partial metadata', first(post(path, body)), get(`${path}/${name}`, { headers: PARTIAL })),
])

const pods = '/api/v1/namespaces/{ns}/configmaps'
const map = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { of: '{id}' } },
  data: { a: 'b' },
})
const representations: Case[] = [
  ask(
    'get',
    'configmaps',
    'one object as a table',
    first(post(pods, map('a'))),
    get(`${pods}/a`, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'list',
    'configmaps',
    'a table with whole objects',
    first(post(pods, map('a'))),
    get(`${pods}?includeObject=Object&labelSelector=of%3D{id}`, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'list',
    'configmaps',
    'a table without objects',
    first(post(pods, map('a'))),
    get(`${pods}?includeObject=None&labelSelector=of%3D{id}`, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'list',
    'configmaps',
    'a table with a wrong includeObject',
    get(`${pods}?includeObject=Some`, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'list',
    'configmaps',
    'partial metadata',
    first(post(pods, map('a'))),
    get(`${pods}?labelSelector=of%3D{id}`, { headers: PARTIAL_LIST }),
  ),
  ask(
    'list',
    'configmaps',
    'an empty table',
    get(`${pods}?labelSelector=of%3Dnobody`, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'watch',
    'configmaps',
    'as tables',
    post(pods, map('a')),
    first(del(`${pods}/a`)),
    watch(`${pods}?resourceVersion={0.metadata.resourceVersion}`, 1, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'watch',
    'configmaps',
    'as partial metadata',
    first(post(pods, map('z'))),
    post(pods, map('a')),
    first(del(`${pods}/a`)),
    watch(`${pods}?resourceVersion={1.metadata.resourceVersion}`, 1, { headers: PARTIAL }),
  ),
  ask('create', 'configmaps', 'answered as partial metadata', post(pods, map('a'), { headers: PARTIAL })),
  ask(
    'delete',
    'configmaps',
    'answered as a table',
    first(post(pods, map('a'))),
    del(`${pods}/a`, undefined, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'get',
    'configmaps',
    'not found though asked as a table',
    get(`${pods}/a`, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'get',
    'configmaps',
    'an unknown media type',
    first(post(pods, map('a'))),
    get(`${pods}/a`, { headers: { accept: 'application/xml' } }),
  ),
  ask(
    'get',
    'configmaps',
    'as YAML',
    first(post(pods, { ...map('a'), metadata: { name: 'a' } })),
    get(`${pods}/absent`, { headers: { accept: 'application/yaml' } }),
  ),
  ask('get', 'configmaps', 'pretty', get(`${pods}/a?pretty=true`)),
  ask(
    'get',
    'configmaps',
    'an unknown representation',
    first(post(pods, map('a'))),
    get(`${pods}/a`, { headers: { accept: 'application/json;as=Nothing;v=v1;g=meta.k8s.io' } }),
  ),
  ask(
    'get',
    'configmaps',
    'a wildcard media type',
    first(post(pods, map('a'))),
    get(`${pods}/a`, { headers: { accept: '*/*' } }),
  ),
]

export const discovery: readonly Case[] = [...documents, ...openapi, ...tables, ...representations]
