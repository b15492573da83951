import { expect, test } from 'vitest'
import { RbacAuthorizer } from '../../../runtime/apiserver/access/rbac-authorizer.ts'
import type { AdmissionRequest } from '../../../runtime/apiserver/admission/admission.ts'
import { createAdmission } from '../../../runtime/apiserver/admission/create-admission.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { Registry } from '../../../runtime/apiserver/kinds/registry.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { StoredObjects } from '../../../runtime/apiserver/storage/stored-objects.ts'
import { put, user } from '../access/stored-policy.ts'
import { admissionRequest, apiResource, NO_CLIENT } from './admission-request.ts'
import { type Answer, allow, patchWith, startWebhookServer, type WebhookServer } from './webhook-server.ts'

const GROUP = 'admissionregistration.k8s.io'
const CONFIG_MAPS = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }]
const configMaps = apiResource({ plural: 'configmaps', kind: 'ConfigMap' })
const deny: Answer = () => ({ response: { allowed: false } })

function webhook(server: WebhookServer, path: string, parts: object = {}) {
  const clientConfig = { url: server.origin + path, caBundle: Buffer.from(server.ca).toString('base64') }
  return { name: 'h.example.com', sideEffects: 'None', rules: CONFIG_MAPS, clientConfig, ...parts }
}

interface SetUp {
  readonly mutating?: readonly object[]
  readonly validating?: readonly object[]
}

function setUp({ mutating = [], validating = [] }: SetUp) {
  const store = new Store()
  const registry = new Registry()
  put(store, '/namespaces', { metadata: { name: 'demo', labels: { team: 'red' } } })
  put(store, `${GROUP}/mutatingwebhookconfigurations`, { metadata: { name: 'm' }, webhooks: mutating })
  put(store, `${GROUP}/validatingwebhookconfigurations`, { metadata: { name: 'v' }, webhooks: validating })
  const authorizer = new RbacAuthorizer(new StoredObjects(store))
  return {
    store,
    registry,
    admission: createAdmission({ store, registry, authorizer, client: NO_CLIENT, now: Date.now }),
  }
}

const warnings: string[] = []
const creation = (parts: Partial<AdmissionRequest> = {}) =>
  admissionRequest({
    resource: configMaps,
    namespace: 'demo',
    name: 'a',
    user: user('ann', 'g'),
    warn: (text) => warnings.push(text),
    ...parts,
  })

const configMap = (parts: object = {}): ApiObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'demo' }, ...parts }) as ApiObject

/** What a creation comes to: the object, or the Status that refuses it. */
async function outcome(
  setup: SetUp,
  request = creation(),
  object: ApiObject | undefined = configMap(),
): Promise<unknown> {
  const { admission } = setUp(setup)
  try {
    const mutated = await admission.mutate(request, object)
    await admission.validate(request, mutated)
    return mutated
  } catch (error) {
    return (error as { status?: unknown }).status ?? error
  }
}

test('a webhook is told everything about a request', async () => {
  await using server = await startWebhookServer({ '/allow': allow })
  await outcome({ validating: [webhook(server, '/allow')] }, creation({ options: { fieldManager: 'me' } }))
  const [review] = server.reviews('/allow')
  expect(review).toEqual({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'a',
      namespace: 'demo',
      operation: 'CREATE',
      userInfo: { username: 'ann', groups: ['g'] },
      object: configMap(),
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
    },
  })
})

test('a webhook is told of a deletion by the old object, and of a subresource by its kind', async () => {
  await using server = await startWebhookServer({ '/allow': allow })
  const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }]
  const setup = { validating: [webhook(server, '/allow', { rules })] }
  const old = configMap()
  const { admission } = setUp(setup)
  await admission.validate(creation({ operation: 'DELETE', old }), undefined)
  const scale = { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: [] }
  const resource = apiResource({
    group: 'apps',
    plural: 'deployments',
    kind: 'Deployment',
    subresources: new Map([['scale', scale]]),
  })
  await admission.validate(creation({ resource, subresource: 'scale', operation: 'UPDATE', old }), configMap())
  const [deletion, scaling] = server.reviews('/allow').map(({ request }) => request)
  expect(deletion).toMatchObject({
    operation: 'DELETE',
    object: null,
    oldObject: old,
    options: { kind: 'DeleteOptions' },
  })
  expect(scaling).toMatchObject({
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    subResource: 'scale',
    requestSubResource: 'scale',
  })
})

