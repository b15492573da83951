import { expect, test } from 'vitest'
import { createAccess } from '../../../runtime/apiserver/access/create-access.ts'
import type { User } from '../../../runtime/apiserver/access/user.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { info, put, refusal, storeWith, user } from './stored-policy.ts'

const NOW = 1_700_000_000_000
const AUTHORIZATION = '/apis/authorization.k8s.io/v1'
const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] }
const listPods = { verb: 'list', resource: 'pods' }

function setUp() {
  const store = storeWith(
    {
      name: 'r',
      rules: [pods, { nonResourceURLs: ['/metrics'], verbs: ['get'] }],
      subjects: [{ kind: 'User', name: 'ann' }],
    },
    { name: 'gone', subjects: [{ kind: 'User', name: 'bob' }] },
  )
  put(store, '/serviceaccounts', { metadata: { name: 'bot', namespace: 'demo' } })
  const tokens = [{ token: 't', user: { name: 'ann', uid: '7', groups: ['team'] } }]
  const access = createAccess({ store, tokens, now: () => NOW })
  const create = (who: User, url: string, body: object): ApiObject => {
    const about = info('POST', url)
    const key = [`${about.group}/${about.plural}`, about.subresource].filter((part) => part !== undefined).join('/')
    const answerer = access.virtualResources.get(key)
    if (answerer === undefined) throw new Error(`Cannot create "${key}": nothing answers it`)
    const object = { apiVersion: `${about.group}/v1`, kind: 'Review', metadata: {}, ...body } as ApiObject
    return answerer({ user: who, info: about, isDryRun: false }, object)
  }
  return { create, access }
}

test('SelfSubjectAccessReview says whether and why', () => {
  const { create } = setUp()
  const review = (who: string, spec: object) =>
    create(user(who), `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec }).status
  const reason = 'RBAC: allowed by ClusterRoleBinding "r" of ClusterRole "r" to User "ann"'
  expect(review('ann', { resourceAttributes: listPods })).toEqual({ allowed: true, reason })
  expect(review('ann', { nonResourceAttributes: { path: '/metrics', verb: 'get' } })).toHaveProperty('allowed', true)
  expect(review('eve', { resourceAttributes: listPods })).toEqual({ allowed: false })
  const missing = 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'
  expect(review('bob', { resourceAttributes: listPods })).toEqual({ allowed: false, reason: missing })
})

test('SubjectAccessReview is about the user and groups in it', () => {
  const { create } = setUp()
  const review = (spec: object) => create(user('admin'), `${AUTHORIZATION}/subjectaccessreviews`, { spec }).status
  expect(review({ user: 'ann', resourceAttributes: listPods })).toHaveProperty('allowed', true)
  expect(review({ groups: ['system:masters'], resourceAttributes: listPods })).toEqual({ allowed: true })
})

test.each([
  [
    'selfsubjectaccessreviews',
    {},
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
  ],
  [
    'selfsubjectaccessreviews',
    { resourceAttributes: listPods, nonResourceAttributes: { path: '/version', verb: 'get' } },
    'spec.nonResourceAttributes: Invalid value: {"Path":"/version","Verb":"get"}: cannot be specified in combination with resourceAttributes',
  ],
  [
    'subjectaccessreviews',
    { resourceAttributes: listPods },
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ],
  [
    'namespaces/default/localsubjectaccessreviews',
    { user: 'ann', resourceAttributes: { ...listPods, namespace: 'demo' } },
    'spec.resourceAttributes.namespace: Invalid value: "demo": must match metadata.namespace',
  ],
])('%s with %j is refused as kube-apiserver does', (path, spec, text) => {
  const { create } = setUp()
  expect(refusal(() => create(user('admin'), `${AUTHORIZATION}/${path}`, { spec }))).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message: `.authorization.k8s.io "" is invalid: ${text}`,
    details: { group: 'authorization.k8s.io', causes: [{ reason: 'FieldValueInvalid' }] },
  })
})

test('SelfSubjectRulesReview lists the rules, and says where it could not', () => {
  const { create } = setUp()
  const review = (who: string, spec: object) => create(user(who), `${AUTHORIZATION}/selfsubjectrulesreviews`, { spec })
  expect(review('ann', { namespace: 'default' }).status).toEqual({
    resourceRules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
    incomplete: false,
  })
  expect(review('bob', { namespace: 'default' }).status).toMatchObject({ incomplete: false })
  expect(() => review('ann', {})).toThrow('no namespace on request')
})

test('SelfSubjectReview says who asks', () => {
  const { create } = setUp()
  const { metadata, status } = create(user('z', 'a'), '/apis/authentication.k8s.io/v1/selfsubjectreviews', {})
  expect(metadata).toEqual({ creationTimestamp: '2023-11-14T22:13:20Z' })
  expect(status).toEqual({ userInfo: { username: 'z', groups: ['a'] } })
})

test('TokenReview says whose token it is', () => {
  const { create } = setUp()
  const review = (spec: object) => create(user('admin'), '/apis/authentication.k8s.io/v1/tokenreviews', { spec }).status
  expect(review({ token: 't' })).toEqual({
    authenticated: true,
    user: { username: 'ann', uid: '7', groups: ['team', 'system:authenticated'] },
    audiences: ['https://kubernetes.default.svc'],
  })
  expect(review({ token: 'wrong' })).toEqual({ user: {}, error: 'invalid bearer token' })
  expect(() => review({})).toThrow('token is required for TokenReview in authentication')
})

test('TokenRequest gives a token that TokenReview knows, for the audiences that were asked', () => {
  const { create } = setUp()
  const object = create(user('admin'), '/api/v1/namespaces/demo/serviceaccounts/bot/token', {
    spec: { audiences: ['foo'] },
  })
  expect(object).toMatchObject({
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: 'bot', namespace: 'demo', uid: 'uid-bot' },
    spec: { audiences: ['foo'], expirationSeconds: 3600, boundObjectRef: null },
    status: { expirationTimestamp: '2023-11-14T23:13:20Z' },
  })
  const { token } = object.status as { token: string }
  const review = (audiences?: string[]) =>
    create(user('admin'), '/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token, ...(audiences && { audiences }) },
    })
  expect(review(['foo', 'bar']).status).toMatchObject({ authenticated: true, audiences: ['foo'] })
  expect(review().status).toHaveProperty('error', expect.stringContaining('is invalid for the target audiences'))
})

test.each([
  ['none', {}, 404, 'serviceaccounts "none" not found'],
  [
    'bot',
    { expirationSeconds: 60 },
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
  ],
  ['bot', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'zz' } }, 404, 'pods "zz" not found'],
  [
    'bot',
    { boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'zz' } },
    400,
    'cannot bind token to object of type /v1, Kind=ConfigMap',
  ],
])('TokenRequest for %s with %j is refused', (name, spec, code, message) => {
  const { create } = setUp()
  const url = `/api/v1/namespaces/demo/serviceaccounts/${name}/token`
  expect(refusal(() => create(user('admin'), url, { spec }))).toMatchObject({ code, message })
})
