import { expect, test } from 'vitest'
import { startPlainServer } from '../robustness/plain-server.ts'

const GROUP = '/apis/admissionregistration.k8s.io/v1'
const POLICIES = `${GROUP}/validatingadmissionpolicies`
const BINDINGS = `${GROUP}/validatingadmissionpolicybindings`
const MAPS = '/api/v1/namespaces/default/configmaps'

const rules = (resources: string[], group = '') => ({
  resourceRules: [{ operations: ['*'], apiGroups: [group], apiVersions: ['*'], resources }],
})
const policy = (spec: object) => ({
  metadata: { name: 'p' },
  spec: { matchConstraints: rules(['configmaps']), validations: [{ expression: 'false' }], ...spec },
})
const binding = (spec: object = {}) => ({
  metadata: { name: 'b' },
  spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
})
const map = { metadata: { name: 'a' }, data: { a: 'b' } }

async function obeying(spec: object, bound: object = {}) {
  const server = await startPlainServer()
  expect(await server.request('POST', POLICIES, policy(spec))).toMatchObject({ status: 201 })
  expect(await server.request('POST', BINDINGS, binding(bound))).toMatchObject({ status: 201 })
  return server
}

test('a policy denies what it is bound to, from the moment it is there until it is gone', async () => {
  const { request } = await obeying({})
  expect(await request('POST', MAPS, map)).toMatchObject({
    status: 422,
    body: {
      reason: 'Invalid',
      message: `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: false`,
    },
  })
  await request('DELETE', `${BINDINGS}/b`)
  expect(await request('POST', MAPS, map)).toMatchObject({ status: 201 })
})

test('an expression that would take for ever denies what it is asked about', async () => {
  const loop = '[1,2,3,4,5,6,7,8,9,10]'
  const loops = 'abcdefghij'.split('').reduce((inner, name) => `${loop}.all(${name}, ${inner})`, 'true')
  const { request } = await obeying({ validations: [{ expression: loops }] })
  const { body } = await request('POST', MAPS, map)
  expect(body).toMatchObject({ code: 422, message: expect.stringContaining('running out of cost budget') })
})

test('a variable is evaluated once, and only if it is named', async () => {
  const { request } = await obeying({
    variables: [
      { name: 'none', expression: 'object.none' },
      { name: 'data', expression: 'object.data' },
    ],
    validations: [{ expression: 'variables.data.a == "b" && variables.data.a != "c"' }],
  })
  expect(await request('POST', MAPS, map)).toMatchObject({ status: 201 })
})

test('a variable may be the request, or a part of it', async () => {
  const { request } = await obeying({
    variables: [
      { name: 'asked', expression: 'request' },
      { name: 'user', expression: 'variables.asked.userInfo' },
    ],
    validations: [{ expression: 'variables.user.username == "admin" && variables.asked.name == "a"' }],
  })
  expect(await request('POST', MAPS, map)).toMatchObject({ status: 201 })
})

test('policies are not asked about policies, so nobody is locked out', async () => {
  const { request } = await obeying({ matchConstraints: rules(['*'], '*') })
  expect(await request('POST', MAPS, map)).toMatchObject({ status: 422 })
  expect(await request('DELETE', `${BINDINGS}/b`)).toMatchObject({ status: 200 })
  expect(await request('DELETE', `${POLICIES}/p`)).toMatchObject({ status: 200 })
})

test.each([
  { validations: [{ expression: 'authorizer.path("/").check("get").allowed()' }] },
  { matchConditions: [{ name: 'c', expression: 'authorizer.group("").resource("pods").check("get").allowed()' }] },
  { variables: [{ name: 'v', expression: 'authorizer.requestResource.check("get").allowed()' }] },
  { auditAnnotations: [{ key: 'k', valueExpression: 'authorizer.path("/").check("get").reason()' }] },
])('a policy that asks the authorizer is refused as not imitated: %o', async (spec) => {
  const { request } = await startPlainServer()
  expect(await request('POST', POLICIES, policy(spec))).toMatchObject({
    status: 501,
    body: { message: expect.stringContaining('the variable authorizer') },
  })
})

test('params of a custom kind are shown in the version of the paramKind, with their defaults', async () => {
  const { request } = await startPlainServer()
  const limit = { type: 'object', properties: { most: { type: 'string', default: 'few' } } }
  const version = (name: string, storage: boolean) => ({
    ...{ name, storage, served: true },
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { default: {}, ...limit } } } },
  })
  await request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'limits.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'limits', kind: 'Limit' } },
      versions: [version('v1', true), version('v2', false)],
    },
  })
  await expect
    .poll(() =>
      request('POST', '/apis/example.com/v1/namespaces/default/limits', {
        ...{ apiVersion: 'example.com/v1', kind: 'Limit', metadata: { name: 'l' } },
      }),
    )
    .toMatchObject({ status: 201 })
  await request(
    'POST',
    POLICIES,
    policy({
      paramKind: { apiVersion: 'example.com/v2', kind: 'Limit' },
      validations: [{ expression: 'false', messageExpression: 'params.apiVersion + " " + params.spec.most' }],
    }),
  )
  await request('POST', BINDINGS, binding({ paramRef: { name: 'l', parameterNotFoundAction: 'Deny' } }))
  const { body } = await request('POST', MAPS, map)
  expect(body).toMatchObject({ message: expect.stringMatching(/denied request: example.com\/v2 few$/) })
})

test('the status of a policy tells which generation has been seen', async () => {
  const { request } = await obeying({})
  const seen = async () => (await request('GET', `${POLICIES}/p`)).body
  await expect.poll(seen).toMatchObject({ status: { observedGeneration: 1 } })
})
