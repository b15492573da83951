import { asks, type Case, del, first, get, type Options, patch, post, put, type Step } from '../case.ts'

const ask = asks(6)
/** Rights that the aggregation of cluster roles gives come by a controller. */
const askControlled = asks(6, { controllers: true })
const maps = '/api/v1/namespaces/{ns}/configmaps'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const authorization = '/apis/authorization.k8s.io/v1'
const authentication = '/apis/authentication.k8s.io/v1'
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }
const ROLE = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }

/** Impersonation of a user who is only this case's. */
const as = (user: string, ...groups: string[]): Options => ({
  headers: { 'impersonate-user': user, ...(groups.length === 0 ? {} : { 'impersonate-group': groups[0] as string }) },
})
const ME = as('{id}')
const role = (rules: object[], name = 'r') =>
  first(post(`${rbac}/namespaces/{ns}/roles`, { metadata: { name }, rules }))
const bind = (subject: object, roleRef: object = ROLE) =>
  first(post(`${rbac}/namespaces/{ns}/rolebindings`, { metadata: { name: 'b' }, subjects: [subject], roleRef }))
const ABSENT_ROLE =
  'configmaps is forbidden: User "{id}" cannot list resource "configmaps" in API group "" in the namespace "{ns}": RBAC: role.rbac.authorization.k8s.io "absent" not found'
const NO_ROLE = 'role.rbac.authorization.k8s.io "absent" not found'
const USER = { kind: 'User', name: '{id}', apiGroup: 'rbac.authorization.k8s.io' }
/** Rights take effect a moment after the answer. */
const granted = (verb: string, resource: string, extra: object = {}, user: object = { user: '{id}' }): Step =>
  first(
    post(
      `${authorization}/subjectaccessreviews`,
      { spec: { ...user, resourceAttributes: { namespace: '{ns}', verb, resource, ...extra } } },
      { until: { at: 'status.allowed', is: true }, drop: ['status'] },
    ),
  )
const may = (verbs: string[], resources = ['configmaps'], extra: object = {}): Step[] => [
  role([{ apiGroups: [''], resources, verbs, ...extra }]),
  bind(USER),
  granted(
    verbs[0] as string,
    (resources[0] as string).split('/')[0] as string,
    resources[0]?.includes('/')
      ? { subresource: resources[0].split('/')[1] }
      : 'resourceNames' in extra
        ? { name: (extra.resourceNames as string[])[0] }
        : {},
  ),
]

const users: Case[] = [
  ask('get', 'api', 'no token', get('/api', { user: 'none' })),
  ask('list', 'configmaps', 'no token', get(maps, { user: 'none' })),
  ask(
    'list',
    'configmaps',
    'a token that is none',
    get(maps, { user: 'none', headers: { authorization: 'Bearer wrong' } }),
  ),
  ask(
    'list',
    'configmaps',
    'a scheme that is none',
    get(maps, { user: 'none', headers: { authorization: 'Basic YTpi' } }),
  ),
  ...['/healthz', '/livez', '/readyz', '/version'].map((path) =>
    ask(
      'get',
      path.slice(1),
      'no token',
      get(path, {
        user: 'none',
        drop: [
          'buildDate',
          'compiler',
          'gitCommit',
          'gitTreeState',
          'goVersion',
          'platform',
          'emulationMajor',
          'emulationMinor',
          'minCompatibilityMajor',
          'minCompatibilityMinor',
        ],
      }),
    ),
  ),
  ask('get', 'apis', 'a user without rights', get('/apis/apps', { user: 'alice' })),
  ask('get', 'unknown path', 'a user without rights', get('/metrics/nothing', { user: 'alice' })),
  ask('list', 'configmaps', 'a user without rights', get(maps, { user: 'alice' })),
  ask('list', 'configmaps', 'a user without rights, over all namespaces', get('/api/v1/configmaps', { user: 'alice' })),
  ask('get', 'configmaps', 'a user without rights', get(`${maps}/a`, { user: 'alice' })),
  ask('create', 'configmaps', 'a user without rights', post(maps, map, { user: 'alice' })),
  ask(
    'patch',
    'deployments/scale',
    'a user without rights',
    patch('merge', '/apis/apps/v1/namespaces/{ns}/deployments/a/scale', {}, { user: 'alice' }),
  ),
  ask('watch', 'nodes', 'a user without rights', get('/api/v1/nodes?watch=true', { user: 'alice' })),
  ask('deletecollection', 'configmaps', 'a user without rights', del(maps, undefined, { user: 'alice' })),
  ask(
    'create',
    'selfsubjectreviews',
    'the admin',
    post(
      `${authentication}/selfsubjectreviews`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      { drop: ['uid', 'extra'] },
    ),
  ),
  ask(
    'create',
    'selfsubjectreviews',
    'a user by token',
    post(`${authentication}/selfsubjectreviews`, {}, { user: 'bob', drop: ['uid', 'extra'] }),
  ),
  ask(
    'create',
    'selfsubjectreviews',
    'impersonated with group and extra',
    post(
      `${authentication}/selfsubjectreviews`,
      {},
      {
        headers: {
          'impersonate-user': 'u',
          'impersonate-group': 'g',
          'impersonate-extra-scopes': 's',
          'impersonate-uid': 'x',
        },
      },
    ),
  ),
  ask(
    'create',
    'tokenreviews',
    'a token that is none',
    post(`${authentication}/tokenreviews`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: 'wrong' },
    }),
  ),
  ask('create', 'tokenreviews', 'no token', post(`${authentication}/tokenreviews`, { spec: {} })),
]

