import { asks, type Case, del, first, get, type Options, patch, post, put, type Step, TABLE } from '../case.ts'
import { configurations, map, maps } from './webhooks.ts'

const ask = asks(6)
const policies = `${configurations}/validatingadmissionpolicies`
const bindings = `${configurations}/validatingadmissionpolicybindings`
const HERE = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': '{ns}' } } }

const rule = (parts: object = {}) => ({
  ...{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
  ...parts,
})
const constraints = (parts: object = {}, more: object = {}) => ({ ...HERE, resourceRules: [rule(parts)], ...more })
const policy = (spec: object, name = '{id}') => ({
  metadata: { name },
  spec: { matchConstraints: constraints(), validations: [{ expression: 'false' }], ...spec },
})
const binding = (spec: object = {}, name = '{id}') => ({
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'], ...spec },
})

/** A policy of the namespace; the sentinel denies a secret once those that came before it are in effect too. */
const obeyed = (spec: object, bound: object = {}): Step[] => {
  const sentinel = { matchConstraints: constraints({ resources: ['secrets'] }) }
  const probe = post('/api/v1/namespaces/{ns}/secrets?dryRun=All', { metadata: { name: 'probe' } })
  return [
    first(post(policies, policy(spec))),
    first(post(policies, policy(sentinel, '{id}-sentinel'))),
    first(post(bindings, binding(bound))),
    first(post(bindings, binding({}, '{id}-sentinel'))),
    first({ ...probe, until: { status: 422 } }),
  ]
}
/** A controller may write the status of one meanwhile. */
const UNVERSIONED = { drop: ['resourceVersion'] }
const make = (name = 'a', options: Options = {}) => post(maps, map(name), options)
const made = first(make())
const validations = (...list: object[]) => ({ validations: list })
const checks = (...expressions: string[]) => validations(...expressions.map((expression) => ({ expression })))
const conditions = (...expressions: string[]) => ({
  matchConditions: expressions.map((expression, index) => ({ name: `c${index}`, expression })),
})
const creation = (feature: string, spec: object, bound: object = {}): Case =>
  ask('create', 'configmaps', `policy: ${feature}`, ...obeyed(spec, bound), make())
const refused = (feature: string, spec: object): Case =>
  ask('create', 'validatingadmissionpolicies', feature, post(policies, policy(spec)))
const bindingRefused = (feature: string, spec: object): Case =>
  ask('create', 'validatingadmissionpolicybindings', feature, post(bindings, binding(spec)))
const params = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }
const param = first(post(maps, { metadata: { name: 'p', labels: { is: 'param' } }, data: { most: '0' } }))
const withParam = (feature: string, paramRef: object, spec: object = {}): Case =>
  ask(
    'create',
    'configmaps',
    `policy: ${feature}`,
    param,
    ...obeyed(
      {
        ...params,
        ...validations({ expression: 'false', messageExpression: '"params: " + params.data.most' }),
        ...spec,
      },
      { paramRef: { parameterNotFoundAction: 'Deny', ...paramRef } },
    ),
    make(),
  )
const hpas = '/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers'
const rich = {
  ...params,
  ...conditions('object != null'),
  variables: [{ name: 'x', expression: 'object.metadata.name' }],
  auditAnnotations: [{ key: 'k', valueExpression: "'v'" }],
}

