import { expect, test } from 'vitest'
import { createScriptedBroker, DEPLOYMENT, statusError } from './scripted-broker.ts'

const DEPLOYMENTS = '/apis/apps/v1/namespaces/a/deployments'

test('raw() passes method, path with query and body on, and answers status and body', async () => {
  const broker = createScriptedBroker({ answer: () => ({ kind: 'Deployment' }) })
  const answer = await broker.call('raw', 'POST', `${DEPLOYMENTS}?fieldManager=x`, { spec: 1 })
  expect(answer).toEqual({ status: 200, body: { kind: 'Deployment' } })
  expect(broker.sent).toEqual([
    { method: 'POST', path: `${DEPLOYMENTS}?fieldManager=x`, body: '{"spec":1}', contentType: 'application/json' },
  ])
})

test.each([
  [[{ op: 'remove', path: '/x' }], 'application/json-patch+json'],
  [{ spec: {} }, 'application/merge-patch+json'],
])('raw() of a PATCH with %j is %s', async (body, contentType) => {
  const broker = createScriptedBroker()
  await broker.call('raw', 'PATCH', `${DEPLOYMENTS}/web`, body)
  expect(broker.sent).toMatchObject([{ contentType }])
})

test('raw() of an allowed path answers plain text as a string', async () => {
  const broker = createScriptedBroker({ answer: () => 'ok, not JSON' })
  expect(await broker.call('raw', 'GET', '/version')).toEqual({ status: 200, body: 'ok, not JSON' })
})

test('raw() answers a refusal of the API server; one out of reach is thrown', async () => {
  let error: Error = statusError(422, 'Invalid')
  const broker = createScriptedBroker({ answer: () => Promise.reject(error) })
  expect(await broker.call('raw', 'GET', `${DEPLOYMENTS}/web`)).toEqual({
    status: 422,
    body: { kind: 'Status', code: 422, reason: 'Invalid', message: 'Invalid it is' },
  })
  error = new Error('out of reach')
  await expect(broker.call('raw', 'GET', `${DEPLOYMENTS}/web`)).rejects.toThrow('out of reach')
})

test('raw() of a PUT without a uid, which creates what is missing, needs create too', async () => {
  const broker = createScriptedBroker({ allow: [{ gvk: DEPLOYMENT, verbs: ['update'] }] })
  const put = (body?: object) => broker.call('raw', 'PUT', `${DEPLOYMENTS}/web`, body)
  const refused = { code: 'DENIED', message: expect.stringContaining('may not create') }
  for (const body of [undefined, {}, { metadata: { resourceVersion: '5' } }]) {
    await expect(put(body)).rejects.toMatchObject(refused)
  }
  expect(broker.sent).toEqual([])
  await put({ metadata: { uid: 'u' } })
  expect(broker.sent).toHaveLength(1)
})

test.each([
  ['GET', '/api/v1/namespaces/a/secrets/s', 'may not get v1/Secret "a/s"'],
  ['GET', '/api/v1/secrets', 'may not list v1/Secret'],
  ['DELETE', '/api/v1/nodes/n', 'may not delete v1/Node "n"'],
  ['DELETE', DEPLOYMENTS, 'may not deletecollection apps/v1/Deployment'],
  ['PUT', `${DEPLOYMENTS}/web/status`, 'may not update apps/v1/Deployment/status'],
  ['GET', '/apis/apps/v1/namespaces/b/deployments', 'may not list apps/v1/Deployment "b"'],
  ['GET', '/apis/apps/v1/deployments', 'may not list apps/v1/Deployment'],
  ['GET', '/metrics', 'add to its allow: { path: /metrics, verbs: [get] }'],
  ['POST', '/version', 'add to its allow: { path: /version, verbs: [post] }'],
  ['GET', `${DEPLOYMENTS}?watch=1`, '"watch" is not available'],
  ['GET', '/api/v1/nodes/n/proxy', '"proxy" is not available'],
  ['GET', '/version/../metrics', 'dot segments'],
])('raw() of %s %s is denied and not sent', async (method, path, message) => {
  const broker = createScriptedBroker({ namespaces: ['a'] })
  const denied = { code: 'DENIED', message: expect.stringContaining(message) }
  await expect(broker.call('raw', method, path)).rejects.toMatchObject(denied)
  expect(broker.sent).toEqual([])
})

test.each([
  ['TRACE', '/version', 'REQUEST_INVALID'],
  [7, '/version', 'REQUEST_INVALID'],
  ['GET', undefined, 'REQUEST_INVALID'],
  ['GET', '/apis/absent.io/v1/things', 'KIND_NOT_FOUND'],
])('raw() of %s %s fails with its own code', async (method, path, code) => {
  const broker = createScriptedBroker()
  await expect(broker.call('raw', method, path)).rejects.toMatchObject({ code })
  expect(broker.sent).toEqual([])
})
