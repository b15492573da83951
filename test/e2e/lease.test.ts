import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../control-plane/audit-log.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { guestsOf, isAlive } from './guest-processes.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { logLines } from './log-lines.ts'
import { createProject, type Project } from './project.ts'
import { installTrials, type Trials } from './trials.ts'

/** Short, that a test need not wait; the proportions of the defaults. */
const LEASE = { leaseDuration: '3s', renewDeadline: '2s', retryPeriod: '400ms' }
const LEASE_MS = 3_000
/** A candidate sees a renewal 2.2 retryPeriods late at most; the rest is for a busy machine. */
const TAKEOVER_MS = LEASE_MS + 880 + 2_000
const LEASE_PATH = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

const USERS = ['host-a', 'host-b'] as const

/** Never rests: each call writes by a host call and by its status, and each write calls it again. */
const BUSY = `
  export const reconcile = async (object, { patch, log }) => {
    const { namespace, name } = object.metadata
    await patch('e2e.example.com/v1/Trial', { namespace, name }, { spec: { size: Math.floor(Math.random() * 1e9) } })
    await new Promise((resolve) => setTimeout(resolve, 5))
    return { requeueAfter: '50ms', status: { at: Date.now() + Math.random() } }
  }`
const SLOW = `
  export const reconcile = async (object, { patch, log }) => {
    log.info('a slow call has begun')
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const { namespace, name } = object.metadata
    await patch('e2e.example.com/v1/Trial', { namespace, name }, { spec: { size: 77 } })
    log.info('a slow call has ended')
  }`