const impersonation: Case[] = [
  ask('list', 'configmaps', 'impersonated user without rights', get(maps, as('someone'))),
  ask(
    'list',
    'configmaps',
    'impersonated group of masters',
    get(maps, { ...as('someone', 'system:masters'), drop: ['metadata'], pick: ['kind'] }),
  ),
  ask('list', 'configmaps', 'a group without a user', get(maps, { headers: { 'impersonate-group': 'g' } })),
  ask(
    'list',
    'configmaps',
    'impersonation by a user without that right',
    get(maps, { ...as('someone'), user: 'alice' }),
  ),
  ask(
    'list',
    'configmaps',
    'impersonation of a group by a user without that right',
    get(maps, { headers: { 'impersonate-user': 'alice', 'impersonate-group': 'g' }, user: 'alice' }),
  ),
  ask('list', 'configmaps', 'impersonated service account', get(maps, as('system:serviceaccount:{ns}:default'))),
  ask(
    'list',
    'configmaps',
    'impersonated service account by its user',
    get(maps, { ...as('system:serviceaccount:{ns}:default'), user: 'alice' }),
  ),
  ask('list', 'configmaps', 'impersonated anonymous', get(maps, as('system:anonymous'))),
]

const rights: Case[] = [
  ask(
    'list',
    'configmaps',
    'granted by a role',
    ...may(['list']),
    get(`${maps}?labelSelector=of%3Dnobody`, { ...ME, drop: ['resourceVersion'] }),
  ),
  ask('create', 'configmaps', 'a role without create', ...may(['list']), post(maps, map, ME)),
  ask('create', 'configmaps', 'granted by a role', ...may(['create']), post(maps, map, ME)),
  ask(
    'update',
    'configmaps',
    'granted to a role for every verb',
    ...may(['*']),
    first(post(maps, map)),
    put(`${maps}/a`, { ...map, data: { a: 'b' } }, ME),
  ),
  ask(
    'get',
    'configmaps',
    'granted by name',
    ...may(['get'], ['configmaps'], { resourceNames: ['a'] }),
    first(post(maps, map)),
    get(`${maps}/a`, ME),
    get(`${maps}/b`, ME),
  ),
  ask(
    'list',
    'configmaps',
    'granted by name, with a field selector',
    ...may(['list'], ['configmaps'], { resourceNames: ['a'] }),
    first(post(maps, map)),
    get(`${maps}?fieldSelector=metadata.name%3Da`, { ...ME, drop: ['resourceVersion'] }),
    get(maps, ME),
  ),
  ask(
    'list',
    'configmaps',
    'in another namespace than granted',
    ...may(['list']),
    get('/api/v1/namespaces/default/configmaps', ME),
  ),
  ask('watch', 'configmaps', 'list without watch', ...may(['list']), get(`${maps}?watch=true`, ME)),
  ask(
    'patch',
    'configmaps',
    'update without patch',
    ...may(['update']),
    first(post(maps, map)),
    patch('merge', `${maps}/a`, {}, ME),
  ),
  ask(
    'deletecollection',
    'configmaps',
    'delete without deletecollection',
    ...may(['delete']),
    del(maps, undefined, ME),
  ),
  ask(
    'apply',
    'configmaps',
    'patch without create',
    ...may(['patch']),
    patch('apply', `${maps}/a?fieldManager=m`, map, ME),
  ),
  ask(
    'update',
    'leases',
    'update without create of what is not there',
    role([{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['update'] }]),
    bind(USER),
    granted('update', 'leases', { group: 'coordination.k8s.io' }),
    put('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/a', { metadata: { name: 'a' }, spec: {} }, ME),
  ),
  ask(
    'update',
    'pods/status',
    'pods without their status',
    ...may(['update', 'patch'], ['pods']),
    patch('merge', '/api/v1/namespaces/{ns}/pods/a/status', {}, ME),
  ),
  ask(
    'update',
    'pods/status',
    'status without pods',
    ...may(['patch'], ['pods/status']),
    first(
      post('/api/v1/namespaces/{ns}/pods', {
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'i' }] },
      }),
    ),
    patch(
      'merge',
      '/api/v1/namespaces/{ns}/pods/a/status',
      { status: { message: 'm' } },
      { ...ME, pick: ['status/message'] },
    ),
    patch('merge', '/api/v1/namespaces/{ns}/pods/a', {}, ME),
  ),
  ask(
    'list',
    'configmaps',
    'granted to a group',
    role([{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]),
    bind({ kind: 'Group', name: 'g-{id}', apiGroup: 'rbac.authorization.k8s.io' }),
    granted('list', 'configmaps', {}, { user: 'x', groups: ['g-{id}'] }),
    get(maps, { ...as('x', 'g-{id}'), pick: ['kind'] }),
    get(maps, as('x')),
  ),
  ask(
    'list',
    'configmaps',
    'granted to a service account',
    role([{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]),
    bind({ kind: 'ServiceAccount', name: 'default', namespace: '{ns}' }),
    granted('list', 'configmaps', {}, { user: 'system:serviceaccount:{ns}:default' }),
    get(maps, { ...as('system:serviceaccount:{ns}:default'), pick: ['kind'] }),
  ),
  ask(
    'list',
    'configmaps',
    'granted to all service accounts of a namespace',
    role([{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]),
    bind({ kind: 'Group', name: 'system:serviceaccounts:{ns}', apiGroup: 'rbac.authorization.k8s.io' }),
    granted(
      'list',
      'configmaps',
      {},
      { user: 'system:serviceaccount:{ns}:default', groups: ['system:serviceaccounts:{ns}'] },
    ),
    get(maps, { ...as('system:serviceaccount:{ns}:default'), pick: ['kind'] }),
  ),
  ...['view', 'edit', 'admin'].flatMap((name) => [
    askControlled(
      'list',
      'secrets',
      `cluster role ${name}`,
      bind(USER, { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }),
      granted('list', 'configmaps'),
      get('/api/v1/namespaces/{ns}/secrets', { ...ME, pick: ['kind'] }),
    ),
    askControlled(
      'create',
      'roles',
      `cluster role ${name}`,
      bind(USER, { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }),
      granted('list', 'configmaps'),
      post(
        `${rbac}/namespaces/{ns}/roles`,
        { metadata: { name: 'new' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
        ME,
      ),
    ),
  ]),
  ask(
    'create',
    'roles',
    'more rights than one has',
    role([{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create'] }]),
    bind(USER),
    granted('create', 'roles', { group: 'rbac.authorization.k8s.io' }),
    post(
      `${rbac}/namespaces/{ns}/roles`,
      { metadata: { name: 'more' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }] },
      ME,
    ),
  ),
  askControlled(
    'create',
    'rolebindings',
    'a role with more rights than one has',
    role([{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['create'] }]),
    bind(USER),
    granted('create', 'rolebindings', { group: 'rbac.authorization.k8s.io' }),
    post(
      `${rbac}/namespaces/{ns}/rolebindings`,
      {
        metadata: { name: 'more' },
        subjects: [USER],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      },
      ME,
    ),
  ),
  ask(
    'update',
    'rolebindings',
    'the role cannot change',
    role([]),
    bind(USER),
    patch('merge', `${rbac}/namespaces/{ns}/rolebindings/b`, { roleRef: { name: 's' } }),
  ),
  ask(
    'list',
    'configmaps',
    'a binding to an absent role',
    bind(USER, { ...ROLE, name: 'absent' }),
    get(maps, { ...ME, until: { at: 'message', is: ABSENT_ROLE } }),
  ),
  ask(
    'get',
    'non-resource path',
    'granted by a cluster role',
    first(
      post(`${rbac}/clusterroles`, {
        metadata: { name: '{id}' },
        rules: [{ nonResourceURLs: ['/logs/*'], verbs: ['get'] }],
      }),
    ),
    first(
      post(`${rbac}/clusterrolebindings`, {
        metadata: { name: '{id}' },
        subjects: [USER],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '{id}' },
      }),
    ),
    first(
      post(
        `${authorization}/subjectaccessreviews`,
        { spec: { user: '{id}', nonResourceAttributes: { path: '/logs/x', verb: 'get' } } },
        { until: { at: 'status.allowed', is: true }, drop: ['status'] },
      ),
    ),
    get('/other/x', ME),
  ),
  ask(
    'list',
    'configmaps',
    "granted by an aggregated cluster role's own rules",
    first(
      post(`${rbac}/clusterroles`, {
        metadata: { name: '{id}' },
        rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['list'] }],
      }),
    ),
    first(
      post(`${rbac}/clusterrolebindings`, {
        metadata: { name: '{id}' },
        subjects: [USER],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '{id}' },
      }),
    ),
    granted('list', 'configmaps'),
    get('/api/v1/configmaps', { ...ME, pick: ['kind'] }),
  ),
  ...['cluster-admin', 'view', 'system:discovery', 'system:basic-user', 'system:public-info-viewer'].map((name) =>
    ask(
      'get',
      'clusterroles',
      `bootstrap role ${name}`,
      get(
        `${rbac}/clusterroles/${name}`,
        name === 'view'
          ? { pick: ['metadata/labels', 'metadata/name', 'aggregationRule'] }
          : { drop: ['resourceVersion'] },
      ),
    ),
  ),
  ...['cluster-admin', 'system:discovery', 'system:basic-user', 'system:public-info-viewer'].map((name) =>
    ask(
      'get',
      'clusterrolebindings',
      `bootstrap binding ${name}`,
      get(`${rbac}/clusterrolebindings/${name}`, { drop: ['resourceVersion'] }),
    ),
  ),
]

const review = (kind: string, spec: object, options: Options = {}, path = kind.toLowerCase()) =>
  post(`${authorization}/${path}s`, { apiVersion: 'authorization.k8s.io/v1', kind, spec }, options)
const attributes = { namespace: '{ns}', verb: 'list', resource: 'configmaps' }
const reviews: Case[] = [
  ask(
    'create',
    'selfsubjectaccessreviews',
    'the admin',
    review('SelfSubjectAccessReview', { resourceAttributes: attributes }),
  ),
  ask(
    'create',
    'selfsubjectaccessreviews',
    'a user without rights',
    review('SelfSubjectAccessReview', { resourceAttributes: attributes }, { user: 'alice' }),
  ),
  ask(
    'create',
    'selfsubjectaccessreviews',
    'granted by a role',
    ...may(['list']),
    review('SelfSubjectAccessReview', { resourceAttributes: attributes }, ME),
  ),
  ask(
    'create',
    'selfsubjectaccessreviews',
    'a non-resource path',
    review(
      'SelfSubjectAccessReview',
      { nonResourceAttributes: { path: '/healthz', verb: 'get' } },
      { user: 'alice', pick: ['status/allowed'] },
    ),
  ),
  ask('create', 'selfsubjectaccessreviews', 'neither resource nor path', review('SelfSubjectAccessReview', {})),
  ask(
    'create',
    'selfsubjectaccessreviews',
    'both resource and path',
    review('SelfSubjectAccessReview', {
      resourceAttributes: attributes,
      nonResourceAttributes: { path: '/x', verb: 'get' },
    }),
  ),
  ask(
    'create',
    'subjectaccessreviews',
    'another user',
    review('SubjectAccessReview', { user: 'someone', resourceAttributes: attributes }),
  ),
  ask(
    'create',
    'subjectaccessreviews',
    'granted by a role',
    ...may(['list']),
    review('SubjectAccessReview', { user: '{id}', resourceAttributes: attributes }),
  ),
  ask('create', 'subjectaccessreviews', 'no user', review('SubjectAccessReview', { resourceAttributes: attributes })),
  ask(
    'create',
    'subjectaccessreviews',
    'asked by a user without rights',
    review('SubjectAccessReview', { user: 'alice', resourceAttributes: attributes }, { user: 'alice' }),
  ),
  ask(
    'create',
    'localsubjectaccessreviews',
    'in its namespace',
    ...may(['list']),
    review(
      'LocalSubjectAccessReview',
      { user: '{id}', resourceAttributes: attributes },
      {},
      'namespaces/{ns}/localsubjectaccessreview',
    ),
  ),
  ask(
    'create',
    'localsubjectaccessreviews',
    'of another namespace',
    review(
      'LocalSubjectAccessReview',
      { user: '{id}', resourceAttributes: { ...attributes, namespace: 'other' } },
      {},
      'namespaces/{ns}/localsubjectaccessreview',
    ),
  ),
  ask(
    'create',
    'selfsubjectrulesreviews',
    'a user with one role',
    ...may(['list']),
    review('SelfSubjectRulesReview', { namespace: '{ns}' }, { ...ME, unordered: true }),
  ),
  ask('create', 'selfsubjectrulesreviews', 'no namespace', review('SelfSubjectRulesReview', {})),
  ask('get', 'selfsubjectaccessreviews', 'cannot be listed', get(`${authorization}/selfsubjectaccessreviews`)),
]

const accounts = '/api/v1/namespaces/{ns}/serviceaccounts'
const request = (spec: object) => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec })
const tokens: Case[] = [
  ask(
    'create',
    'serviceaccounts/token',
    'the answer',
    post(`${accounts}/default/token`, request({ expirationSeconds: 3600 })),
  ),
  ask('create', 'serviceaccounts/token', 'an absent account', post(`${accounts}/absent/token`, request({}))),
  ask(
    'create',
    'serviceaccounts/token',
    'too short a time',
    post(`${accounts}/default/token`, request({ expirationSeconds: 5 })),
  ),
  ask(
    'create',
    'serviceaccounts/token',
    'bound to an absent pod',
    post(`${accounts}/default/token`, request({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'absent' } })),
  ),
  ask(
    'create',
    'selfsubjectreviews',
    "by a service account's token",
    post(`${accounts}/default/token`, request({}), { drop: ['spec'] }),
    post(
      `${authentication}/selfsubjectreviews`,
      {},
      { user: 'none', headers: { authorization: 'Bearer {0.status.token}' }, drop: ['extra'] },
    ),
  ),
  ask(
    'list',
    'configmaps',
    "by a service account's token without rights",
    first(post(`${accounts}/default/token`, request({}))),
    get(maps, { user: 'none', headers: { authorization: 'Bearer {0.status.token}' } }),
  ),
  ask(
    'list',
    'configmaps',
    'by the token of an account that is gone',
    post(`${accounts}`, { metadata: { name: 'gone' } }, { quiet: true }),
    first(post(`${accounts}/gone/token`, request({}))),
    first(del(`${accounts}/gone`)),
    get(maps, { user: 'none', headers: { authorization: 'Bearer {1.status.token}' }, until: { status: 401 } }),
  ),
  ask(
    'create',
    'tokenreviews',
    "a service account's token",
    first(post(`${accounts}/default/token`, request({}))),
    post(`${authentication}/tokenreviews`, { spec: { token: '{0.status.token}' } }, { drop: ['extra'] }),
  ),
  ask(
    'create',
    'tokenreviews',
    'a wrong audience',
    first(post(`${accounts}/default/token`, request({}))),
    post(`${authentication}/tokenreviews`, { spec: { token: '{0.status.token}', audiences: ['other'] } }),
  ),
]

