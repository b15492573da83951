import { expect, test, vi } from 'vitest'
import { createSendGate } from '../../runtime/leaderelection/send-gate.ts'
import { guestsOf, isAlive } from '../e2e/guest-processes.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { answer } from '../kube/scripted-server.ts'
import { startBench } from '../kube/test-client.ts'
import {
  createCandidate,
  createFreezableClock,
  createScriptedLeases,
  stopwatchOf,
} from '../leaderelection/scripted-leases.ts'
import { eventually, startHosted } from './hosted.ts'

const RENEW_DEADLINE_MS = 10_000

test.each(['refuse', 'hang', 'lose'] as const)(
  'never-09: a leader that cannot renew (%s) has given up before its deadline, and only then does another lead',
  async (fault) => {
    const clock = createFakeClock()
    const leases = createScriptedLeases()
    const [a, b] = [createCandidate(leases, 'a', clock), createCandidate(leases, 'b', clock)]
    for (const { elector } of [a, b]) {
      elector.start()
      await settle()
    }
    const leaders = () => [a, b].filter(({ elector }) => elector.isLeader)
    expect(leaders()).toEqual([a])
    leases.fault.set('a', fault)
    await clock.advance(RENEW_DEADLINE_MS - 1)
    expect([leaders(), a.told.at(-1)]).toEqual([[], expect.stringContaining('lost')])
    for (let second = 0; second < 20; second++) {
      expect(leaders().length).toBeLessThanOrEqual(1)
      await clock.advance(1000)
    }
    expect(leaders()).toEqual([b])
  },
)

/** A client behind the gate of one host's lease, on a clock that can stand still. */
async function startGated({ leads = true, respond = answerOk } = {}) {
  const clock = createFreezableClock()
  const { elector } = createCandidate(createScriptedLeases(), 'a', clock, { startStopwatch: stopwatchOf(clock) })
  if (leads) await elector.tryAcquireOrRenew()
  const { client, server } = await startBench(respond, { guard: createSendGate(elector) })
  return { elector, client, server, held: clock }
}

const answerOk: Parameters<typeof startBench>[0] = (_, response) => answer(response, {})
const WRITE = { method: 'PATCH', path: '/x', body: '{}', user: 'c' } as const

test('never-09: a host on standby sends no write', async () => {
  const { client, server } = await startGated({ leads: false })
  await expect(client.request(WRITE)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(server.requests).toEqual([])
})

test('never-09: a host that was frozen sends no write when it wakes, not even one that waits for its connection', async () => {
  const { client, server, held } = await startGated()
  const begun = client.request(WRITE)
  held.freeze(60_000)
  await expect(begun).rejects.toMatchObject({ code: 'LEASE_LOST' })
  await expect(client.request(WRITE)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(server.requests).toEqual([])
})

test('never-09: what is under way for controllers is broken off when the lease is lost', async () => {
  const { client, server, held, elector } = await startGated({ respond: () => {} })
  const cut = expect(client.request(WRITE)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  held.freeze(60_000)
  expect(() => elector.assertLeading()).toThrow('last renewed')
  await cut
})

const REST = { leaderElection: { enabled: true, leaseDuration: '4s', renewDeadline: '2s', retryPeriod: '200ms' } }
const SLOW = `export const reconcile = async (object, context) => {
  if (object.spec?.hang) await new Promise(() => {})
  return { status: { seen: true } }
}`

test('never-09: a host that loses its lease kills its guests before the lease runs out for others, and writes no more', async () => {
  const { api, host, lines } = await startHosted({ handlers: { slow: SLOW }, rest: REST })
  api.put('x')
  await eventually(() => expect(api.get('x')?.status).toEqual({ seen: true }))
  api.put('hanging', { spec: { hang: true } })
  await eventually(() => expect(guestsOf(process.pid).filter(isAlive).length).toBeGreaterThan(0))
  let renewedMs = 0
  api.intercept = ({ url, method }, response) => {
    const isRenewal = method === 'PUT' && url.includes('/leases/')
    if (!isRenewal) return false
    renewedMs ||= Date.now()
    // Seen by the server, and no answer comes.
    response.socket?.pause()
    return true
  }
  await host.lost
  // 2 s after a renewal that came before the first one that failed; the guests are dead when it says so.
  expect(guestsOf(process.pid).filter(isAlive)).toEqual([])
  expect(Date.now() - renewedMs).toBeLessThan(4000)
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', msg: expect.stringContaining('is not held') }))
  const writes = () => api.requests.filter(({ method }) => method === 'PATCH').length
  const before = writes()
  api.put('x', { spec: { again: true } })
  await settle()
  expect(writes()).toBe(before)
})

test('never-09: a host that stands by syncs, says so and hands out no key', async () => {
  const other = { holderIdentity: 'other', leaseDurationSeconds: 3600, acquireTime: '', renewTime: '' }
  const { api, get, lines, metric } = await startHosted({ handlers: { slow: SLOW }, rest: REST, lease: other })
  api.put('x')
  await eventually(async () => expect((await get('/readyz?verbose')).text).toContain('[+] slow Standby'))
  await eventually(() => expect(lines.some(({ msg }) => msg.includes('held by "other"'))).toBe(true))
  api.put('y')
  await eventually(async () => expect(await metric('workqueue_depth{name="slow",controller="slow"}')).toBe(2))
  expect(await metric('controller_runtime_active_workers{controller="slow"}')).toBe(0)
  expect(api.requests.filter(({ method }) => method === 'PATCH')).toEqual([])
})