describe('Two hosts with one Lease', () => {
  let controlPlane: ControlPlane
  let trials: Trials
  let projects: Project[]

  beforeAll(async () => {
    controlPlane = await startControlPlane({ audit: true, users: USERS })
    trials = await installTrials(controlPlane)
    for (const user of USERS) await grantRights(controlPlane, user)
  })

  beforeEach(() => {
    projects = []
  })

  afterEach(async () => {
    await Promise.all(projects.map((project) => project.remove()))
    await trials.removeAll()
    await controlPlane.request('DELETE', `${LEASE_PATH}/ostler`)
  })

  afterAll(() => controlPlane?.stop())

  test('one works; the other is on standby, ready with a synced cache, and writes nothing but its attempts', async () => {
    const { a, b } = await startTwo(BUSY)
    await vi.waitFor(async () => expect((await writes('host-a')).length).toBeGreaterThan(20), { timeout: 20_000 })
    await b.waitUntilReady()
    expect((await b.get('/readyz?verbose')).text).toMatch(/trials.*Standby/)
    expect((await a.get('/readyz?verbose')).text).toMatch(/trials.*Running/)
    expect(await b.metric('ostler_informer_objects')).toBe(8)
    expect(await b.metric('ostler_controller_state', { controller: 'trials', state: 'Standby' })).toBe(1)
    expect(await a.metric('leader_election_master_status', { name: 'ostler' })).toBe(1)
    expect(await b.metric('leader_election_master_status', { name: 'ostler' })).toBe(0)
    expect(await writes('host-b')).toEqual([])
    expect(await spec()).toMatchObject({ leaseDurationSeconds: 3, leaseTransitions: 0 })
  })

  test('killed by -9 in the middle of writes: the other takes over within the time of the lease', async () => {
    const { a, b } = await startTwo(BUSY)
    await untilWriting('host-a')
    const killedAt = Date.now()
    await a.stop('SIGKILL')
    await b.waitForLog(/Leading: /)
    expect(Date.now() - killedAt).toBeLessThan(TAKEOVER_MS)
    await untilWriting('host-b')
    await expectNoOverlap('host-a', 'host-b')
    expect(await spec()).toMatchObject({ leaseTransitions: 1 })
  })

  test('frozen by SIGSTOP in the middle of writes, and woken: the old one writes nothing more, and exits with 1', async () => {
    const { a, b } = await startTwo(BUSY)
    await untilWriting('host-a')
    const guests = guestsOf(a.pid)
    const frozenAt = Date.now()
    process.kill(a.pid, 'SIGSTOP')
    await b.waitForLog(/Leading: /)
    expect(Date.now() - frozenAt).toBeLessThan(TAKEOVER_MS)
    await untilWriting('host-b')
    process.kill(a.pid, 'SIGCONT')
    expect(await a.exited()).toEqual({ code: 1, signal: null })
    expect(guests.filter(isAlive)).toEqual([])
    const errors = logLines(a.log()).filter(({ level, msg }) => level === 'error' && msg.includes('lease'))
    expect(errors.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^Cannot act: the lease "default\/ostler" is not held; it was last renewed .+ ago/),
    ])
    await untilWriting('host-b')
    await expectNoOverlap('host-a', 'host-b')
    expect(await writes('host-a', 'leases', frozenAt + 1_000)).toEqual([])
  })

  test('woken before another has taken over, but past its deadline: it exits all the same, and writes nothing', async () => {
    const { a, b } = await startTwo(BUSY, { a: { ...LEASE, leaseDuration: '20s' } })
    await untilWriting('host-a')
    process.kill(a.pid, 'SIGSTOP')
    // What was sent before is in the log by then.
    await sleep(2_500)
    const wokenAt = Date.now()
    process.kill(a.pid, 'SIGCONT')
    expect(await a.exited()).toEqual({ code: 1, signal: null })
    expect(await writes('host-a', 'trials', wokenAt)).toEqual([])
    expect(b.log()).not.toContain('Leading: ')
  })

  test('cut off from the API server: its guests are dead and it has exited with 1 before its deadline has passed', async () => {
    const { a, b } = await startTwo(BUSY)
    await untilWriting('host-a')
    const guests = guestsOf(a.pid)
    expect(guests).not.toEqual([])
    await controlPlane.kill('SIGKILL')
    const cutAt = Date.now()
    try {
      expect(await a.exited()).toEqual({ code: 1, signal: null })
      // The deadline is 2 s; the rest is for a busy machine.
      expect(Date.now() - cutAt).toBeLessThan(3_000)
      expect(guests.filter(isAlive)).toEqual([])
      expect(b.running).toBe(true)
    } finally {
      await controlPlane.start()
    }
    await b.waitForLog(/Leading: /)
    await vi.waitFor(async () => expect(await writes('host-b')).not.toEqual([]), { timeout: 60_000 })
  })

  test('stopped by SIGTERM: its running call ends first, then it gives the lease back, and the other takes it at once', async () => {
    const { a, b } = await startTwo(SLOW, { count: 1 })
    await a.waitForLog(/a slow call has begun/)
    const stopped = a.stop('SIGTERM')
    await a.waitForLog(/Stopping on SIGTERM/)
    expect(await stopped).toEqual({ code: 0, signal: null })
    const stoppedAt = Date.now()
    await b.waitForLog(/Leading: /)
    expect(Date.now() - stoppedAt).toBeLessThan(LEASE_MS - 500)
    expect(a.log()).toContain('a slow call has ended')
    const [lastWrite] = (await writes('host-a')).toReversed()
    const [release] = (await writes('host-a', 'leases')).toReversed()
    expect(Date.parse(release?.requestReceivedTimestamp ?? '')).toBeGreaterThan(
      Date.parse(lastWrite?.stageTimestamp ?? ''),
    )
    expect(lastWrite?.responseStatus?.code).toBe(200)
  })

  /** `host-a` leads, `host-b` stands by. */
  async function startTwo(
    handler: string,
    { count = 8, a: leaseOfA = LEASE }: { count?: number; a?: object } = {},
  ): Promise<{ a: HostProcess; b: HostProcess }> {
    await trials.create(count)
    since = Date.now()
    const a = await startOne('host-a', handler, leaseOfA)
    await a.waitForLog(/Leading: /)
    const b = await startOne('host-b', handler, LEASE)
    await b.waitForLog(/Standby: the lease .+ is held by/)
    await b.waitForLog(/Cache synced/)
    await b.waitForLog(/Handler loaded/)
    return { a, b }
  }

  function startOne(user: string, handler: string, lease: object): Promise<HostProcess> {
    const project = createProject()
    projects.push(project)
    project.writeHandler('trials', handler)
    const allow = [{ for: 'e2e.example.com/v1/Trial', verbs: ['patch'] }]
    const rest = { for: 'e2e.example.com/v1/Trial', namespaces: ['default'], memory: '64Mi', allow }
    project.writeConfig([{ name: 'trials', handler: 'handlers/trials.ts', ...rest }], {
      leaderElection: { enabled: true, ...lease },
    })
    return startHost({ project, kubeconfig: controlPlane.kubeconfigFor(user) })
  }

  /** Of the present test. */
  let since = 0

  /** Every write request that the server has seen of that user, whatever it answered, in the order they came. */
  async function writes(user: string, resource = 'trials', after = since): Promise<AuditEvent[]> {
    const events = await controlPlane.auditEvents()
    return events
      .filter(({ verb, objectRef }) => !READS.includes(verb) && objectRef?.resource === resource)
      .filter((event) => event.user.username === user && Date.parse(event.requestReceivedTimestamp) >= after)
      .toSorted((x, y) => Date.parse(x.requestReceivedTimestamp) - Date.parse(y.requestReceivedTimestamp))
  }

  async function untilWriting(user: string): Promise<void> {
    const { length } = await writes(user)
    await vi.waitFor(async () => expect((await writes(user)).length).toBeGreaterThan(length + 20), { timeout: 20_000 })
  }

  /** The audit log writes microseconds, as texts of one form that compare by themselves. */
  async function expectNoOverlap(old: string, next: string): Promise<void> {
    const first = (await writes(next))[0]?.requestReceivedTimestamp as string
    const late = (await writes(old)).filter(({ requestReceivedTimestamp }) => requestReceivedTimestamp >= first)
    expect(late).toEqual([])
    expect((await writes(old)).length).toBeGreaterThan(20)
  }

  async function spec(): Promise<unknown> {
    const { body } = await controlPlane.request('GET', `${LEASE_PATH}/ostler`)
    return (body as { spec: unknown }).spec
  }
})

const READS = ['get', 'list', 'watch']

/** What a host needs: its kind, and the lease. */
async function grantRights(controlPlane: ControlPlane, user: string): Promise<void> {
  const resources = ['trials', 'trials/status']
  await controlPlane.grant(
    user,
    [
      { apiGroups: ['e2e.example.com'], resources, verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
    ],
    'default',
  )
}