export const policyCases: readonly Case[] = [
  ask(
    'create',
    'validatingadmissionpolicies',
    'all fields, and those that are left out',
    post(policies, policy(rich), UNVERSIONED),
    post(policies, policy({}, '{id}-b'), UNVERSIONED),
    post(
      bindings,
      binding({ matchResources: constraints(), paramRef: { name: 'a', parameterNotFoundAction: 'Deny' } }),
      UNVERSIONED,
    ),
    get(`${policies}/{id}`, { headers: TABLE, drop: ['object', 'resourceVersion'] }),
    get(`${bindings}/{id}`, { headers: TABLE, drop: ['object', 'resourceVersion'] }),
  ),
  ask(
    'update',
    'validatingadmissionpolicies',
    'generation',
    first(post(policies, policy({}))),
    patch('merge', `${policies}/{id}`, { spec: { failurePolicy: 'Ignore' } }, { drop: ['status'] }),
    patch('merge', `${policies}/{id}`, { metadata: { labels: { a: 'b' } } }, { drop: ['status'] }),
    del(`${policies}/{id}`),
  ),
  ask(
    'update',
    'validatingadmissionpolicies/status',
    'type checking',
    first(post(policies, policy({}))),
    patch('merge', `${policies}/{id}/status`, {
      status: { typeChecking: { expressionWarnings: [{ fieldRef: ' ', warning: '' }] } },
    }),
  ),
  asks(6, { controllers: true })(
    'get',
    'validatingadmissionpolicies',
    'the generation that has been seen',
    first(post(policies, policy({}))),
    get(`${policies}/{id}`, {
      until: { at: 'status/observedGeneration', is: 1 },
      pick: ['status/observedGeneration'],
    }),
  ),
  refused('nothing is there', { matchConstraints: undefined, validations: undefined }),
  refused('fields that are not valid', {
    ...{ failurePolicy: 'X', paramKind: { apiVersion: 'a/b/c', kind: 'A b' } },
    matchConstraints: { matchPolicy: 'X', objectSelector: { matchLabels: { 'a b': '' } } },
  }),
  refused('a version that is not valid', { paramKind: { apiVersion: 'A/B', kind: '' } }),
  refused('a kind that is empty', { paramKind: {} }),
  refused('rules that are not valid', {
    matchConstraints: {
      resourceRules: [rule({ resourceNames: ['a', 'a', 'x/y'], operations: ['X'] })],
      excludeResourceRules: [{}],
    },
  }),
  refused('match conditions that are not valid', {
    matchConditions: [
      { name: 'a', expression: ' variables.x == 1 ' },
      { name: 'a', expression: 'params.x == 1' },
      { name: 'b', expression: 'object.x' },
      { name: '', expression: ' ' },
    ],
  }),
  refused('variables that are not valid', {
    variables: [
      { name: 'for', expression: '1' },
      { name: 'a-b', expression: 'variables.for' },
      { name: '', expression: ' ' },
      { name: 'x', expression: 'nothing' },
    ],
  }),
  refused('expressions of the wrong type', {
    variables: [
      { name: 'y', expression: '[]' },
      { name: 'z', expression: 'variables.y' },
    ],
    ...validations(
      { expression: 'variables.nope == 1' },
      { expression: 'request.nope == 1' },
      { expression: 'request.kind.nope == 1' },
      { expression: 'object.x' },
      { expression: "'a'", message: ' ', messageExpression: '1' },
      { expression: 'true', messageExpression: 'object.x' },
      { expression: 'true', message: 'a\nb', messageExpression: ' ', reason: 'Conflict' },
      { expression: 'true', messageExpression: "authorizer.path('/').check('get').allowed()" },
      { expression: ' ' },
    ),
  }),
  refused('audit annotations that are not valid', {
    auditAnnotations: [
      { key: 'a', valueExpression: '1' },
      { key: 'a', valueExpression: "'x'" },
      { key: 'b/c', valueExpression: ' ' },
      { key: 'c', valueExpression: 'object.x' },
      { key: 'd', valueExpression: 'null' },
    ],
  }),
  bindingRefused('nothing is there', { policyName: undefined, validationActions: undefined }),
  bindingRefused('fields that are not valid', {
    ...{ policyName: 'A b', validationActions: ['Deny', 'Warn', 'Deny', 'X'] },
    ...{ paramRef: { name: 'a/b', selector: {} }, matchResources: { matchPolicy: 'X', resourceRules: [{}] } },
  }),
  bindingRefused('a reference to nothing', { paramRef: { parameterNotFoundAction: 'X' } }),
  ask(
    'create',
    'validatingadmissionpolicies',
    'a user who may not read params',
    first(
      post('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
        metadata: { name: '{id}' },
        rules: [
          { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] },
          { apiGroups: [''], resources: ['configmaps'], resourceNames: ['{id}'], verbs: ['get'] },
        ],
      }),
    ),
    first(
      post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
        metadata: { name: '{id}' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '{id}' },
        subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: '{id}' }],
      }),
    ),
    ...[
      post(policies, policy(params)),
      post(policies, policy({}, '{id}-b')),
      first(post(policies, policy(params, '{id}-c'))),
      post(bindings, binding({ policyName: '{id}-none', paramRef: { selector: {}, parameterNotFoundAction: 'Deny' } })),
      post(bindings, binding({ policyName: '{id}-b', paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } })),
      post(bindings, binding({ policyName: '{id}-c', paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } })),
      post(bindings, binding({ policyName: '{id}-c', paramRef: { name: '{id}', parameterNotFoundAction: 'Deny' } })),
    ].map((step) =>
      step.quiet === true ? step : { ...step, headers: { 'impersonate-user': 'ann', 'impersonate-group': '{id}' } },
    ),
  ),
  creation('a message', validations({ expression: 'false', message: ' it is so ' })),
  creation('an expression as its message', checks(' object.metadata.name == "b" ')),
  creation(
    'a message expression',
    validations({ expression: 'false', messageExpression: '"not " + object.metadata.name' }),
  ),
  creation(
    'a message expression of two lines',
    validations({ expression: 'false', message: 'm', messageExpression: '"a\\nb"' }),
  ),
  creation(
    'a message expression that fails',
    validations({ expression: 'false', message: 'm', messageExpression: 'string(object.none)' }),
  ),
  ...['Forbidden', 'RequestEntityTooLarge'].map((reason) =>
    creation(`reason ${reason}`, validations({ expression: 'false', reason })),
  ),
  creation('the first of two that do not hold', checks('true', 'object.data.a == "x"', 'false')),
  creation('an expression that fails', checks('object.none == "x"')),
  creation('an expression that fails, ignored', { ...checks('object.none == "x"'), failurePolicy: 'Ignore' }),
  creation('one that does not hold, whatever is ignored', { failurePolicy: 'Ignore' }),
  creation('variables', {
    variables: [
      { name: 'name', expression: 'object.metadata.name' },
      { name: 'both', expression: '[variables.name, object.data.a]' },
      { name: 'unused', expression: 'object.none' },
    ],
    ...validations({ expression: 'variables.both.size() != 2', messageExpression: 'variables.both.join("+")' }),
  }),
  creation('a variable that fails', {
    variables: [
      { name: 'bad', expression: 'object.none.x' },
      { name: 'worse', expression: 'variables.bad' },
    ],
    ...checks('variables.worse == 1'),
  }),
  creation('a match condition that does not hold', conditions('object.metadata.name != "a"')),
  creation('match conditions that fail', conditions('object.none == 1', 'true', 'object.no == 1')),
  creation('match conditions that fail, ignored', { ...conditions('object.none == 1'), failurePolicy: 'Ignore' }),
  creation(
    'what the request is',
    validations({
      expression: 'false',
      messageExpression:
        '[request.operation, request.kind.kind, request.resource.resource, request.name, request.userInfo.username, string(request.dryRun), string(has(request.subResource)), string(object.kind)].join(" ")',
    }),
  ),
  creation('options', validations({ expression: 'false', messageExpression: 'string(request.options.kind)' })),
  creation('the namespace', checks('namespaceObject.metadata.name != request.namespace')),
  creation('the namespace in match conditions', conditions('namespaceObject != null')),
  creation('no old object', checks('oldObject != null')),
  creation('a warning', validations({ expression: 'false', message: 'beware' }), { validationActions: ['Warn'] }),
  creation('a warning of what fails', checks('object.none == 1'), { validationActions: ['Warn', 'Audit'] }),
  creation('audit alone', {}, { validationActions: ['Audit'] }),
  creation(
    'an audit annotation that fails',
    { validations: [], auditAnnotations: [{ key: 'k', valueExpression: 'string(object.none)' }] },
    { validationActions: ['Warn'] },
  ),
  creation('a binding for other requests', {}, { matchResources: constraints({ operations: ['DELETE'] }) }),
  creation('a binding for other labels', {}, { matchResources: { objectSelector: { matchLabels: { a: 'b' } } } }),
  creation('excluded', {
    matchConstraints: constraints({}, { excludeResourceRules: [rule({ resourceNames: ['a'] })] }),
  }),
  creation('a resource of another name', { matchConstraints: constraints({ resourceNames: ['b'] }) }),
  creation('a resource of that name', { matchConstraints: constraints({ resourceNames: ['a'] }) }),
  withParam('params by name', { name: 'p' }),
  withParam('params by selector', { selector: { matchLabels: { is: 'param' } } }),
  withParam('params that are not there', { name: 'none' }),
  withParam('params that are not there, ignored', { name: 'none' }, { failurePolicy: 'Ignore' }),
  withParam('params that are not there, allowed', { name: 'none', parameterNotFoundAction: 'Allow' }),
  withParam('params of another namespace', { name: 'p', namespace: 'default' }),
  withParam(
    'params of the cluster in a namespace',
    { name: '{ns}', namespace: 'x' },
    { paramKind: { apiVersion: 'v1', kind: 'Namespace' }, ...checks('params == null') },
  ),
  withParam(
    'params of the cluster',
    { name: '{ns}' },
    {
      paramKind: { apiVersion: 'v1', kind: 'Namespace' },
      ...checks('params.metadata.name != request.namespace || params.kind != "Namespace"'),
    },
  ),
  withParam(
    'params of a kind that is not there',
    { name: 'p' },
    { paramKind: { apiVersion: 'example.com/v1', kind: 'None' } },
  ),
  creation('no reference to params', { ...params, ...checks('params != null') }),
  ask(
    'create',
    'configmaps',
    'policy: the name is generated',
    ...obeyed({}),
    post(maps, { metadata: { generateName: 'a-' } }, { drop: ['message', 'name'] }),
  ),
  ask(
    'update',
    'configmaps',
    'policy: old and new',
    ...obeyed({
      matchConstraints: constraints({ operations: ['UPDATE'] }),
      ...checks('oldObject.data.a == object.data.a'),
    }),
    made,
    patch('merge', `${maps}/a`, { data: { b: 'c' } }, { pick: ['data'] }),
    put(`${maps}/a`, map('a', { data: { a: 'x' } })),
    patch('apply', `${maps}/a?fieldManager=m&force=true`, { ...map('a'), data: { a: 'y' } }),
  ),
  ask(
    'delete',
    'configmaps',
    'policy: there is no object',
    ...obeyed({
      matchConstraints: constraints({ operations: ['DELETE'] }),
      ...checks('object == null && oldObject.metadata.name != "a"'),
    }),
    made,
    del(`${maps}/a`),
  ),
  ask(
    'deletecollection',
    'configmaps',
    'policy: one is kept',
    ...obeyed({
      matchConstraints: constraints({ operations: ['DELETE'] }),
      ...checks('oldObject.metadata.name != "a"'),
    }),
    made,
    del(maps),
  ),
  ask(
    'create',
    'horizontalpodautoscalers',
    'policy: an equivalent version',
    ...obeyed({
      matchConstraints: constraints({
        ...{ apiGroups: ['autoscaling'], apiVersions: ['v2'], resources: ['horizontalpodautoscalers'] },
      }),
      ...validations({
        expression: 'false',
        messageExpression: 'object.apiVersion + " " + request.requestKind.version + " " + request.kind.version',
      }),
    }),
    post(hpas, {
      metadata: { name: 'a' },
      spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'a' } },
    }),
  ),
  ask(
    'create',
    'horizontalpodautoscalers',
    'policy: exactly another version',
    ...obeyed({
      matchConstraints: constraints(
        { apiGroups: ['autoscaling'], apiVersions: ['v2'], resources: ['horizontalpodautoscalers'] },
        { matchPolicy: 'Exact' },
      ),
    }),
    post(hpas, {
      metadata: { name: 'a' },
      spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'a' } },
    }),
  ),
  ask(
    'create',
    'pods/eviction',
    'policy: a subresource',
    ...obeyed({
      matchConstraints: constraints({ resources: ['pods/eviction'] }),
      ...checks('request.subResource != "eviction" || object.kind != "Eviction"'),
    }),
    first(
      post('/api/v1/namespaces/{ns}/pods', {
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'i' }] },
      }),
    ),
    post('/api/v1/namespaces/{ns}/pods/a/eviction', {
      ...{ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } },
    }),
  ),
]
