import { expect, test, vi } from 'vitest'
import { FairGate } from '../../runtime/kube/fair-gate.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'
import { settle } from '../fake-clock.ts'
import { startBench } from '../kube/test-client.ts'
import { eventually, startHosted } from './hosted.ts'

const NAMES = Array.from({ length: 200 }, (_, i) => `o${i}`)

test('never-10: a live change comes before what is left of the initial list', async () => {
  const { put, call } = createScriptedController({ concurrency: 1 })
  for (const name of NAMES) await put(name, {}, { initial: true })
  await put('live')
  await call().returns()
  expect(call().key).toBe('a/live')
})

test('never-10: a live change, and a retry that is due, come before a resync and before a reload', async () => {
  const { put, call, clock, controller, inFlight, history } = createScriptedController({
    concurrency: 1,
    resyncMs: 60_000,
  })
  const finishAll = async () => {
    while (inFlight().length > 0) await call().returns()
  }
  for (const name of NAMES) await put(name)
  await finishAll()
  await clock.advance(60_000)
  await put('o150', { spec: {} })
  await call().throws()
  expect(call()).toMatchObject({ key: 'a/o150', reason: 'changed' })
  // The key that threw is due in milliseconds.
  await clock.advance(1000)
  await call().returns()
  expect(call().reason).toBe('retry')
  await finishAll()
  controller.loaded(['reconcile'])
  await settle()
  await put('o150', { spec: {} })
  await call().returns()
  expect(call()).toMatchObject({ key: 'a/o150', reason: 'changed' })
  expect(history.length).toBeGreaterThan(400)
})

test('never-10: a stream of live changes does not hold up the initial list for ever', async () => {
  const { put, call, history } = createScriptedController({ concurrency: 1 })
  await put('busy')
  await put('listed', {}, { initial: true })
  for (let i = 0; i < 40; i++) {
    await put('busy', { spec: { i } })
    await put('busier', { spec: { i } })
    await call().returns()
  }
  expect(history.filter((line) => line.endsWith('a/listed'))).toHaveLength(1)
})

test('never-10: a controller whose requests all hang leaves connections to others, and to the host', async () => {
  const { client, server } = await startBench(
    ({ url }, response) => {
      if (url !== '/hang') response.end('{}')
    },
    { gate: new FairGate() },
  )
  const hanging = Array.from({ length: 100 }, () =>
    client.request({ method: 'GET', path: '/hang', user: 'busy' }).catch(() => {}),
  )
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(10))
  for (const user of ['quiet', undefined]) {
    const request = { method: 'GET', path: '/quick', ...(user === undefined ? {} : { user }) } as const
    expect(await client.request(request)).toMatchObject({ code: 200 })
  }
  await client.close()
  await Promise.all(hanging)
})

test('never-10: waiting controllers take turns, however many requests one of them has', async () => {
  const gate = new FairGate({ slots: 1, slotsPerUser: 1 })
  const order: string[] = []
  const users = [...Array(20).fill('busy'), 'quiet']
  await Promise.all(users.map((user) => gate.run(user, undefined, async () => void order.push(user))))
  expect(order.indexOf('quiet')).toBeLessThanOrEqual(2)
})

test('never-10: handlers that hold their process, or fail without end, hold up no other controller', async () => {
  const { api } = await startHosted({
    handlers: {
      looping: 'export function reconcile() { for (;;); }',
      failing: 'export async function reconcile() { throw new Error("always") }',
      quiet: 'export const reconcile = async ({ spec }) => ({ status: { n: spec.n } })',
    },
    entry: { concurrency: 1 },
  })
  for (let n = 0; n < 5; n++) {
    api.put('x', { spec: { n } })
    await eventually(() => expect(api.get('x')?.status).toEqual({ n }))
  }
})
