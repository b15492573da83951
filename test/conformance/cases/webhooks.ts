import { asks, type Case, del, first, get, patch, post, put, type Step } from '../case.ts'

const ask = asks(6)
export const maps = '/api/v1/namespaces/{ns}/configmaps'
export const configurations = '/apis/admissionregistration.k8s.io/v1'
export const map = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { of: '{id}' } },
  data: { a: 'b' },
  ...extra,
})

export interface Hook {
  readonly path: string
  readonly kind?: 'Validating' | 'Mutating'
  readonly operations?: string[]
  readonly resources?: string[]
  readonly extra?: object
  readonly url?: string
}

export const hook = (
  { path, operations = ['CREATE'], resources = ['configmaps'], extra = {}, url = `{webhook}${path}` }: Hook,
  name = 'hook',
) => ({
  name: `${name}.example.com`,
  clientConfig: { url, caBundle: '{ca}' },
  rules: [{ operations, apiGroups: ['', 'apps'], apiVersions: ['*'], resources }],
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': '{ns}' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...extra,
})
/** The sentinel denies what is named so; once it does, the configuration that came before it is in effect too. */
export const configured = (...hooks: Hook[]): Step[] => {
  const kind = hooks[0]?.kind ?? 'Validating'
  const sentinel = hook({ path: '/deny', operations: ['CREATE'], resources: ['secrets'] }, 'sentinel')
  const path = `${configurations}/${kind.toLowerCase()}webhookconfigurations`
  const webhooks = [...hooks.map((one, index) => hook(one, `hook${index}`)), sentinel]
  return [
    first(post(path, { metadata: { name: '{id}' }, webhooks })),
    first(
      post('/api/v1/namespaces/{ns}/secrets?dryRun=All', { metadata: { name: 'probe' } }, { until: { status: 403 } }),
    ),
  ]
}
export const make = post(maps, map('a'))
export const made = first(make)

