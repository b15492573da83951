import { expect, test } from 'vitest'
import { createScriptedBroker, DEMO, demo } from '../broker/scripted-broker.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'

const KIND = 'demo.io/v1/Demo'

/** A cache with x@4 and y@4, after the handler has written x@5 by `write`. */
async function afterWrite(write: (broker: ReturnType<typeof createScriptedBroker>) => Promise<unknown>) {
  const allow = [{ gvk: DEMO, verbs: ['create', 'update', 'patch'] }]
  const labels = { app: 'web' }
  const answer = ({ method }: { method: string }) =>
    demo('x', method === 'GET' ? 50 : 5, { spec: { mine: true }, metadata: { labels } })
  const broker = createScriptedBroker({ answer, allow })
  broker.cached(demo('x', 4, { spec: {} }), demo('y', 4))
  await write(broker)
  const get = async () => (await broker.call('get', KIND, { name: 'x' })) as { spec: object }
  const list = async (options = {}) => (await broker.call('list', KIND, options)) as { metadata: { name: string } }[]
  return { ...broker, get, list }
}

test.each<[string, unknown[]]>([
  ['create', [demo('x', 0)]],
  ['update', [demo('x', 4)]],
  ['patch', [KIND, { name: 'x' }, { spec: { mine: true } }]],
  ['apply', [demo('x', 0)]],
])('never-06: after an own %s, get and list show what was written and not the cache', async (method, args) => {
  const { get, list, sent } = await afterWrite((broker) => broker.call(method, ...args))
  expect(await get()).toMatchObject({ spec: { mine: true } })
  expect((await list()).find(({ metadata }) => metadata.name === 'x')).toMatchObject({ spec: { mine: true } })
  // It has the label only since then.
  expect((await list({ labelSelector: 'app=web' })).map(({ metadata }) => metadata.name)).toEqual(['x'])
  expect(sent).toHaveLength(1)
})

const patchX = (broker: ReturnType<typeof createScriptedBroker>) => broker.call('patch', KIND, { name: 'x' }, {})

test('never-06: what was written stays until the cache has that version, and no event before it ends that', async () => {
  const { get, cached } = await afterWrite(patchX)
  cached(demo('x', 4, { spec: { older: true } }))
  expect((await get()).spec).toEqual({ mine: true })
  cached(demo('x', 6, { spec: { later: true } }))
  expect((await get()).spec).toEqual({ later: true })
})

test('never-06: a write that the cache does not show for a minute is read from the API server', async () => {
  const { get, clock } = await afterWrite(patchX)
  await clock.advance(60_000)
  expect(await get()).toMatchObject({ metadata: { resourceVersion: '50' } })
})

test('never-06: after a conflict every read of the call is live', async () => {
  const { get, scope, sent } = await afterWrite(patchX)
  Object.assign(scope, { sawConflict: true })
  await get()
  expect(sent.at(-1)?.method).toBe('GET')
})

test('never-06: a status is merged into the one written last, also before the cache shows that', async () => {
  const scripted = createScriptedController()
  scripted.respond = ({ body }) => {
    const status = JSON.parse(body ?? '[]')[2].value
    return JSON.stringify(demo('x', 100, { metadata: { uid: 'x-1' }, status }))
  }
  await scripted.put('x')
  await scripted.call().returns({ status: { a: 1 }, requeueAfter: '1s' })
  await scripted.clock.advance(1000)
  await scripted.call().returns({ status: { b: 2 } })
  expect(JSON.parse(scripted.sent[1]?.body ?? '[]')[2].value).toEqual({ a: 1, b: 2 })
})
