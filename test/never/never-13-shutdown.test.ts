import { expect, test } from 'vitest'
import { createScriptedController } from '../controller/scripted-controller.ts'
import { guestsOf, isAlive } from '../e2e/guest-processes.ts'
import { eventually, type Hosted, startHosted } from './hosted.ts'

const HANDLER = `export const reconcile = async (object, context) => {
  if (object.spec?.hang) await new Promise(() => {})
  if (object.spec?.loop) for (;;);
  context.log.info('begun')
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { status: { done: true } }
}`
/** What a stop may take beyond its grace, on a busy machine; what would hang does so for 30 s and more. */
const SLACK_MS = 5_000

const start = (rest = {}) =>
  startHosted({ handlers: { worker: HANDLER }, entry: { concurrency: 8, timeout: '60s', on: ['spec'] }, rest })

/** Keys that were begun, by what their handler says. */
const begun = ({ lines }: Hosted) =>
  lines.filter(({ msg }) => msg === 'begun').map(({ key }) => key?.split('/')[1] ?? '')

async function stopWithin({ host }: Hosted, graceMs: number): Promise<void> {
  const startedMs = Date.now()
  await host.stop(graceMs)
  expect(Date.now() - startedMs).toBeLessThan(graceMs + SLACK_MS)
  expect(guestsOf(process.pid).filter(isAlive)).toEqual([])
}

test('never-13: amid hundreds of objects, each call that began has its result written, and no other begins', async () => {
  const hosted = await start()
  for (let i = 0; i < 300; i++) hosted.api.put(`o${i}`)
  await eventually(() => expect(begun(hosted).length).toBeGreaterThan(10))
  await stopWithin(hosted, 10_000)
  const names = begun(hosted)
  expect(new Set(names).size).toBeLessThan(300)
  for (const name of names) expect(hosted.api.get(name)?.status).toEqual({ done: true })
})

test.each([
  ['waits for ever', { hang: true }],
  ['holds its process', { loop: true }],
])('never-13: a call that %s is cut off when the grace is over', async (_, spec) => {
  const hosted = await start()
  hosted.api.put('x', { spec })
  await eventually(async () =>
    expect(await hosted.metric('controller_runtime_active_workers{controller="worker"}')).toBe(1),
  )
  await stopWithin(hosted, 300)
})

test.each(['never answers', 'asks to be left alone for an hour'])(
  'never-13: an API server that %s does not hold up the end',
  async (how) => {
    const hosted = await start()
    hosted.api.intercept = ({ method }, response) => {
      if (method !== 'PATCH') return false
      if (how !== 'never answers') response.writeHead(429, { 'retry-after': '3600' }).end('{}')
      return true
    }
    hosted.api.put('x')
    await eventually(() => expect(hosted.api.requests.some(({ method }) => method === 'PATCH')).toBe(true))
    await stopWithin(hosted, 300)
  },
)

test('never-13: the lease is given back last, when nothing is sent any more', async () => {
  const leaderElection = { enabled: true, leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' }
  const hosted = await start({ leaderElection })
  for (let i = 0; i < 20; i++) hosted.api.put(`o${i}`)
  await eventually(() => expect(begun(hosted).length).toBeGreaterThan(5))
  await stopWithin(hosted, 10_000)
  const writes = hosted.api.requests.filter(({ method }) => method !== 'GET')
  expect(writes.at(-1)).toMatchObject({ method: 'PUT', url: expect.stringContaining('/leases/') })
  expect(JSON.parse(writes.at(-1)?.body ?? '{}').spec).toMatchObject({ holderIdentity: '' })
  expect(writes.filter(({ method }) => method === 'PATCH').length).toBeGreaterThanOrEqual(begun(hosted).length)
})

test('never-13: a controller that drains lets calls in hand finish, begins none and leaves no timer', async () => {
  const { controller, put, call, clock, history } = createScriptedController({ concurrency: 1, resyncMs: 1000 })
  await put('x')
  await put('y')
  const drained = controller.drain()
  await put('z')
  await call().returns({ requeueAfter: '1s' })
  await drained
  expect(clock.pending).toBe(0)
  await clock.advance(60_000)
  expect(history).toEqual(['reconcile created 1 a/x'])
})
