import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiServer, createApiServer } from '../../../runtime/apiserver/api-server.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
let server: ApiServer

beforeAll(async () => {
  server = await createApiServer({
    tokens: [{ token: 'admin', user: { name: 'admin', groups: ['system:masters'] } }],
    defaultToken: 'admin',
    store: new Store({ maxHistoryEvents: 400 }),
  })
})
afterAll(() => server.close())

type Body = { metadata: Record<string, unknown>; items: Body[] } & Record<string, unknown>

async function call(method: string, path: string, body?: unknown, contentType = 'application/json') {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': contentType },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { code: answer.status, body: JSON.parse(text) as Body, headers: answer.headers }
}

const configMap = (name: string, rest: object = {}) => ({ metadata: { name, ...rest }, data: { key: 'value' } })

/** Reads watch events until `count` are there, then closes. */
async function watch(query: string, count: number, act: () => Promise<void> = async () => {}) {
  const abort = new AbortController()
  const answer = await fetch(`${server.url}${MAPS}?watch=1&${query}`, { signal: abort.signal })
  await act()
  const events: { type: string; object: Body }[] = []
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    events.push(...lines.map((line) => JSON.parse(line)))
    if (events.length >= count) break
  }
  abort.abort()
  return events
}

test('A created object has uid, creationTimestamp and resourceVersion, and a second of its name is a 409', async () => {
  const { code, body } = await call('POST', MAPS, configMap('twice'))
  expect(code).toBe(201)
  expect(body.metadata).toMatchObject({ name: 'twice', namespace: 'default' })
  expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0)
  expect((await call('POST', MAPS, configMap('twice'))).body).toMatchObject({ reason: 'AlreadyExists', code: 409 })
})

test('dryRun=All answers the object and keeps nothing', async () => {
  expect((await call('POST', `${MAPS}?dryRun=All`, configMap('dry'))).code).toBe(201)
  expect((await call('GET', `${MAPS}/dry`)).code).toBe(404)
})

test('generateName is completed by five characters', async () => {
  const { body } = await call('POST', MAPS, { metadata: { generateName: 'made-' } })
  expect(body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/)
})

test('A PUT with an old resourceVersion is a conflict, one without overwrites', async () => {
  await call('POST', MAPS, configMap('put'))
  const stale = await call('PUT', `${MAPS}/put`, configMap('put', { resourceVersion: '1' }))
  expect(stale.body).toMatchObject({ reason: 'Conflict', code: 409 })
  const fresh = await call('PUT', `${MAPS}/put`, { ...configMap('put'), data: { key: 'other' } })
  expect(fresh.body.data).toEqual({ key: 'other' })
})

test('A write that changes nothing makes no new version', async () => {
  const made = await call('POST', MAPS, configMap('same'))
  const patched = await call('PATCH', `${MAPS}/same`, { data: { key: 'value' } }, 'application/merge-patch+json')
  expect(patched.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion)
})

test('Concurrent patches of one object all succeed', async () => {
  await call('POST', MAPS, configMap('busy'))
  const keys = Array.from({ length: 10 }, (_, i) => `k${i}`)
  await Promise.all(
    keys.map((key) => call('PATCH', `${MAPS}/busy`, { data: { [key]: 'x' } }, 'application/merge-patch+json')),
  )
  const { body } = await call('GET', `${MAPS}/busy`)
  expect(Object.keys(body.data as object).sort()).toEqual([...keys, 'key'].sort())
})

test('A finalizer holds a deleted object until it is taken off', async () => {
  await call('POST', MAPS, configMap('held', { finalizers: ['example.com/hold'] }))
  const deleted = await call('DELETE', `${MAPS}/held`)
  expect(deleted.body.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 })
  await call('PATCH', `${MAPS}/held`, { metadata: { finalizers: null } }, 'application/merge-patch+json')
  expect((await call('GET', `${MAPS}/held`)).code).toBe(404)
})

