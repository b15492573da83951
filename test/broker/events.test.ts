import { expect, test } from 'vitest'
import { createScriptedBroker, NODE, statusError } from './scripted-broker.ts'

const ALLOW_EVENTS = [{ gvk: { group: 'events.k8s.io', version: 'v1', kind: 'Event' }, verbs: ['create'] }]

const bodyOf = (broker: ReturnType<typeof createScriptedBroker>, index = 0) =>
  JSON.parse(broker.sent[index]?.body as string) as Record<string, unknown> & { note: string }

test('event() records an event of events.k8s.io/v1 about the object in hand', async () => {
  const broker = createScriptedBroker()
  expect(await broker.call('event', 'Normal', 'Synced', 'All is well')).toBeUndefined()
  expect(broker.sent[0]).toMatchObject({ method: 'POST', path: '/apis/events.k8s.io/v1/namespaces/a/events' })
  expect(bodyOf(broker)).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^mine\.[0-9a-z]+$/), namespace: 'a' },
    eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    reportingController: 'ostler.dev/demos',
    action: 'reconcile',
    reason: 'Synced',
    note: 'All is well',
    type: 'Normal',
    regarding: { apiVersion: 'demo.io/v1', kind: 'Demo', namespace: 'a', name: 'mine', uid: 'u', resourceVersion: '7' },
  })
})

test('event() has another name each time, however long the name of the object', async () => {
  const broker = createScriptedBroker({ allow: ALLOW_EVENTS })
  const regarding = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x'.repeat(253), namespace: 'a' } }
  for (let i = 0; i < 2; i++) await broker.call('event', 'Normal', 'R', `m${i}`, { regarding })
  const names = [0, 1].map((index) => (bodyOf(broker, index).metadata as { name: string }).name)
  expect(new Set(names).size).toBe(2)
  expect(names.every((name) => name.length <= 253 && /^[a-z0-9.-]+$/.test(name))).toBe(true)
})

