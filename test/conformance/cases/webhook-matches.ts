import { asks, type Case, del, first, get, patch, post } from '../case.ts'
import { saying } from '../webhook-server.ts'
import { configurations, configured, hook, made, make, map, maps } from './webhooks.ts'

const ask = asks(6)

const conditions = (...expressions: string[]) => ({
  matchConditions: expressions.map((expression, index) => ({ name: `c${index}`, expression })),
})
const condition = (feature: string, extra: object): Case =>
  ask('create', 'configmaps', `match conditions: ${feature}`, ...configured({ path: '/deny', extra }), make)

const label = (key: string) => saying({ operations: [{ op: 'add', path: `/metadata/labels/${key}`, value: 'y' }] })
const deployment = {
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'i' }] } },
  },
}
const hpas = (version: string) => `/apis/autoscaling/${version}/namespaces/{ns}/horizontalpodautoscalers`
const hpa = { metadata: { name: 'a' }, spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'a' } } }
const hpaRules = (version: string, extra: object = {}) => ({
  rules: [
    {
      operations: ['CREATE'],
      apiGroups: ['autoscaling'],
      apiVersions: [version],
      resources: ['horizontalpodautoscalers'],
    },
  ],
  ...extra,
})
const scoped = (scope: string) => ({
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], scope }],
})
const stale = (feature: string, first: string, second: string): Case =>
  ask(
    'create',
    'configmaps',
    `reinvocation: ${feature}`,
    ...configured(
      { path: '/count', kind: 'Mutating', extra: { reinvocationPolicy: first } },
      { path: '/count', kind: 'Mutating', extra: { reinvocationPolicy: second } },
    ),
    make,
  )