export const webhooks: readonly Case[] = [
  ask('create', 'configmaps', 'validating webhook allows', ...configured({ path: '/allow' }), make),
  ask('create', 'configmaps', 'validating webhook denies', ...configured({ path: '/deny' }), make, get(`${maps}/a`)),
  ask(
    'create',
    'configmaps',
    'validating webhook denies without a message',
    ...configured({ path: '/deny-plainly' }),
    make,
  ),
  ask('create', 'configmaps', 'validating webhook denies with a code', ...configured({ path: '/deny-code' }), make),
  ask('create', 'configmaps', 'validating webhook warns', ...configured({ path: '/warn' }), make),
  ask('create', 'configmaps', 'what a validating webhook is told', ...configured({ path: '/tell' }), make),
  ask(
    'update',
    'configmaps',
    'what a validating webhook is told',
    ...configured({ path: '/tell', operations: ['UPDATE'] }),
    made,
    put(`${maps}/a?fieldManager=m`, map('a', { data: {} })),
  ),
  ask(
    'delete',
    'configmaps',
    'what a validating webhook is told',
    ...configured({ path: '/tell', operations: ['DELETE'] }),
    made,
    del(`${maps}/a`, { propagationPolicy: 'Background' }),
  ),
  ask(
    'deletecollection',
    'configmaps',
    'a validating webhook denies',
    ...configured({ path: '/deny', operations: ['DELETE'] }),
    made,
    del(maps),
  ),
  ask(
    'patch',
    'configmaps',
    'what a validating webhook is told',
    ...configured({ path: '/tell', operations: ['*'] }),
    patch('apply', `${maps}/a?fieldManager=m&dryRun=All`, map('a')),
  ),
  ask(
    'update',
    'pods/status',
    'what a validating webhook is told',
    ...configured({ path: '/tell', operations: ['UPDATE'], resources: ['pods/status'] }),
    first(
      post('/api/v1/namespaces/{ns}/pods', {
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'i' }] },
      }),
    ),
    patch('merge', '/api/v1/namespaces/{ns}/pods/a/status', { status: { phase: 'Running' } }),
  ),
  ask(
    'update',
    'deployments/scale',
    'what a validating webhook is told',
    ...configured({ path: '/tell', operations: ['UPDATE'], resources: ['deployments/scale'] }),
    first(
      post('/apis/apps/v1/namespaces/{ns}/deployments', {
        metadata: { name: 'a' },
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'i' }] } },
        },
      }),
    ),
    patch('merge', '/apis/apps/v1/namespaces/{ns}/deployments/a/scale', { spec: { replicas: 2 } }),
  ),
  ask(
    'create',
    'pods/eviction',
    'what a validating webhook is told',
    ...configured({ path: '/tell', operations: ['CREATE'], resources: ['pods/eviction'] }),
    first(
      post('/api/v1/namespaces/{ns}/pods', {
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'i' }] },
      }),
    ),
    post('/api/v1/namespaces/{ns}/pods/a/eviction', { metadata: { name: 'a' } }),
  ),
  ask(
    'create',
    'configmaps',
    'an operation that no webhook asked for',
    ...configured({ path: '/deny', operations: ['UPDATE'] }),
    make,
  ),
  ask('create', 'configmaps', 'a webhook out of order, failurePolicy Fail', ...configured({ path: '/fail' }), make),
  ask(
    'create',
    'configmaps',
    'a webhook out of order, failurePolicy Ignore',
    ...configured({ path: '/fail', extra: { failurePolicy: 'Ignore' } }),
    make,
  ),
  ask('create', 'configmaps', 'a webhook that talks nonsense', ...configured({ path: '/nonsense' }), make),
  ask(
    'create',
    'configmaps',
    'a webhook that is not there',
    ...configured({ path: '/', url: 'https://127.0.0.1:1/x' }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'a webhook that is silent until its timeout',
    ...configured({ path: '/silent', extra: { timeoutSeconds: 1 } }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'a silent webhook, failurePolicy Ignore',
    ...configured({ path: '/silent', extra: { timeoutSeconds: 1, failurePolicy: 'Ignore' } }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'a webhook whose certificate is not trusted',
    ...configured({ path: '/allow', extra: { clientConfig: { url: '{webhook}/allow' } } }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'a webhook of a service that is not there',
    ...configured({
      path: '/allow',
      extra: { clientConfig: { service: { namespace: '{ns}', name: 'absent', path: '/x' } } },
    }),
    make,
  ),
  ask('create', 'configmaps', 'mutating webhook', ...configured({ path: '/label', kind: 'Mutating' }), make),
  ask(
    'create',
    'configmaps',
    'two mutating webhooks',
    ...configured({ path: '/count', kind: 'Mutating' }, { path: '/label', kind: 'Mutating' }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'mutating webhook called again',
    ...configured(
      { path: '/count', kind: 'Mutating', extra: { reinvocationPolicy: 'IfNeeded' } },
      { path: '/label', kind: 'Mutating' },
    ),
    make,
  ),
  ask('create', 'configmaps', 'mutating webhook denies', ...configured({ path: '/deny', kind: 'Mutating' }), make),
  ask(
    'create',
    'configmaps',
    'mutating webhook with a patch that does not fit',
    ...configured({ path: '/bad-patch', kind: 'Mutating' }),
    make,
  ),
  ask(
    'update',
    'configmaps',
    'mutating webhook',
    ...configured({ path: '/label', kind: 'Mutating', operations: ['UPDATE'] }),
    made,
    patch('merge', `${maps}/a`, { data: { x: 'y' } }, { managed: true }),
  ),
  ask('create', 'configmaps', 'a patch by a validating webhook', ...configured({ path: '/label' }), make),
  ask(
    'create',
    'configmaps',
    'an object selector that does not match',
    ...configured({ path: '/deny', extra: { objectSelector: { matchLabels: { no: 'one' } } } }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'an object selector that matches',
    ...configured({ path: '/deny', extra: { objectSelector: { matchLabels: { of: '{id}' } } } }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'a match condition that does not hold',
    ...configured({
      path: '/deny',
      extra: { matchConditions: [{ name: 'n', expression: 'object.metadata.name != "a"' }] },
    }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'a match condition that holds',
    ...configured({
      path: '/deny',
      extra: {
        matchConditions: [{ name: 'n', expression: 'request.userInfo.username == "admin" && object.data.a == "b"' }],
      },
    }),
    make,
  ),
  ask(
    'create',
    'configmaps',
    'dry run with a webhook that has side effects',
    ...configured({ path: '/allow', extra: { sideEffects: 'NoneOnDryRun' } }),
    post(`${maps}?dryRun=All`, map('a')),
  ),
  ask(
    'create',
    'validatingwebhookconfigurations',
    'sideEffects that are not allowed',
    post(`${configurations}/validatingwebhookconfigurations`, {
      metadata: { name: '{id}' },
      webhooks: [hook({ path: '/x', extra: { sideEffects: 'Unknown' } })],
    }),
  ),
  ask(
    'create',
    'validatingwebhookconfigurations',
    'plain http and a long timeout',
    post(`${configurations}/validatingwebhookconfigurations`, {
      metadata: { name: '{id}' },
      webhooks: [hook({ path: '/x', url: 'http://127.0.0.1:1/x', extra: { timeoutSeconds: 60 } })],
    }),
  ),
  ask(
    'create',
    'validatingwebhookconfigurations',
    'a match condition that does not compile',
    post(`${configurations}/validatingwebhookconfigurations`, {
      metadata: { name: '{id}' },
      webhooks: [hook({ path: '/x', extra: { matchConditions: [{ name: 'n', expression: 'object.' }] } })],
    }),
  ),
]
