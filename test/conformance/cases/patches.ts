import { asks, type Case, first, get, patch, post, put } from '../case.ts'
import { podSpec } from './kinds-table.ts'

const ask = asks(3)
const maps = '/api/v1/namespaces/{ns}/configmaps'
const services = '/api/v1/namespaces/{ns}/services'
const apps = '/apis/apps/v1/namespaces/{ns}'
const map = (data: object = { a: 'b' }, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  data,
})
const made = (metadata: object = {}) => first(post(maps, map({ a: 'b', c: 'd' }, metadata)))
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', labels: { l: '1' } },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: {
      metadata: { labels: { app: 'a' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'i:1',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            args: ['x', 'y'],
            ports: [{ containerPort: 80 }],
          },
          { name: 'side', image: 's:1' },
        ],
        tolerations: [{ key: 'k', operator: 'Exists' }],
      },
    },
  },
}
const deployed = first(post(`${apps}/deployments`, deployment))
const spec = [
  'spec/template/spec/containers',
  'spec/template/spec/tolerations',
  'metadata/labels',
  'spec/strategy',
  'metadata/generation',
]
const container = (fields: object) => ({ spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } } })
const strategic = (body: unknown) => patch('strategic', `${apps}/deployments/a`, body, { pick: spec })

const json: Case[] = [
  ask(
    'patch',
    'configmaps',
    'JSON patch adds, replaces and removes',
    made(),
    patch(
      'json',
      `${maps}/a`,
      [
        { op: 'add', path: '/data/x', value: 'y' },
        { op: 'replace', path: '/data/a', value: 'z' },
        { op: 'remove', path: '/data/c' },
      ],
      { managed: true },
    ),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch copies and moves',
    made(),
    patch('json', `${maps}/a`, [
      { op: 'copy', from: '/data/a', path: '/data/x' },
      { op: 'move', from: '/data/c', path: '/data/y' },
    ]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch test that holds',
    made(),
    patch('json', `${maps}/a`, [
      { op: 'test', path: '/data/a', value: 'b' },
      { op: 'add', path: '/data/x', value: 'y' },
    ]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch test that fails',
    made(),
    patch('json', `${maps}/a`, [{ op: 'test', path: '/data/a', value: 'x' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch removes what is not there',
    made(),
    patch('json', `${maps}/a`, [{ op: 'remove', path: '/data/x' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch replaces what is not there',
    made(),
    patch('json', `${maps}/a`, [{ op: 'replace', path: '/data/x', value: 'y' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch adds below what is not there',
    made(),
    patch('json', `${maps}/a`, [{ op: 'add', path: '/metadata/labels/x', value: 'y' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch with escapes',
    made({ annotations: { 'e.com/a': '1' } }),
    patch('json', `${maps}/a`, [{ op: 'replace', path: '/metadata/annotations/e.com~1a', value: '2' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch with an unknown operation',
    made(),
    patch('json', `${maps}/a`, [{ op: 'turn', path: '/data/x' }]),
  ),
  ask('patch', 'configmaps', 'JSON patch that is no list', made(), patch('json', `${maps}/a`, { op: 'add' })),
  ask('patch', 'configmaps', 'JSON patch that is broken', made(), patch('json', `${maps}/a`, '[{')),
  ask(
    'patch',
    'configmaps',
    'JSON patch to a value of another type',
    made(),
    patch('json', `${maps}/a`, [{ op: 'replace', path: '/data', value: 5 }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch of name',
    made(),
    patch('json', `${maps}/a`, [{ op: 'replace', path: '/metadata/name', value: 'b' }]),
  ),
  ask(
    'patch',
    'configmaps',
    'JSON patch of kind',
    made(),
    patch('json', `${maps}/a`, [{ op: 'replace', path: '/kind', value: 'Pod' }]),
  ),
  ask(
    'patch',
    'deployments',
    'JSON patch into a list',
    deployed,
    patch(
      'json',
      `${apps}/deployments/a`,
      [
        { op: 'add', path: '/spec/template/spec/containers/0/args/1', value: 'between' },
        { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: 'last' },
      ],
      { pick: spec },
    ),
  ),
  ask(
    'patch',
    'deployments',
    'JSON patch beyond a list',
    deployed,
    patch('json', `${apps}/deployments/a`, [{ op: 'remove', path: '/spec/template/spec/containers/5' }]),
  ),
]

const merge: Case[] = [
  ask(
    'patch',
    'configmaps',
    'merge patch',
    made(),
    patch('merge', `${maps}/a`, { data: { a: null, x: 'y' }, metadata: { labels: { l: 'm' } } }, { managed: true }),
  ),
  ask('patch', 'configmaps', 'merge patch of nothing', made(), patch('merge', `${maps}/a`, {}, { managed: true })),
  ask('patch', 'configmaps', 'merge patch that is broken', made(), patch('merge', `${maps}/a`, '{')),
  ask('patch', 'configmaps', 'merge patch that is a list', made(), patch('merge', `${maps}/a`, [1])),
  ask(
    'patch',
    'configmaps',
    'merge patch with an old version',
    post(maps, map()),
    first(patch('merge', `${maps}/a`, { data: { a: 'x' } })),
    patch('merge', `${maps}/a`, { metadata: { resourceVersion: '{0.metadata.resourceVersion}' }, data: { q: 'r' } }),
  ),
  ask(
    'patch',
    'configmaps',
    'merge patch with another uid',
    made(),
    patch('merge', `${maps}/a`, { metadata: { uid: '00000000-0000-4000-8000-000000000000' } }),
  ),
  ask('patch', 'configmaps', 'merge patch of one that is not there', patch('merge', `${maps}/a`, {})),
  ask(
    'patch',
    'configmaps',
    'merge patch, unknown field strictly',
    made(),
    patch('merge', `${maps}/a?fieldValidation=Strict`, { odd: 1 }),
  ),
  ask(
    'patch',
    'configmaps',
    'merge patch, dry run',
    made(),
    patch('merge', `${maps}/a?dryRun=All`, { data: { x: 'y' } }),
    get(`${maps}/a`),
  ),
  ask('patch', 'configmaps', 'merge patch of a wrong type', made(), patch('merge', `${maps}/a`, { data: 'x' })),
  ask('patch', 'configmaps', 'merge patch with force', made(), patch('merge', `${maps}/a?force=true`, {})),
  ask(
    'patch',
    'configmaps',
    'no content type',
    made(),
    patch('merge', `${maps}/a`, {}, { headers: { 'content-type': 'application/json' } }),
  ),
  ask(
    'patch',
    'deployments',
    'merge patch replaces lists',
    deployed,
    patch(
      'merge',
      `${apps}/deployments/a`,
      { spec: { template: { spec: { containers: [{ name: 'only', image: 'o' }] } } } },
      { pick: spec },
    ),
  ),
]

const strategicCases: Case[] = [
  ask(
    'patch',
    'deployments',
    'strategic merge by name',
    deployed,
    strategic(
      container({
        image: 'i:2',
        env: [
          { name: 'B', value: '3' },
          { name: 'C', value: '4' },
        ],
      }),
    ),
  ),
  ask(
    'patch',
    'deployments',
    'strategic merge deletes an element',
    deployed,
    strategic({ spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } }),
  ),
  ask(
    'patch',
    'deployments',
    'strategic merge replaces a list',
    deployed,
    strategic({ spec: { template: { spec: { containers: [{ name: 'new', image: 'n' }, { $patch: 'replace' }] } } } }),
  ),
  ask(
    'patch',
    'deployments',
    'strategic merge replaces a map',
    deployed,
    strategic({ metadata: { labels: { $patch: 'replace', only: 'one' } } }),
  ),
  ask('patch', 'deployments', 'strategic merge of an atomic list', deployed, strategic(container({ args: ['z'] }))),
  ask(
    'patch',
    'deployments',
    'strategic merge with an order',
    deployed,
    strategic({
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'side' }, { name: 'main' }],
            containers: [{ name: 'side', image: 's:2' }],
          },
        },
      },
    }),
  ),
  ask(
    'patch',
    'deployments',
    'strategic merge retains keys',
    deployed,
    strategic({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }),
  ),
  ask(
    'patch',
    'deployments',
    'strategic merge without the merge key',
    deployed,
    strategic({ spec: { template: { spec: { containers: [{ image: 'x' }] } } } }),
  ),
  ask('patch', 'deployments', 'strategic merge sets null', deployed, strategic(container({ env: null }))),
  ask(
    'patch',
    'deployments',
    'strategic merge with a wrong directive',
    deployed,
    strategic({ metadata: { labels: { $patch: 'odd' } } }),
  ),
  ask(
    'patch',
    'deployments',
    'strategic merge of ports by their number',
    deployed,
    strategic(container({ ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] })),
  ),
  ask(
    'patch',
    'configmaps',
    'strategic deletion from a primitive list',
    made({ finalizers: ['e.com/a', 'e.com/b'] }),
    patch('strategic', `${maps}/a`, { metadata: { '$deleteFromPrimitiveList/finalizers': ['e.com/a'] } }),
  ),
  ask(
    'patch',
    'configmaps',
    'strategic merge of a primitive list',
    made({ finalizers: ['e.com/a'] }),
    patch('strategic', `${maps}/a`, { metadata: { finalizers: ['e.com/b'] } }),
  ),
  ask(
    'patch',
    'configmaps',
    'strategic merge of owner references',
    made({ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] }),
    patch('strategic', `${maps}/a`, {
      metadata: {
        ownerReferences: [
          { uid: 'u', controller: true },
          { apiVersion: 'v1', kind: 'Pod', name: 'q', uid: 'v' },
        ],
      },
    }),
  ),
  ask('patch', 'configmaps', 'strategic merge that is broken', made(), patch('strategic', `${maps}/a`, '{')),
  ask(
    'patch',
    'services',
    'strategic merge of ports',
    first(post(services, { metadata: { name: 'a' }, spec: { ports: [{ port: 80, name: 'h' }] } })),
    patch('strategic', `${services}/a`, { spec: { ports: [{ port: 81, name: 'i' }] } }, { pick: ['spec/ports'] }),
  ),
  ask(
    'patch',
    'services',
    'strategic deletion of a port',
    first(
      post(services, {
        metadata: { name: 'a' },
        spec: {
          ports: [
            { port: 80, name: 'h' },
            { port: 81, name: 'i' },
          ],
        },
      }),
    ),
    patch(
      'strategic',
      `${services}/a`,
      { spec: { ports: [{ port: 80, $patch: 'delete' }] } },
      { pick: ['spec/ports'] },
    ),
  ),
]

const apply = (manager: string, body: unknown, query = '', path = `${maps}/a`) =>
  patch('apply', `${path}?fieldManager=${manager}${query}`, body, { managed: true })
const applyDeployment = (manager: string, body: object, query = '') =>
  patch(
    'apply',
    `${apps}/deployments/a?fieldManager=${manager}${query}`,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, ...body },
    { managed: true, pick: [...spec, 'metadata/managedFields', 'spec/replicas'] },
  )
const small = {
  spec: { selector: { matchLabels: { app: 'a' } }, template: { metadata: { labels: { app: 'a' } }, spec: podSpec } },
}
const withContainers = (containers: object[]) => ({
  spec: { ...small.spec, template: { ...small.spec.template, spec: { containers } } },
})

const applying: Case[] = [
  ask('apply', 'configmaps', 'creates', apply('one', map())),
  ask('apply', 'configmaps', 'the same again', apply('one', map()), apply('one', map())),
  ask('apply', 'configmaps', 'a changed field', first(apply('one', map())), apply('one', map({ a: 'c' }))),
  ask(
    'apply',
    'configmaps',
    'a field no longer applied goes',
    first(apply('one', map({ a: 'b', c: 'd' }))),
    apply('one', map({ a: 'b' })),
  ),
  ask(
    'apply',
    'configmaps',
    'two managers with fields of their own',
    first(apply('one', map({ a: 'b' }))),
    apply('two', map({ c: 'd' })),
  ),
  ask(
    'apply',
    'configmaps',
    'two managers with the same value',
    first(apply('one', map({ a: 'b' }))),
    apply('two', map({ a: 'b' })),
  ),
  ask(
    'apply',
    'configmaps',
    'a shared field that one gives up stays',
    first(apply('one', map({ a: 'b' }))),
    first(apply('two', map({ a: 'b' }))),
    apply('one', map({})),
  ),
  ask(
    'apply',
    'configmaps',
    'conflict with another applier',
    first(apply('one', map({ a: 'b' }))),
    apply('two', map({ a: 'c' })),
  ),
  ask(
    'apply',
    'configmaps',
    'conflict with several managers',
    first(apply('one', map({ a: 'b', c: 'd' }))),
    first(patch('merge', `${maps}/a?fieldManager=editor`, { data: { c: 'e' } })),
    { ...apply('two', map({ a: 'x', c: 'y' })), unordered: true },
  ),
  ask(
    'apply',
    'configmaps',
    'conflict with an updater',
    first(post(`${maps}?fieldManager=maker`, map())),
    apply('one', map({ a: 'c' })),
  ),
  ask(
    'apply',
    'configmaps',
    'force takes the field',
    first(apply('one', map({ a: 'b' }))),
    apply('two', map({ a: 'c' }), '&force=true'),
  ),
  ask(
    'apply',
    'configmaps',
    'an update takes the field',
    first(apply('one', map({ a: 'b' }))),
    patch('merge', `${maps}/a?fieldManager=editor`, { data: { a: 'c' } }, { managed: true }),
  ),
  ask(
    'apply',
    'configmaps',
    'over what was made by update',
    first(post(`${maps}?fieldManager=maker`, map())),
    apply('one', map()),
  ),
  ask('apply', 'configmaps', 'no field manager', patch('apply', `${maps}/a`, map())),
  ask('apply', 'configmaps', 'another name in the body', apply('one', { ...map(), metadata: { name: 'b' } })),
  ask('apply', 'configmaps', 'another kind in the body', apply('one', { ...map(), kind: 'Secret' })),
  ask('apply', 'configmaps', 'another version in the body', apply('one', { ...map(), apiVersion: 'v2' })),
  ask('apply', 'configmaps', 'no kind in the body', apply('one', { metadata: { name: 'a' } })),
  ask(
    'apply',
    'configmaps',
    'managed fields in the body',
    apply('one', map({}, { managedFields: [{ manager: 'x' }] })),
  ),
  ask(
    'apply',
    'configmaps',
    'a version that is old',
    apply('one', map()),
    first(apply('one', map({ a: 'c' }))),
    apply('one', map({ a: 'd' }, { resourceVersion: '{0.metadata.resourceVersion}' })),
  ),
  ask(
    'apply',
    'configmaps',
    'a uid of one that is not there',
    apply('one', map({}, { uid: '00000000-0000-4000-8000-000000000000' })),
  ),
  ask('apply', 'configmaps', 'an unknown field', apply('one', { ...map(), odd: 1 })),
  ask(
    'apply',
    'configmaps',
    'an unknown field, strictly',
    apply('one', { ...map(), odd: 1 }, '&fieldValidation=Strict'),
  ),
  ask('apply', 'configmaps', 'a value of another type', apply('one', map({ a: 1 }))),
  ask('apply', 'configmaps', 'dry run', apply('one', map(), '&dryRun=All'), get(`${maps}/a`)),
  ask(
    'apply',
    'configmaps',
    'YAML',
    apply('one', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: b\n'),
  ),
  ask('apply', 'configmaps', 'YAML that is broken', apply('one', 'a: [')),
  ask(
    'apply',
    'configmaps',
    'labels of two managers',
    first(apply('one', map({}, { labels: { a: '1' } }))),
    apply('two', map({}, { labels: { b: '2' } })),
  ),
  ask(
    'apply',
    'configmaps',
    'finalizers are a set',
    first(apply('one', map({}, { finalizers: ['e.com/a'] }))),
    apply('two', map({}, { finalizers: ['e.com/b'] })),
  ),
  ask(
    'apply',
    'configmaps',
    "a set's element no longer applied goes",
    first(apply('one', map({}, { finalizers: ['e.com/a', 'e.com/b'] }))),
    apply('one', map({}, { finalizers: ['e.com/b'] })),
  ),
  ask(
    'apply',
    'configmaps',
    'owner references by uid',
    first(apply('one', map({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] }))),
    apply('two', map({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'q', uid: 'v' }] })),
  ),
  ask('apply', 'deployments', 'creates', applyDeployment('one', small)),
  ask(
    'apply',
    'deployments',
    'containers of two managers',
    first(applyDeployment('one', small)),
    applyDeployment('two', { spec: { template: { spec: { containers: [{ name: 'side', image: 's' }] } } } }),
  ),
  ask(
    'apply',
    'deployments',
    'a container no longer applied goes',
    first(
      applyDeployment(
        'one',
        withContainers([
          { name: 'main', image: 'i' },
          { name: 'side', image: 's' },
        ]),
      ),
    ),
    applyDeployment('one', withContainers([{ name: 'main', image: 'i' }])),
  ),
  ask(
    'apply',
    'deployments',
    'an env variable no longer applied goes',
    first(
      applyDeployment(
        'one',
        withContainers([
          {
            name: 'main',
            image: 'i',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
        ]),
      ),
    ),
    applyDeployment('one', withContainers([{ name: 'main', image: 'i', env: [{ name: 'B', value: '2' }] }])),
  ),
  ask(
    'apply',
    'deployments',
    'conflict in a container',
    first(applyDeployment('one', small)),
    applyDeployment('two', withContainers([{ name: 'main', image: 'other' }])),
  ),
  ask(
    'apply',
    'deployments',
    'ports with their defaulted protocol',
    applyDeployment(
      'one',
      withContainers([
        { name: 'main', image: 'i', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] },
      ]),
    ),
  ),
  ask(
    'apply',
    'deployments',
    'a list key twice',
    applyDeployment(
      'one',
      withContainers([
        { name: 'main', image: 'i' },
        { name: 'main', image: 'j' },
      ]),
    ),
  ),
  ask('apply', 'deployments', 'invalid', applyDeployment('one', { spec: { template: { spec: { containers: [] } } } })),
  ask(
    'apply',
    'deployments',
    'a defaulted field given up returns to its default',
    first(applyDeployment('one', { spec: { ...small.spec, replicas: 3 } })),
    applyDeployment('one', small),
  ),
  ask(
    'apply',
    'deployments',
    'scale takes the replicas',
    first(applyDeployment('one', { spec: { ...small.spec, replicas: 3 } })),
    first(patch('merge', `${apps}/deployments/a/scale?fieldManager=scaler`, { spec: { replicas: 5 } })),
    applyDeployment('one', { spec: { ...small.spec, replicas: 3 } }),
  ),
  ask(
    'apply',
    'deployments',
    'quantities compared by their value',
    first(
      applyDeployment('one', withContainers([{ name: 'main', image: 'i', resources: { limits: { cpu: '1000m' } } }])),
    ),
    applyDeployment('two', withContainers([{ name: 'main', image: 'i', resources: { limits: { cpu: '1' } } }])),
  ),
  ask(
    'apply',
    'deployments/status',
    'conditions of two managers',
    first(applyDeployment('one', small)),
    first(
      patch('apply', `${apps}/deployments/a/status?fieldManager=s1`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        status: { conditions: [{ type: 'A', status: 'True' }] },
      }),
    ),
    patch(
      'apply',
      `${apps}/deployments/a/status?fieldManager=s2`,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        status: { conditions: [{ type: 'B', status: 'True' }] },
      },
      { managed: true },
    ),
  ),
  ask(
    'apply',
    'deployments/scale',
    'replicas',
    first(applyDeployment('one', small)),
    patch(
      'apply',
      `${apps}/deployments/a/scale?fieldManager=s1&force=true`,
      { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a' }, spec: { replicas: 4 } },
      { managed: true },
    ),
    get(`${apps}/deployments/a`, { managed: true, pick: ['metadata/managedFields', 'spec/replicas'] }),
  ),
  ask(
    'apply',
    'services',
    'ports by number and protocol',
    apply(
      'one',
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'a' },
        spec: {
          ports: [
            { name: 'a', port: 53, protocol: 'TCP' },
            { name: 'b', port: 53, protocol: 'UDP' },
          ],
        },
      },
      '',
      `${services}/a`,
    ),
  ),
  ask(
    'apply',
    'secrets',
    'stringData',
    apply(
      'one',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { a: 'b' } },
      '',
      '/api/v1/namespaces/{ns}/secrets/a',
    ),
  ),
  ask(
    'apply',
    'leases',
    'creates',
    apply(
      'one',
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' }, spec: { holderIdentity: 'x' } },
      '',
      '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/a',
    ),
  ),
  ask(
    'update',
    'deployments',
    'managed fields of main resource and status',
    first(post(`${apps}/deployments?fieldManager=maker`, deployment)),
    first(
      patch('merge', `${apps}/deployments/a/status?fieldManager=stater`, {
        status: { replicas: 1, conditions: [{ type: 'A', status: 'True' }] },
      }),
    ),
    patch('merge', `${apps}/deployments/a?fieldManager=editor`, { spec: { paused: true } }, { managed: true }),
  ),
  ask(
    'update',
    'configmaps',
    'a removed field leaves its manager',
    first(post(`${maps}?fieldManager=maker`, map({ a: 'b', c: 'd' }))),
    put(`${maps}/a?fieldManager=other`, map({ a: 'b' }), { managed: true }),
  ),
]

export const patches: readonly Case[] = [...json, ...merge, ...strategicCases, ...applying]
