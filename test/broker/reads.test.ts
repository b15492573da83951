import { expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { createScriptedBroker, DEMO, demo, statusError } from './scripted-broker.ts'

/** Writing the primary's kind too. */
const ALLOW_DEMO = [{ gvk: DEMO, verbs: ['create', 'update', 'patch'] }]
const DEMOS = '/apis/demo.io/v1/namespaces/a/demos'
const namesOf = (objects: unknown) => (objects as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)

test('get() of a kind that the cache covers answers from it, and a miss is a 404', async () => {
  const broker = createScriptedBroker()
  broker.cached(demo('x', 1, { spec: { n: 1 } }))
  expect(await broker.call('get', 'demo.io/v1/Demo', { name: 'x' })).toMatchObject({ spec: { n: 1 } })
  expect(await broker.call('get', 'demo.io/v1/Demo', { name: 'absent' })).toBeUndefined()
  expect(broker.sent).toEqual([])
})

test.each([
  ['of another kind', 'apps/v1/Deployment', { name: 'x' }, '/apis/apps/v1/namespaces/a/deployments/x'],
  ['of a cluster-scoped kind', 'v1/Node', { name: 'x', namespace: 'ignored' }, '/api/v1/nodes/x'],
  [
    'of another namespace',
    'apps/v1/Deployment',
    { namespace: 'b', name: 'x' },
    '/apis/apps/v1/namespaces/b/deployments/x',
  ],
])('get() %s is live', async (_, kind, ref, path) => {
  const broker = createScriptedBroker()
  await broker.call('get', kind, ref)
  expect(broker.sent).toEqual([{ method: 'GET', path }])
})

test('get() of a namespace that the informers do not cover is live', async () => {
  const broker = createScriptedBroker()
  broker.covers(['a'])
  await broker.call('get', 'demo.io/v1/Demo', { namespace: 'b', name: 'x' })
  expect(broker.sent[0]?.path).toBe('/apis/demo.io/v1/namespaces/b/demos/x')
})

test('get() with live asks the API server, drops managedFields, and takes a 404 for no object', async () => {
  const broker = createScriptedBroker({
    answer: ({ path }) => {
      if (path.endsWith('/absent')) throw statusError(404, 'NotFound')
      return demo('x', 9, { metadata: { managedFields: [{}] } })
    },
  })
  broker.cached(demo('x', 1), demo('absent', 1))
  expect(await broker.call('get', 'demo.io/v1/Demo', { name: 'x' }, { live: true })).toEqual(demo('x', 9))
  expect(await broker.call('get', 'demo.io/v1/Demo', { name: 'absent' }, { live: true })).toBeUndefined()
})

test('get() passes other failures on', async () => {
  const broker = createScriptedBroker({
    answer: () => {
      throw statusError(403, 'Forbidden')
    },
  })
  await expect(broker.call('get', 'v1/Node', { name: 'x' })).rejects.toMatchObject({ code: 403, reason: 'Forbidden' })
})

test('get() after an own write sees it until the cache shows it, or anything later', async () => {
  const broker = createScriptedBroker({ answer: () => demo('x', 5, { spec: { n: 2 } }), allow: ALLOW_DEMO })
  broker.cached(demo('x', 4, { spec: { n: 1 } }))
  const get = () => broker.call('get', 'demo.io/v1/Demo', { name: 'x' })
  await broker.call('patch', 'demo.io/v1/Demo', { name: 'x' }, { spec: { n: 2 } })
  expect(await get()).toMatchObject({ spec: { n: 2 } })
  broker.cached(demo('x', 4, { spec: { n: 1 } }))
  expect(await get()).toMatchObject({ spec: { n: 2 } })
  broker.cached(demo('x', 6, { spec: { n: 3 } }))
  expect(await get()).toMatchObject({ spec: { n: 3 } })
  expect(broker.sent).toHaveLength(1)
})

test('get() after an own creation sees it before the cache does', async () => {
  const broker = createScriptedBroker({ answer: () => demo('new', 5), allow: ALLOW_DEMO })
  await broker.call('create', demo('new', 0))
  expect(await broker.call('get', 'demo.io/v1/Demo', { name: 'new' })).toEqual(demo('new', 5))
})

test('get() of an own write that the cache has not shown for a minute is live, once', async () => {
  const broker = createScriptedBroker({ answer: () => demo('x', 5), allow: ALLOW_DEMO })
  broker.cached(demo('x', 4))
  await broker.call('patch', 'demo.io/v1/Demo', { name: 'x' }, {})
  await broker.clock.advance(60_000)
  const versions: unknown[] = []
  for (let i = 0; i < 2; i++) versions.push(await broker.call('get', 'demo.io/v1/Demo', { name: 'x' }))
  expect(versions).toMatchObject([{ metadata: { resourceVersion: '5' } }, { metadata: { resourceVersion: '4' } }])
  expect(broker.sent.map(({ method }) => method)).toEqual(['PATCH', 'GET'])
})

test('get() and list() are live from the first conflict of the call on, and not for an object that exists already', async () => {
  let reason = 'AlreadyExists'
  const broker = createScriptedBroker({
    answer: ({ method }) => {
      if (method !== 'GET') throw statusError(409, reason)
      return { items: [] }
    },
    allow: ALLOW_DEMO,
  })
  broker.cached(demo('x', 1))
  await expect(broker.call('create', demo('x', 0))).rejects.toMatchObject({ code: 409 })
  await broker.call('get', 'demo.io/v1/Demo', { name: 'x' })
  expect(broker.sent).toHaveLength(1)
  reason = 'Conflict'
  await expect(broker.call('update', demo('x', 1))).rejects.toMatchObject({ code: 409 })
  await broker.call('get', 'demo.io/v1/Demo', { name: 'x' })
  await broker.call('list', 'demo.io/v1/Demo')
  expect(broker.sent.map(({ method, path }) => `${method} ${path}`).slice(2)).toEqual([
    `GET ${DEMOS}/x`,
    `GET ${DEMOS}`,
  ])
})

test('list() of a kind that the cache covers answers from it, by namespace and label', async () => {
  const broker = createScriptedBroker()
  broker.cached(
    demo('x', 1, { metadata: { labels: { app: 'web' } } }),
    demo('y', 2),
    demo('z', 3, { metadata: { namespace: 'b', labels: { app: 'web' } } }),
  )
  expect(namesOf(await broker.call('list', 'demo.io/v1/Demo'))).toEqual(['x', 'y'])
  expect(namesOf(await broker.call('list', 'demo.io/v1/Demo', { labelSelector: 'app=web' }))).toEqual(['x'])
  expect(namesOf(await broker.call('list', 'demo.io/v1/Demo', { namespace: '' }))).toEqual(['x', 'y', 'z'])
  expect(broker.sent).toEqual([])
})

test('list() has own writes laid over it: what is new, what is changed, and what has left the selector', async () => {
  const written = [
    demo('new', 11, { metadata: { labels: { app: 'web' } } }),
    demo('x', 12, { metadata: { labels: { app: 'web' } }, spec: { n: 2 } }),
    demo('y', 13, { metadata: { labels: { app: 'other' } } }),
  ]
  const broker = createScriptedBroker({ answer: () => written.shift(), allow: ALLOW_DEMO })
  const labels = { app: 'web' }
  broker.cached(demo('x', 1, { metadata: { labels } }), demo('y', 2, { metadata: { labels } }))
  await broker.call('create', demo('new', 0))
  for (const name of ['x', 'y']) await broker.call('patch', 'demo.io/v1/Demo', { name }, {})
  const listed = await broker.call('list', 'demo.io/v1/Demo', { labelSelector: 'app=web' })
  expect(namesOf(listed).toSorted()).toEqual(['new', 'x'])
  expect(listed).toContainEqual(expect.objectContaining({ spec: { n: 2 } }))
})

test('get() and list() are live while the overlay has forgotten writes that the cache may not show', async () => {
  const answer = () => ({ metadata: {}, items: [] })
  const broker = createScriptedBroker({ answer })
  broker.cached(demo('x', 1))
  const written = { version: 'v1', uid: 'u', resourceVersion: '5', json: '{}' }
  for (let n = 0; n <= 10_000; n++) broker.overlay.record(`other/Kind/a/${n}`, written)
  await broker.call('get', 'demo.io/v1/Demo', { name: 'x' })
  await broker.call('list', 'demo.io/v1/Demo')
  expect(broker.sent.map(({ path }) => path)).toEqual([`${DEMOS}/x`, DEMOS])
})

test('list() by a field selector is live, page by page, with kind and without managedFields', async () => {
  const pages = [
    { metadata: { continue: 'more' }, items: [{ metadata: { name: 'x', managedFields: [] } }] },
    { metadata: {}, items: [{ metadata: { name: 'y' } }] },
  ]
  const broker = createScriptedBroker({ answer: () => pages.shift() })
  const listed = await broker.call('list', 'demo.io/v1/Demo', { fieldSelector: 'metadata.name!=z', labelSelector: 'a' })
  expect(listed).toEqual([
    { apiVersion: 'demo.io/v1', kind: 'Demo', metadata: { name: 'x' } },
    { apiVersion: 'demo.io/v1', kind: 'Demo', metadata: { name: 'y' } },
  ])
  const query = { fieldSelector: 'metadata.name!=z', labelSelector: 'a', limit: 500 }
  expect(broker.sent).toEqual([
    { method: 'GET', path: DEMOS, query: { ...query, continue: undefined } },
    { method: 'GET', path: DEMOS, query: { ...query, continue: 'more' } },
  ])
})

test('list() of all namespaces by informers of some is live', async () => {
  const broker = createScriptedBroker({ answer: () => ({ items: [] }) })
  broker.covers(['a'])
  await broker.call('list', 'demo.io/v1/Demo', { namespace: '' })
  expect(broker.sent[0]?.path).toBe('/apis/demo.io/v1/demos')
})

test.each([
  [
    'get',
    ['v1/Secret', { name: 'x' }],
    'may not get v1/Secret "a/x": add to its allow: { for: v1/Secret, verbs: [get], namespaces: [a] }',
  ],
  ['list', ['v1/Secret'], 'may not list v1/Secret "a"'],
  ['get', ['demo.io/v1/Demo', { namespace: 'b', name: 'x' }], 'may not get demo.io/v1/Demo "b/x"'],
  ['list', ['demo.io/v1/Demo', { namespace: '' }], 'may not list demo.io/v1/Demo'],
])(
  '%s(%j) is denied beyond kinds and namespaces of the controller, and says what is missing',
  async (method, args, message) => {
    const broker = createScriptedBroker({ namespaces: ['a'] })
    const denied = expect.objectContaining({ code: 'DENIED', message: expect.stringContaining(message) })
    await expect(broker.call(method, ...args)).rejects.toEqual(denied)
    expect(broker.sent).toEqual([])
  },
)

test.each([
  ['get', ['Demo', { name: 'x' }], 'kind "Demo" is not of the form'],
  ['get', [{}, { name: 'x' }], 'is not of the form'],
  ['get', ['demo.io/v1/Demo'], 'name undefined is not a name'],
  ['get', ['demo.io/v1/Demo', { name: '..' }], 'name ".." is not a name'],
  ['get', ['demo.io/v1/Demo', { name: 'x/status' }], 'is not a name'],
  ['get', ['demo.io/v1/Demo', { name: 'x%2fstatus' }], 'is not a name'],
  ['get', ['demo.io/v1/Demo', { name: 'x?watch=1' }], 'is not a name'],
  ['get', ['demo.io/v1/Demo', { name: '' }], 'is not a name'],
  ['get', ['demo.io/v1/Demo', { name: 'x', namespace: '../b' }], 'namespace "../b" is not a name'],
  ['get', ['demo.io/v1/Demo', 'x'], 'options "x" are not an object'],
  ['list', ['demo.io/v1/Demo', { labelSelector: 7 }], 'labelSelector 7 is not a string'],
  ['list', ['demo.io/v1/Demo', { labelSelector: 'a in (' }], ''],
  ['forget', [], 'The context has no method "forget"'],
  ['toString', [], 'The context has no method "toString"'],
])('%s(%j) is refused as invalid', async (method, args, message) => {
  const broker = createScriptedBroker()
  const refused = expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) })
  await expect(broker.call(method, ...args)).rejects.toEqual(refused)
  expect(broker.sent).toEqual([])
})

