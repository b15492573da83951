import { expect, test } from 'vitest'
import { objectKey } from '../../runtime/broker/object-key.ts'
import { createScriptedBroker, DEPLOYMENT, statusError } from './scripted-broker.ts'

const DEPLOYMENTS = '/apis/apps/v1/namespaces/a/deployments'
const deployment = (metadata: object = {}, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  ...rest,
})
const stored = (version: number) => ({
  ...deployment({ namespace: 'a', uid: 'w', resourceVersion: String(version) }),
  spec: { replicas: 1 },
})
const withManagedFields = (object: { metadata: object }) => ({
  ...object,
  metadata: { ...object.metadata, managedFields: [{ manager: 'x' }] },
})

const createBroker = () => createScriptedBroker({ answer: () => withManagedFields(stored(9)) })
/** A request with its body parsed. */
const parsed = ({ body, ...rest }: { body?: string }) => ({
  ...rest,
  ...(body === undefined ? {} : { body: JSON.parse(body) }),
})
const fieldManager = 'ostler-demos'

test('create() posts the object into the namespace of the primary, and answers what was stored', async () => {
  const broker = createBroker()
  expect(await broker.call('create', deployment())).toEqual(stored(9))
  expect(broker.sent.map(parsed)).toEqual([
    {
      method: 'POST',
      path: DEPLOYMENTS,
      query: { fieldManager, dryRun: undefined },
      contentType: 'application/json',
      body: deployment({ namespace: 'a' }),
    },
  ])
})

test('create() takes generateName in place of a name', async () => {
  const broker = createBroker()
  await broker.call('create', deployment({ name: undefined, generateName: 'web-' }))
  expect(broker.sent[0]?.path).toBe(DEPLOYMENTS)
})

test('create() in another namespace goes there', async () => {
  const broker = createBroker()
  await broker.call('create', deployment({ namespace: 'b' }))
  expect(broker.sent[0]?.path).toBe('/apis/apps/v1/namespaces/b/deployments')
})

test('update() puts the object, or its subresource', async () => {
  const broker = createBroker()
  await broker.call('update', deployment({ resourceVersion: '8' }))
  await broker.call('update', deployment(), { subresource: 'scale' })
  expect(broker.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `PUT ${DEPLOYMENTS}/web`,
    `PUT ${DEPLOYMENTS}/web/scale`,
  ])
})

test.each([
  [undefined, 'application/merge-patch+json'],
  ['merge', 'application/merge-patch+json'],
  ['json', 'application/json-patch+json'],
  ['strategic', 'application/strategic-merge-patch+json'],
])('patch() of type %s has the content type %s', async (type, contentType) => {
  const broker = createBroker()
  await broker.call('patch', 'apps/v1/Deployment', { name: 'web' }, { spec: {} }, { type })
  expect(broker.sent.map(parsed)).toMatchObject([
    { method: 'PATCH', path: `${DEPLOYMENTS}/web`, contentType, body: { spec: {} } },
  ])
})

test('patch() of a cluster-scoped object has no namespace', async () => {
  const broker = createBroker()
  await broker.call('patch', 'v1/Node', { name: 'n', namespace: 'a' }, {})
  expect(broker.sent[0]?.path).toBe('/api/v1/nodes/n')
})

test('apply() is a forced server-side apply as the field manager of the controller, without managedFields', async () => {
  const broker = createBroker()
  await broker.call('apply', withManagedFields(deployment()))
  await broker.call('apply', deployment(), { force: false })
  expect(broker.sent.map(parsed)).toMatchObject([
    {
      method: 'PATCH',
      path: `${DEPLOYMENTS}/web`,
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: true },
    },
    { query: { fieldManager, force: false } },
  ])
  expect(broker.sent.map(parsed)[0]).toHaveProperty('body', deployment({ namespace: 'a' }))
})

test('delete() passes its options on, and an object that is gone already is success', async () => {
  const broker = createScriptedBroker({
    answer: () => {
      throw statusError(404, 'NotFound')
    },
  })
  const options = { propagationPolicy: 'Foreground', preconditions: { uid: 'w' } }
  expect(await broker.call('delete', 'apps/v1/Deployment', { name: 'web' }, options)).toBeUndefined()
  expect(broker.sent.map(parsed)).toMatchObject([
    {
      method: 'DELETE',
      path: `${DEPLOYMENTS}/web`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options },
    },
  ])
})

test('delete() passes other failures on', async () => {
  const broker = createScriptedBroker({
    answer: () => {
      throw statusError(409, 'Conflict')
    },
  })
  await expect(broker.call('delete', 'apps/v1/Deployment', { name: 'web' })).rejects.toMatchObject({ code: 409 })
})

test('writes with dryRun are marked as such and not laid over the cache', async () => {
  const broker = createBroker()
  const dryRun = { dryRun: true }
  await broker.call('create', deployment(), dryRun)
  await broker.call('update', deployment(), dryRun)
  await broker.call('patch', 'apps/v1/Deployment', { name: 'web' }, {}, dryRun)
  await broker.call('apply', deployment(), dryRun)
  await broker.call('delete', 'apps/v1/Deployment', { name: 'web' }, dryRun)
  const marks = broker.sent.map(({ query, body }) => query?.dryRun ?? JSON.parse(body as string).dryRun)
  expect(marks).toEqual(['All', 'All', 'All', 'All', ['All']])
  expect(broker.overlay.size).toBe(0)
})