test.each<[string, Answer, number, string]>([
  ['without a word', deny, 400, 'denied the request without explanation'],
  [
    'by message',
    () => ({ response: { allowed: false, status: { message: 'no way', code: 418, reason: 'Teapot' } } }),
    418,
    'denied the request: no way',
  ],
  [
    'by reason',
    () => ({ response: { allowed: false, status: { reason: 'Because' } } }),
    400,
    'denied the request: Because',
  ],
])('a webhook that denies %s', async (_, answer, code, text) => {
  await using server = await startWebhookServer({ '/x': answer })
  const message = `admission webhook "h.example.com" ${text}`
  const expected = { code, message, status: 'Failure' }
  expect(await outcome({ validating: [webhook(server, '/x')] })).toMatchObject(expected)
  expect(await outcome({ mutating: [webhook(server, '/x')] })).toMatchObject(expected)
  // A denial is no failure to call.
  expect(await outcome({ validating: [webhook(server, '/x', { failurePolicy: 'Ignore' })] })).toMatchObject(expected)
})

const invalid = 'received invalid webhook response: '
const failed = 'failed to call webhook: '

test.each<[string, Answer, string]>([
  [
    'nothing in its answer',
    () => ({ code: 200, text: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}' }),
    `${invalid}webhook response was absent`,
  ],
  ['another uid', () => ({ response: { uid: 'x', allowed: true } }), `${invalid}expected response.uid="UID", got "x"`],
  [
    'an older version',
    () => ({ response: { allowed: true }, apiVersion: 'admission.k8s.io/v1beta1' }),
    `${failed}converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion`,
  ],
  [
    '500',
    () => ({ code: 500, text: 'boom' }),
    `${failed}an error on the server ("boom") has prevented the request from succeeding`,
  ],
  ['a Status', () => ({ code: 500, text: '{"kind":"Status","message":"hello"}' }), `${failed}hello`],
  ['404', () => ({ code: 404, text: '' }), `${failed}the server could not find the requested resource`],
  ['403', () => ({ code: 403, text: 'nono' }), `${failed}nono`],
  ['400', () => ({ code: 400, text: 'bad' }), `${failed}the server rejected our request for an unknown reason`],
  [
    'an empty body',
    () => ({ code: 200, text: '' }),
    `${failed}0-length response with status code: 200 and content type: application/json`,
  ],
  ['a connection cut', () => 'reset', `${failed}Post "URL": EOF`],
])('a webhook that answers %s fails the request, or is ignored', async (_, answer, text) => {
  await using server = await startWebhookServer({ '/x': answer })
  const status = await outcome({ validating: [webhook(server, '/x')] })
  const uid = server.reviews('/x')[0]?.request.uid ?? ''
  const why = text.replace('UID', uid)
  const reason = `failed calling webhook "h.example.com": ${why.replace('URL', `${server.origin}/x?timeout=10s`)}`
  expect(status).toMatchObject({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${reason}`,
    details: { causes: [{ message: reason }] },
  })
  const ignored = { failurePolicy: 'Ignore' }
  expect(await outcome({ validating: [webhook(server, '/x', ignored)] })).toEqual(configMap())
  expect(await outcome({ mutating: [webhook(server, '/x', ignored)] })).toEqual(configMap())
})

test('a webhook that does not answer in time fails the request', async () => {
  await using server = await startWebhookServer({ '/x': () => 'never' })
  const status = await outcome({ validating: [webhook(server, '/x', { timeoutSeconds: 1 })] })
  const message = `Post "${server.origin}/x?timeout=1s": context deadline exceeded`
  expect(status).toHaveProperty('message', expect.stringContaining(message))
})

test('a webhook that nobody runs, or whose authority is not known, fails the request', async () => {
  await using server = await startWebhookServer({ '/x': allow })
  const unknown = webhook(server, '/x', { clientConfig: { url: `${server.origin}/x` } })
  const text = 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  expect(await outcome({ validating: [unknown] })).toHaveProperty('message', expect.stringContaining(text))
  const nobody = webhook(server, '/x', { clientConfig: { url: 'https://127.0.0.1:1/x' } })
  const refused = 'Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'
  expect(await outcome({ validating: [nobody] })).toHaveProperty('message', expect.stringContaining(refused))
})

test('warnings of a webhook are the client’s', async () => {
  await using server = await startWebhookServer({
    '/x': () => ({ response: { allowed: true, warnings: ['be careful'] } }),
  })
  warnings.length = 0
  await outcome({ validating: [webhook(server, '/x')] })
  expect(warnings).toEqual(['be careful'])
})

test('a mutating webhook’s patch is applied before the next one is asked', async () => {
  await using server = await startWebhookServer({
    '/first': patchWith({ op: 'add', path: '/data', value: { a: 'b' } }),
    '/second': patchWith({ op: 'test', path: '/data/a', value: 'b' }, { op: 'replace', path: '/data/a', value: 'c' }),
    '/check': allow,
  })
  const mutating = [webhook(server, '/first'), webhook(server, '/second', { name: 'i.example.com' })]
  expect(await outcome({ mutating, validating: [webhook(server, '/check')] })).toEqual(configMap({ data: { a: 'c' } }))
  expect(server.reviews('/second')[0]?.request.object).toHaveProperty('data', { a: 'b' })
  expect(server.reviews('/check')[0]?.request.object).toHaveProperty('data', { a: 'c' })
})

const encoded = (text: string) => Buffer.from(text).toString('base64')

test.each<[string, object, string]>([
  [
    'does not apply',
    { patchType: 'JSONPatch', patch: encoded('[{"op":"remove","path":"/nope/x"}]') },
    'Internal error occurred: remove operation does not apply: doc is missing path: "/nope/x": missing value',
  ],
  ['has no type', { patch: encoded('[]') }, 'webhook returned response.patch but not response.patchType'],
  ['is not there', { patchType: 'JSONPatch' }, 'webhook returned response.patchType but not response.patch'],
  [
    'cannot be read',
    { patchType: 'JSONPatch', patch: encoded('{') },
    'received undecodable patch in webhook response: unexpected end of JSON input',
  ],
])('a patch that %s fails the request', async (_, response, text) => {
  await using server = await startWebhookServer({ '/x': () => ({ response: { allowed: true, ...response } }) })
  const status = await outcome({ mutating: [webhook(server, '/x')] })
  expect(status).toMatchObject({ code: 500, message: expect.stringContaining(text) })
})

test('a webhook that wants to is asked again when a later one changed the object, and once only', async () => {
  await using server = await startWebhookServer({
    '/first': allow,
    '/second': patchWith({ op: 'add', path: '/data', value: { a: 'b' } }),
    '/third': allow,
  })
  const again = { reinvocationPolicy: 'IfNeeded' }
  const mutating = [
    webhook(server, '/first', { name: 'a.example.com', ...again }),
    webhook(server, '/second', { name: 'b.example.com' }),
    webhook(server, '/third', { name: 'c.example.com', ...again }),
  ]
  await outcome({ mutating })
  expect(server.reviews('/first').map(({ request }) => request.object?.data)).toEqual([undefined, { a: 'b' }])
  expect(server.reviews('/second')).toHaveLength(1)
  expect(server.reviews('/third')).toHaveLength(1)
})

test('a webhook with side effects refuses dry runs', async () => {
  await using server = await startWebhookServer({ '/x': allow })
  const setup = { validating: [webhook(server, '/x', { sideEffects: 'Some' })] }
  const message = 'admission webhook "h.example.com" does not support dry run'
  expect(await outcome(setup, creation({ isDryRun: true }))).toMatchObject({ code: 400, message })
  expect(server.reviews('/x')).toEqual([])
})

const matching =
  (parts: object) =>
  async (request = creation(), object = configMap()) => {
    await using server = await startWebhookServer({ '/x': deny })
    const result = await outcome({ validating: [webhook(server, '/x', parts)] }, request, object)
    return result === object ? 'not asked' : server.reviews('/x').length === 1 ? 'asked' : result
  }

test.each([
  ['its operation', { ...CONFIG_MAPS[0], operations: ['CREATE'] }, 'asked'],
  ['not another operation', { ...CONFIG_MAPS[0], operations: ['UPDATE', 'DELETE'] }, 'not asked'],
  ['not another group', { ...CONFIG_MAPS[0], apiGroups: ['apps'] }, 'not asked'],
  ['not another version', { ...CONFIG_MAPS[0], apiVersions: ['v2'] }, 'not asked'],
  ['all resources', { ...CONFIG_MAPS[0], resources: ['*'] }, 'asked'],
  ['all with subresources', { ...CONFIG_MAPS[0], resources: ['*/*'] }, 'asked'],
  ['not subresources of all', { ...CONFIG_MAPS[0], resources: ['*/status'] }, 'not asked'],
  ['what is in namespaces', { ...CONFIG_MAPS[0], scope: 'Namespaced' }, 'asked'],
  ['not what is of the cluster', { ...CONFIG_MAPS[0], scope: 'Cluster' }, 'not asked'],
])('a webhook’s rule is for %s', async (_, rule, expected) => {
  expect(await matching({ rules: [rule] })()).toBe(expected)
})

test('a webhook is asked about namespaces and objects with its labels', async () => {
  expect(await matching({ namespaceSelector: { matchLabels: { team: 'red' } } })()).toBe('asked')
  expect(await matching({ namespaceSelector: { matchLabels: { team: 'blue' } } })()).toBe('not asked')
  const objectSelector = { matchExpressions: [{ key: 'a', operator: 'Exists' }] }
  expect(await matching({ objectSelector })()).toBe('not asked')
  const old = configMap({ metadata: { name: 'a', labels: { a: 'b' } } })
  expect(await matching({ objectSelector })(creation({ operation: 'UPDATE', old }))).toBe('asked')
})

test('a webhook is asked when its conditions hold, and not when one is false', async () => {
  const conditions = (...expressions: string[]) => ({
    matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })),
  })
  expect(await matching(conditions('request.name == "a"', 'oldObject == null'))()).toBe('asked')
  expect(await matching(conditions('object.metadata.labels.nope == "x"', 'request.name == "b"'))()).toBe('not asked')
  expect(
    await matching(conditions('object.spec.replicas == 3'))(creation(), configMap({ spec: { replicas: 3 } })),
  ).toBe('asked')
  const broken = conditions('object.metadata.foo == "x"')
  expect(await matching(broken)()).toMatchObject({
    code: 403,
    message: `configmaps "a" is forbidden: expression 'object.metadata.foo == "x"' resulted in error: no such key: foo`,
  })
  expect(await matching({ ...broken, failurePolicy: 'Ignore' })()).toBe('not asked')
})

test('a webhook for another version of the resource is told in that version, and its patch comes back', async () => {
  await using server = await startWebhookServer({ '/x': patchWith({ op: 'add', path: '/new', value: true }) })
  const rules = [{ apiGroups: ['g'], apiVersions: ['v2'], operations: ['*'], resources: ['things'] }]
  const convert = async (object: ApiObject, apiVersion: string) => ({ ...object, apiVersion, converted: apiVersion })
  const parts = { group: 'g', plural: 'things', kind: 'Thing', convert }
  const [v1, v2] = [apiResource({ ...parts, version: 'v1' }), apiResource({ ...parts, version: 'v2' })]
  for (const [matchPolicy, expected] of [
    ['Equivalent', { apiVersion: 'g/v1', converted: 'g/v1', new: true }],
    ['Exact', { apiVersion: 'g/v1' }],
  ] as const) {
    const { admission, registry } = setUp({ mutating: [webhook(server, '/x', { rules, matchPolicy })] })
    registry.set([v1, v2])
    const object = configMap({ apiVersion: 'g/v1', kind: 'Thing' })
    expect(await admission.mutate(creation({ resource: v1 }), object)).toMatchObject(expected)
  }
  const [review, ...others] = server.reviews('/x')
  expect(others).toEqual([])
  expect(review?.request).toMatchObject({
    object: { apiVersion: 'g/v2' },
    resource: { version: 'v2' },
    requestResource: { version: 'v1' },
  })
})

test('webhooks are not asked about configurations of webhooks', async () => {
  await using server = await startWebhookServer({ '/x': deny })
  const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }]
  const resource = apiResource({ group: GROUP, plural: 'validatingwebhookconfigurations', namespaced: false })
  const request = creation({ resource, namespace: '' })
  expect(await outcome({ validating: [webhook(server, '/x', { rules })] }, request)).toEqual(configMap())
})