test('get() of a kind that is not served says so', async () => {
  const missing = { code: 'KIND_NOT_FOUND', message: 'The API server does not serve the kind "demo.io/v2/Demo"' }
  await expect(createScriptedBroker().call('get', 'demo.io/v2/Demo', { name: 'x' })).rejects.toMatchObject(missing)
})

test('list() leaves a label selector of thousands of clauses to the API server', async () => {
  const broker = createScriptedBroker({ answer: () => ({ items: [] }) })
  broker.cached(demo('x', 1))
  const labelSelector = Array.from({ length: 1_000 }, (_, i) => `!l${i}`).join()
  expect(await broker.call('list', 'demo.io/v1/Demo', { labelSelector })).toEqual([])
  expect(broker.sent).toMatchObject([{ query: { labelSelector } }])
})

test('list() asks the API server for two lists at once, and for no more than an answer may hold', async () => {
  const answers: PromiseWithResolvers<unknown>[] = []
  const broker = createScriptedBroker({
    answer: () => {
      const next = Promise.withResolvers<unknown>()
      answers.push(next)
      return next.promise
    },
  })
  const lists = [1, 2, 3].map(() => broker.call('list', 'apps/v1/Deployment'))
  await settle()
  expect(broker.sent).toHaveLength(2)
  answers[0]?.resolve({ items: [] })
  await settle()
  expect(broker.sent).toHaveLength(3)
  const item = { metadata: { name: 'x'.repeat(40 << 20) } }
  answers[1]?.resolve({ items: [item], metadata: { continue: 'more' } })
  await settle()
  answers[3]?.resolve({ items: [item], metadata: { continue: 'more' } })
  await expect(lists[1]).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: /ask for less/ })
  answers[2]?.resolve({ items: [] })
  expect(await lists[2]).toEqual([])
  expect(broker.sent).toHaveLength(4)
})