test('writes are laid over the cache as they were stored; an answer of another kind, such as a Scale, is not', async () => {
  const broker = createScriptedBroker({
    answer: ({ path }) => (path.endsWith('/scale') ? { ...stored(9), kind: 'Scale' } : stored(9)),
    primary: DEPLOYMENT,
  })
  await broker.call('update', deployment(), { subresource: 'scale' })
  expect(broker.overlay.size).toBe(0)
  await broker.call('update', deployment())
  expect(broker.overlay.lookup(objectKey(DEPLOYMENT, 'a', 'web'))).toMatchObject({ resourceVersion: '9' })
})

test('writes of a kind that is never read from the cache are not kept', async () => {
  const broker = createBroker()
  await broker.call('create', deployment())
  expect(broker.sent).toHaveLength(1)
  expect(broker.overlay.size).toBe(0)
})

test('delete() passes on no option but its own three', async () => {
  const broker = createBroker()
  const odd = { kind: 'Pod', apiVersion: 'x/v1', ignoreStoreReadErrorWithClusterBreakingPotential: true }
  await broker.call('delete', 'apps/v1/Deployment', { name: 'web' }, { ...odd, gracePeriodSeconds: 0 })
  expect(broker.sent.map(({ body }) => JSON.parse(body as string))).toEqual([
    { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
  ])
})

const denied = (text: string) => ({ code: 'DENIED', message: expect.stringContaining(text) })

test.each([
  ['patch', ['demo.io/v1/Demo', { name: 'mine' }, {}], 'may not patch demo.io/v1/Demo "a/mine"'],
  ['create', [{ ...deployment(), kind: 'Secret', apiVersion: 'v1' }], 'may not create v1/Secret'],
  [
    'delete',
    ['v1/Node', { name: 'n' }],
    'may not delete v1/Node "n": add to its allow: { for: v1/Node, verbs: [delete] }',
  ],
  ['update', [deployment(), { subresource: 'status' }], 'verbs: [update], subresources: [status]'],
  ['create', [deployment({ namespace: 'b' })], 'may not create apps/v1/Deployment "b/web"'],
])('%s(%j) beyond allow is denied and not sent', async (method, args, message) => {
  const broker = createScriptedBroker({ namespaces: ['a'] })
  await expect(broker.call(method, ...args)).rejects.toMatchObject(denied(message))
  expect(broker.sent).toEqual([])
})

test('update() of an object without a uid, which creates it where it is missing, needs create too', async () => {
  const broker = createScriptedBroker({ allow: [{ gvk: DEPLOYMENT, verbs: ['update'], subresources: ['status'] }] })
  for (const uid of [undefined, '', 5]) {
    await expect(broker.call('update', deployment({ uid }))).rejects.toMatchObject(denied('may not create'))
  }
  const status = { subresource: 'status' }
  await expect(broker.call('update', deployment(), status)).rejects.toMatchObject(denied('may not create'))
  expect(broker.sent).toEqual([])
  await broker.call('update', deployment({ uid: 'w' }))
  expect(broker.sent).toMatchObject([{ method: 'PUT' }])
})

test('apply() needs both create and patch', async () => {
  const broker = createScriptedBroker({ allow: [{ gvk: DEPLOYMENT, verbs: ['patch'] }] })
  await expect(broker.call('apply', deployment())).rejects.toMatchObject(denied('may not create'))
})

test.each([
  ['create', [undefined], 'an object needs apiVersion and kind'],
  ['create', [{ apiVersion: 'apps/v1', kind: 'Deployment' }], 'an object needs metadata'],
  ['create', [deployment({ name: undefined })], 'metadata.name undefined is not a name'],
  ['update', [deployment({ name: undefined, generateName: 'web-' })], 'metadata.name undefined is not a name'],
  ['update', [deployment({ name: '..' })], 'metadata.name ".." is not a name'],
  ['update', [deployment({ namespace: '..' })], 'namespace ".." is not a name'],
  ['update', [deployment({ name: 'web/scale' })], 'is not a name'],
  ['update', [deployment(), { subresource: 'exec' }], 'has no subresource "exec"; it has: status, scale'],
  ['patch', ['apps/v1/Deployment', { name: '.' }, {}], 'name "." is not a name'],
  ['patch', ['apps/v1/Deployment', { name: 'web' }], 'patch has no body'],
  ['patch', ['apps/v1/Deployment', { name: 'web' }, {}, { type: 'apply' }], 'patch type "apply" is not'],
  ['patch', ['apps/v1/Deployment', { name: 'web' }, {}, { type: 'constructor' }], 'patch type "constructor" is not'],
  ['delete', ['apps/v1/Deployment', {}], 'name undefined is not a name'],
  ['delete', ['apps/v1/Deployment', { name: 'web' }, { dryRun: 'All' }], 'dryRun "All" is not true or false'],
  ['create', [deployment(), { dryRun: ['All'] }], 'dryRun ["All"] is not true or false'],
])('%s(%j) is refused as invalid and not sent', async (method, args, message) => {
  const broker = createBroker()
  const refused = { code: 'REQUEST_INVALID', message: expect.stringContaining(message) }
  await expect(broker.call(method, ...args)).rejects.toMatchObject(refused)
  expect(broker.sent).toEqual([])
})