/** What is asked to be decided, in ways that it is not to be asked. */
const asked = (feature: string, resourceAttributes: object, extra: object = {}): Case =>
  ask(
    'create',
    'subjectaccessreviews',
    feature,
    post(`${authorization}/subjectaccessreviews`, { spec: { user: 'u', resourceAttributes, ...extra } }),
  )
const bearer = (feature: string, header: string): Case =>
  ask('list', 'configmaps', feature, get(maps, { user: 'none', headers: { authorization: header } }))

const oddities: Case[] = [
  asked('a label selector of nothing', { verb: 'list', resource: 'pods', labelSelector: {} }),
  asked('a selector in words and in parts', {
    verb: 'list',
    resource: 'pods',
    fieldSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
  }),
  asked('selectors whose parts are not valid', {
    verb: 'list',
    resource: 'pods',
    fieldSelector: { requirements: [{ operator: 'In' }, { key: 'a', operator: 'Exists', values: ['b'] }] },
    labelSelector: {
      requirements: [
        { key: '-', operator: 'New', values: [] },
        { key: 'a', operator: 'NotIn' },
      ],
    },
  }),
  ask(
    'create',
    'subjectaccessreviews',
    'everything is wrong',
    post(`${authorization}/subjectaccessreviews`, { spec: {} }),
  ),
  ask('delete', 'subjectaccessreviews', 'by name, which none has', del(`${authorization}/subjectaccessreviews/a`)),
  ask(
    'create',
    'selfsubjectrulesreviews',
    'a binding to a role that is not there',
    bind(USER, { ...ROLE, name: 'absent' }),
    post(
      `${authorization}/selfsubjectrulesreviews`,
      { spec: { namespace: '{ns}' } },
      {
        ...ME,
        pick: ['status/incomplete', 'status/evaluationError'],
        until: { at: 'status.evaluationError', is: NO_ROLE },
      },
    ),
  ),
  ask(
    'deletecollection',
    'configmaps',
    'a right to one name, and its field selector',
    ...may(['deletecollection'], ['configmaps'], { resourceNames: ['a'] }),
    del(`${maps}?fieldSelector=metadata.name%3Da`, undefined, ME),
  ),
  ask(
    'create',
    'serviceaccounts/token',
    'bound to another object of that name',
    post('/api/v1/namespaces/{ns}/secrets', { metadata: { name: 'a' } }, { quiet: true }),
    post(
      `${accounts}/default/token`,
      request({ boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'a', uid: 'other' } }),
    ),
  ),
  ask(
    'create',
    'tokenreviews',
    'a token whose signature is another',
    first(post(`${accounts}/default/token`, request({}))),
    post(`${authentication}/tokenreviews`, { spec: { token: '{0.status.token}x' } }, { drop: ['token'] }),
  ),
  bearer('a bearer token that is nobody’s, and a word behind it', 'Bearer nobody else'),
  bearer('a bearer token of nothing', 'Bearer '),
  bearer('a scheme of nobody', 'Digest nobody'),
]

export const access: readonly Case[] = [...users, ...impersonation, ...rights, ...reviews, ...tokens, ...oddities]