test('A delete with the wrong uid is refused and says both', async () => {
  await call('POST', MAPS, configMap('precious'))
  const { body } = await call('DELETE', `${MAPS}/precious`, { preconditions: { uid: 'other' } })
  expect(body.message).toMatch(/the UID in the precondition \(other\) does not match the UID in record/)
})

test('Pages of a list show one revision, however the objects change meanwhile', async () => {
  const query = 'labelSelector=page=1'
  for (const name of ['page-a', 'page-b', 'page-c'])
    await call('POST', MAPS, configMap(name, { labels: { page: '1' } }))
  const first = await call('GET', `${MAPS}?${query}&limit=1`)
  await call('DELETE', `${MAPS}/page-c`)
  const token = encodeURIComponent(String(first.body.metadata.continue))
  const rest = await call('GET', `${MAPS}?${query}&limit=500&continue=${token}`)
  expect(rest.body.items.map(({ metadata }) => metadata.name)).toEqual(['page-b', 'page-c'])
  expect(rest.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion)
})

test('A watch with a selector tells coming into it as ADDED and leaving it as DELETED', async () => {
  const { body } = await call('POST', MAPS, configMap('moving'))
  const label = (value: string | null) =>
    call('PATCH', `${MAPS}/moving`, { metadata: { labels: { moves: value } } }, 'application/merge-patch+json')
  const from = `resourceVersion=${body.metadata.resourceVersion}&labelSelector=moves`
  const events = await watch(from, 3, async () => {
    await label('1')
    await label('2')
    await label(null)
  })
  expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  expect(events[2]?.object.metadata.labels).toEqual({ moves: '2' })
  expect(Number(events[2]?.object.metadata.resourceVersion)).toBeGreaterThan(
    Number(events[1]?.object.metadata.resourceVersion),
  )
})

test('A watch with sendInitialEvents ends them with an annotated bookmark', async () => {
  await call('POST', MAPS, configMap('initial', { labels: { initial: 'yes' } }))
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const events = await watch(`${query}&labelSelector=initial`, 2)
  expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK'])
  expect(events[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
})

test('A hundred watchers all hear of each change', async () => {
  const { body } = await call('POST', MAPS, configMap('heard'))
  const all = Array.from({ length: 100 }, () =>
    watch(`resourceVersion=${body.metadata.resourceVersion}&fieldSelector=metadata.name=heard`, 1),
  )
  await call('DELETE', `${MAPS}/heard`)
  const events = await Promise.all(all)
  expect(new Set(events.map(([event]) => event?.type))).toEqual(new Set(['DELETED']))
})

test('A watch from before the history is told 410 Expired as an event', async () => {
  await call('POST', MAPS, configMap('old'))
  for (let i = 0; i < 410; i++)
    await server.client.request('PUT', `${MAPS}/old`, { metadata: { name: 'old' }, data: { i: String(i) } })
  const [event] = await watch('resourceVersion=1', 1)
  expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  const token = Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"/a\\u0000"}').toString('base64url')
  const page = await call('GET', `${MAPS}?limit=1&continue=${token}`)
  expect(page.body).toMatchObject({ code: 410, reason: 'Expired', metadata: { continue: expect.any(String) } })
})

test('A body beyond 3 MiB is a 413, one that is too deep a 400', async () => {
  expect((await call('POST', MAPS, configMap('x'.repeat(3.2 * 1024 * 1024)))).code).toBe(413)
  const deep = `{"metadata":{"name":"deep"},"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  expect((await call('POST', MAPS, deep)).code).toBe(400)
})

test('Requests for what is not imitated are refused by a Status that says so', async () => {
  await call('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name: 'quiet' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
  const log = await call('GET', '/api/v1/namespaces/default/pods/quiet/log')
  expect(log.code).toBe(501)
  expect(log.body.message).toMatch(/does not imitate pods\/log/)
})

test('A method that does not exist on a path is a 405', async () => {
  const code = await new Promise((resolve) =>
    httpRequest(`${server.url}${MAPS}`, { method: 'OPTIONS' }, (answer) => resolve(answer.statusCode)).end(),
  )
  expect(code).toBe(405)
})
