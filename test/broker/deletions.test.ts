import { expect, test } from 'vitest'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { settle } from '../fake-clock.ts'
import { createScriptedBroker, DEMO, demo, statusError } from './scripted-broker.ts'

const KIND = 'demo.io/v1/Demo'
const DEMOS = '/apis/demo.io/v1/namespaces/a/demos'
const ALLOW = [{ gvk: DEMO, verbs: ['get', 'list', 'create', 'patch', 'delete', 'deletecollection'] }]
const SUCCESS = { kind: 'Status', status: 'Success', details: { uid: 'x' } }
const DELETING = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const WITHOUT_TIME = { ...DELETING, deletionGracePeriodSeconds: 0 }

function brokerThatAnswers(answer: (request: KubeRequest) => unknown) {
  const broker = createScriptedBroker({ answer, allow: ALLOW })
  broker.cached(demo('x', 5), demo('y', 5))
  const read = () => broker.call('get', KIND, { name: 'x' })
  const names = async () =>
    ((await broker.call('list', KIND)) as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
  return { ...broker, read, names }
}

test.each([
  ['a Status', () => SUCCESS],
  ['the object as it was', () => demo('x', 5)],
  ['a pod that had no time left', () => demo('x', 6, { metadata: WITHOUT_TIME })],
  [
    'a 404',
    () => {
      throw statusError(404, 'NotFound')
    },
  ],
])('delete() that is answered with %s hides the object until the cache shows what came of it', async (_, answer) => {
  const { call, read, names, cached } = brokerThatAnswers(answer)
  await call('delete', KIND, { name: 'x' })
  expect(await read()).toBeUndefined()
  expect(await names()).toEqual(['y'])
  cached(demo('x', 6), demo('y', 5))
  expect(await read()).toBeUndefined()
  cached(demo('x', 8, { metadata: { uid: 'next' } }), demo('y', 5))
  expect(await read()).toMatchObject({ metadata: { uid: 'next' } })
  expect(await names()).toEqual(['x', 'y'])
})

test.each([
  ['a finalizer', { finalizers: ['theirs'] }],
  ['a grace period', { deletionGracePeriodSeconds: 30 }],
])('delete() of what %s holds shows it as it is being deleted', async (_, metadata) => {
  const { call, read } = brokerThatAnswers(() => demo('x', 6, { metadata: { ...DELETING, ...metadata } }))
  await call('delete', KIND, { name: 'x' })
  expect(await read()).toMatchObject({ metadata: DELETING })
})

test('patch() that takes the last finalizer off what is being deleted hides it', async () => {
  const { call, read } = brokerThatAnswers(() => demo('x', 6, { metadata: { ...DELETING, finalizers: [] } }))
  await call('patch', KIND, { name: 'x' }, { metadata: { finalizers: null } })
  expect(await read()).toBeUndefined()
})

test('raw() writes are overlaid as the others are; those with dryRun are not', async () => {
  const { call, read } = brokerThatAnswers(({ method }) =>
    method === 'DELETE' ? SUCCESS : demo('x', 6, { spec: { n: 1 } }),
  )
  await call('raw', 'PATCH', `${DEMOS}/x?dryRun=All`, { spec: { n: 1 } })
  await call('raw', 'DELETE', `${DEMOS}/x`, { dryRun: ['All'] })
  expect(await read()).toEqual(demo('x', 5))
  await call('raw', 'PATCH', `${DEMOS}/x`, { spec: { n: 1 } })
  expect(await read()).toMatchObject({ spec: { n: 1 } })
  await call('raw', 'DELETE', `${DEMOS}/x`)
  expect(await read()).toBeUndefined()
})

const UNSAFE = 'ignoreStoreReadErrorWithClusterBreakingPotential'
test.each([
  [`${DEMOS}/x`, { [UNSAFE]: true }],
  [`${DEMOS}/x?${UNSAFE}=true`, undefined],
  [`${DEMOS}?orphanDependents=true`, {}],
  [`${DEMOS}/x`, ['propagationPolicy']],
])('raw() of DELETE %s with %j is refused: it is no option of delete()', async (path, body) => {
  const { call, sent } = brokerThatAnswers(() => SUCCESS)
  await expect(call('raw', 'DELETE', path, body)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  expect(sent).toEqual([])
})

test('raw() of DELETE passes the options of delete() on', async () => {
  const { call, sent } = brokerThatAnswers(() => SUCCESS)
  const body = { propagationPolicy: 'Orphan', gracePeriodSeconds: 1, preconditions: { uid: 'x' } }
  await call('raw', 'DELETE', `${DEMOS}/x`, body)
  await call('raw', 'DELETE', `${DEMOS}?labelSelector=a&propagationPolicy=Background`)
  expect(sent.map((request) => request.body)).toEqual([JSON.stringify(body), undefined])
})

test('raw() takes a list, or any other answer of no single object, in turn with the lists', async () => {
  const answers: PromiseWithResolvers<unknown>[] = []
  const { call, sent } = brokerThatAnswers(() => {
    const next = Promise.withResolvers<unknown>()
    answers.push(next)
    return next.promise
  })
  const calls = [call('raw', 'GET', DEMOS), call('raw', 'GET', `${DEMOS}?limit=1`), call('raw', 'GET', DEMOS)]
  await settle()
  const single = call('raw', 'GET', `${DEMOS}/x`)
  await settle()
  expect(sent.map(({ path }) => path)).toEqual([DEMOS, `${DEMOS}?limit=1`, `${DEMOS}/x`])
  answers[0]?.resolve({ items: [] })
  await settle()
  expect(sent).toHaveLength(4)
  for (const { resolve } of answers) resolve({ items: [] })
  await Promise.all([...calls, single])
})

test.each([
  ['PATCH', { spec: 1 }, { spec: 1, metadata: { uid: 'u' } }],
  ['PATCH', [], [{ op: 'test', path: '/metadata/uid', value: 'u' }]],
  ['DELETE', undefined, { preconditions: { uid: 'u' } }],
])('raw() of a %s of the object in hand is for its uid, as the other writes are', async (method, body, sentBody) => {
  const { call, sent } = brokerThatAnswers(() => SUCCESS)
  await call('raw', method, `${DEMOS}/mine`, body)
  await call('raw', method, `${DEMOS}/x`, body)
  expect(sent.map((request) => request.body)).toEqual([
    JSON.stringify(sentBody),
    ...(body === undefined ? [undefined] : [JSON.stringify(body)]),
  ])
})