test('event() about a cluster-scoped object goes to the namespace default', async () => {
  const broker = createScriptedBroker({ primary: NODE })
  await broker.call('event', 'Warning', 'Lost', 'm')
  expect(broker.sent[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events')
  expect(bodyOf(broker).regarding).toEqual({
    apiVersion: 'v1',
    kind: 'Node',
    name: 'mine',
    uid: 'u',
    resourceVersion: '7',
  })
})

test('event() takes an action of its own', async () => {
  const broker = createScriptedBroker()
  await broker.call('event', 'Normal', 'Scaled', 'm', { action: 'scale' })
  expect(bodyOf(broker).action).toBe('scale')
})

test.each([
  ['letters of one byte', 'x'],
  ['letters of two bytes', 'ä'],
  ['letters of four bytes', '🦄'],
])('event() keeps a note of 1,024 bytes and cuts a longer one between %s', async (_, letter) => {
  const broker = createScriptedBroker()
  const bytes = Buffer.byteLength(letter)
  await broker.call('event', 'Normal', 'R', letter.repeat(1024 / bytes))
  await broker.call('event', 'Normal', 'R', letter.repeat(1024 / bytes + 1))
  await broker.call('event', 'Normal', 'R', `.${letter.repeat(2000)}`)
  expect(bodyOf(broker, 0).note).toBe(letter.repeat(1024 / bytes))
  for (const { note } of [bodyOf(broker, 1), bodyOf(broker, 2)]) {
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024)
    expect(Buffer.byteLength(note)).toBeGreaterThan(1024 - 8)
    expect(note).toMatch(new RegExp(`^\\.?(${letter})+…$`, 'u'))
  }
})

test('event() cuts reason and action at the 128 characters that the API server takes', async () => {
  const broker = createScriptedBroker()
  await broker.call('event', 'Normal', 'R'.repeat(200), 'm', { action: 'a'.repeat(200) })
  expect(bodyOf(broker)).toMatchObject({ reason: 'R'.repeat(128), action: 'a'.repeat(128) })
})

test('event() about another object needs create of events in its namespace', async () => {
  const regarding = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'b', uid: 'p' } }
  const denied = createScriptedBroker()
  await denied.call('event', 'Normal', 'R', 'm', { regarding })
  expect(denied.sent).toEqual([])
  expect(denied.warnings).toEqual([expect.stringMatching(/Cannot record event "R": .*may not create events\.k8s\.io/)])
  const allowed = createScriptedBroker({ allow: ALLOW_EVENTS })
  await allowed.call('event', 'Normal', 'R', 'm', { regarding })
  expect(allowed.sent[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/b/events')
})

test('event() that names the object in hand needs no right', async () => {
  const broker = createScriptedBroker()
  const metadata = { name: 'mine', namespace: 'a', uid: 'u' }
  await broker.call('event', 'Normal', 'R', 'm', { regarding: { apiVersion: 'demo.io/v1', kind: 'Demo', metadata } })
  expect(broker.sent).toHaveLength(1)
})

test.each([
  ['is refused', statusError(403, 'Forbidden')],
  ['meets a conflict', statusError(409, 'Conflict')],
  ['finds nobody', new Error('out of reach')],
])('event() that %s never fails the call, and is warned of', async (_, error) => {
  const broker = createScriptedBroker({ answer: () => Promise.reject(error) })
  expect(await broker.call('event', 'Normal', 'Synced', 'm')).toBeUndefined()
  expect(broker.warnings).toEqual([expect.stringContaining('Cannot record event "Synced"')])
  expect(broker.scope.sawConflict).toBe(false)
})

test.each([
  [['Error', 'R', 'm'], 'is not Normal or Warning'],
  [['Normal', '', 'm'], 'has no reason'],
  [['Normal', 7, 'm'], 'has no reason'],
  [['Normal', 'R', 'm', { regarding: 'x' }], 'regards something that is no object'],
  [['Normal', 'R', 'm', { regarding: { kind: 'Pod', metadata: {} } }], 'without apiVersion, kind or name'],
  [[], 'is not Normal or Warning'],
])('event(%j) is not recorded, never fails the call, and is warned of', async (args, message) => {
  const broker = createScriptedBroker()
  expect(await broker.call('event', ...args)).toBeUndefined()
  expect(broker.sent).toEqual([])
  expect(broker.warnings).toEqual([expect.stringContaining(message)])
})

test.each([['a/../../x'], ['..']])(
  'event() regarding an object in the namespace %j goes nowhere else',
  async (namespace) => {
    const broker = createScriptedBroker({ allow: ALLOW_EVENTS })
    const regarding = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace } }
    await broker.call('event', 'Normal', 'R', 'm', { regarding })
    expect(broker.sent).toEqual([])
    expect(broker.warnings).toHaveLength(1)
  },
)

test('event() outlives its call; no read or write does', async () => {
  const broker = createScriptedBroker()
  broker.cached()
  broker.end()
  await broker.call('event', 'Normal', 'Synced', 'm')
  expect(broker.sent).toHaveLength(1)
  await expect(broker.call('list', 'demo.io/v1/Demo')).rejects.toThrow('over')
  await expect(broker.call('patch', 'apps/v1/Deployment', { name: 'web' }, {})).rejects.toThrow('over')
  expect(broker.sent).toHaveLength(1)
  expect(broker.warnings).toEqual([])
})

test('event() warns once a second, however many fail', async () => {
  const broker = createScriptedBroker({ answer: () => Promise.reject(new Error('no')) })
  for (let i = 0; i < 20; i++) await broker.call('event', 'Normal', 'Synced', 'm')
  expect(broker.warnings).toEqual(['Cannot record event "Synced": no'])
  await broker.clock.advance(1_000)
  await broker.call('event', 'Normal', 'Synced', 'm')
  expect(broker.warnings[1]).toBe('Cannot record event "Synced": no (and 19 before it)')
})