export const webhookMatches: readonly Case[] = [
  condition('one of two does not hold', conditions('true', 'false')),
  condition('one fails, the other does not hold', conditions('object.data.none == "x"', 'false')),
  condition('one fails', conditions('object.data.none == "x"')),
  condition('two fail', conditions('object.data.none == "x"', 'object.nothing.at.all == 1')),
  condition('one fails, failurePolicy Ignore', { ...conditions('object.data.none == "x"'), failurePolicy: 'Ignore' }),
  condition('has() of what is not there', conditions('has(object.data.none)')),
  condition('the old object is null', conditions('oldObject == null && object != null')),
  condition('the request', conditions('request.operation == "CREATE" && request.resource.resource == "configmaps"')),
  condition('the dry run', conditions('request.dryRun == false && request.namespace == object.metadata.namespace')),
  condition('groups', conditions('"system:masters" in request.userInfo.groups')),
  condition('options', conditions('has(request.options) && request.kind.kind == "ConfigMap"')),
  ask(
    'create',
    'validatingwebhookconfigurations',
    'match conditions: one that is no boolean',
    post(`${configurations}/validatingwebhookconfigurations`, {
      metadata: { name: '{id}' },
      webhooks: [hook({ path: '/x', extra: conditions('object.metadata.name', '1 + 1') })],
    }),
  ),
  ask(
    'create',
    'validatingwebhookconfigurations',
    'match conditions: names that are not valid or not one’s own',
    post(`${configurations}/validatingwebhookconfigurations`, {
      metadata: { name: '{id}' },
      webhooks: [
        hook({
          path: '/x',
          extra: { matchConditions: ['a', 'a', '', 'A b'].map((name) => ({ name, expression: 'true' })) },
        }),
      ],
    }),
  ),
  ask(
    'create',
    'mutatingwebhookconfigurations',
    'values that are not valid',
    post(`${configurations}/mutatingwebhookconfigurations`, {
      metadata: { name: '{id}' },
      webhooks: [
        hook({
          path: '/x',
          extra: {
            failurePolicy: 'Maybe',
            matchPolicy: 'Roughly',
            reinvocationPolicy: 'Often',
            timeoutSeconds: 0,
            admissionReviewVersions: ['v9'],
            rules: [
              { operations: ['CONNECT', 'JUMP'], apiGroups: [], apiVersions: ['*', 'v1'], resources: ['*', 'x'] },
            ],
          },
        }),
        { name: 'noname', clientConfig: {}, sideEffects: 'None', admissionReviewVersions: [] },
      ],
    }),
  ),
  ask('create', 'configmaps', 'scope Cluster', ...configured({ path: '/deny', extra: scoped('Cluster') }), make),
  ask('create', 'configmaps', 'scope Namespaced', ...configured({ path: '/deny', extra: scoped('Namespaced') }), make),
  ask(
    'update',
    'configmaps',
    'an object selector that matches the old object alone',
    ...configured({
      path: '/deny',
      operations: ['UPDATE'],
      extra: { objectSelector: { matchLabels: { of: '{id}' } } },
    }),
    made,
    patch('merge', `${maps}/a`, { metadata: { labels: { of: null } } }),
  ),
  ask(
    'delete',
    'configmaps',
    'an object selector that does not match',
    ...configured({ path: '/deny', operations: ['DELETE'], extra: { objectSelector: { matchLabels: { of: 'x' } } } }),
    made,
    del(`${maps}/a`),
  ),
  ask(
    'create',
    'configmaps',
    'an object selector after another webhook’s patch',
    ...configured(
      { path: label('set'), kind: 'Mutating' },
      { path: '/deny', kind: 'Mutating', extra: { objectSelector: { matchLabels: { set: 'y' } } } },
    ),
    make,
  ),
  stale('both want it', 'IfNeeded', 'IfNeeded'),
  stale('the first wants it', 'IfNeeded', 'Never'),
  stale('the second wants it', 'Never', 'IfNeeded'),
  stale('none wants it', 'Never', 'Never'),
  ask(
    'create',
    'deployments',
    'a rule for subresources alone',
    ...configured({ path: '/deny', resources: ['deployments/*'], operations: ['*'] }),
    post('/apis/apps/v1/namespaces/{ns}/deployments', deployment, { pick: ['metadata/name'] }),
    patch('merge', '/apis/apps/v1/namespaces/{ns}/deployments/a/status', { status: { replicas: 1 } }),
  ),
  ask(
    'update',
    'deployments/scale',
    'a rule for the scale of all',
    ...configured({ path: '/deny', resources: ['*/scale'], operations: ['UPDATE'] }),
    first(post('/apis/apps/v1/namespaces/{ns}/deployments', deployment)),
    patch(
      'merge',
      '/apis/apps/v1/namespaces/{ns}/deployments/a',
      { metadata: { labels: { a: 'b' } } },
      { pick: ['kind'] },
    ),
    patch('merge', '/apis/apps/v1/namespaces/{ns}/deployments/a/scale', { spec: { replicas: 2 } }),
  ),
  ...(['v1', 'v2'] as const).map((version) =>
    ask(
      'create',
      `horizontalpodautoscalers.${version}.autoscaling`,
      'a webhook of version 1',
      ...configured({ path: '/tell', extra: hpaRules('v1') }),
      post(hpas(version), hpa),
    ),
  ),
  ask(
    'create',
    'horizontalpodautoscalers.v2.autoscaling',
    'a webhook of version 1, matchPolicy Exact',
    ...configured({ path: '/deny', extra: hpaRules('v1', { matchPolicy: 'Exact' }) }),
    post(hpas('v2'), hpa, { pick: ['kind'] }),
  ),
  ask(
    'create',
    'horizontalpodautoscalers.v2.autoscaling',
    'a mutating webhook of version 1',
    ...configured({
      path: saying({ operations: [{ op: 'add', path: '/spec/targetCPUUtilizationPercentage', value: 7 }] }),
      kind: 'Mutating',
      extra: hpaRules('v1'),
    }),
    post(hpas('v2'), hpa, { pick: ['spec'] }),
  ),
  ask(
    'apply',
    'configmaps',
    'a mutating webhook’s fields are its requester’s',
    ...configured({ path: label('hooked'), kind: 'Mutating', operations: ['CREATE', 'UPDATE'] }),
    patch('apply', `${maps}/a?fieldManager=me`, map('a'), { managed: true }),
    get(`${maps}/a`, { managed: true }),
  ),
  ask(
    'create',
    'configmaps',
    'dry run with a mutating webhook',
    ...configured({ path: label('hooked'), kind: 'Mutating', extra: { sideEffects: 'NoneOnDryRun' } }),
    post(`${maps}?dryRun=All`, map('a')),
    get(`${maps}/a`),
  ),
  ask(
    'create',
    'configmaps',
    'a validating webhook sees what the mutating one has done',
    first(
      post(`${configurations}/mutatingwebhookconfigurations`, {
        metadata: { name: '{id}-m' },
        webhooks: [hook({ path: label('hooked') })],
      }),
    ),
    ...configured({ path: '/deny', extra: { objectSelector: { matchLabels: { hooked: 'y' } } } }),
    make,
  ),
]
