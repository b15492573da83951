import { expect, test } from 'vitest'
import type { LeaderElector } from '../../runtime/leaderelection/leader-elector.ts'
import type { LeaseClient } from '../../runtime/leaderelection/lease.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { createCandidate, createFreezableClock, createScriptedLeases, stopwatchOf } from './scripted-leases.ts'

/** Two candidates of one lease; `a` leads. */
async function startTwo() {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  const a = createCandidate(leases, 'a', clock)
  const b = createCandidate(leases, 'b', clock)
  a.elector.start()
  await settle()
  b.elector.start()
  await settle()
  return { clock, leases, a, b }
}

function mayWrite(elector: LeaderElector): boolean {
  try {
    elector.assertLeading()
    return true
  } catch {
    return false
  }
}

test('LeaderElector without a lease creates it and leads at once', async () => {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  const { elector, told } = createCandidate(leases, 'a', clock)
  expect(mayWrite(elector)).toBe(false)
  elector.start()
  await settle()
  expect(told).toEqual(['holder a', 'leading'])
  expect(mayWrite(elector)).toBe(true)
  const at = new Date(clock.now()).toISOString().replace('Z', '000Z')
  expect(leases.spec()).toEqual({
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: at,
    renewTime: at,
    leaseTransitions: 0,
  })
})

test('LeaderElector renews every retryPeriod, and keeps the time of acquisition and the count of transitions', async () => {
  const { clock, leases } = await startTwo()
  const { acquireTime } = leases.spec()
  await clock.advance(60_000)
  expect(leases.writes).toEqual(Array.from({ length: 31 }, () => 'a'))
  expect(leases.spec()).toMatchObject({ acquireTime, leaseTransitions: 0 })
  expect(leases.spec().renewTime).toBe(new Date(clock.now()).toISOString().replace('Z', '000Z'))
})

test('LeaderElector that meets the lease of another stands by, for as long as that one renews', async () => {
  const { clock, b } = await startTwo()
  await clock.advance(600_000)
  expect(b.told).toEqual(['holder a'])
  expect(() => b.elector.assertLeading()).toThrow('another host holds it')
})

test('LeaderElector takes over leaseDuration after it last saw a change, and counts the transition', async () => {
  const { clock, leases, a, b } = await startTwo()
  leases.fault.set('a', 'refuse')
  await clock.advance(14_999)
  expect(b.elector.isLeader).toBe(false)
  await clock.advance(2)
  expect(b.told).toEqual(['holder a', 'holder b', 'leading'])
  expect(leases.spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
  expect(a.elector.isLeader).toBe(false)
})

test('LeaderElector judges a lease by its own clock, whatever times the holder writes', async () => {
  for (const renewTime of ['1999-01-01T00:00:00.000000Z', '2999-01-01T00:00:00.000000Z']) {
    const clock = createFakeClock()
    const leases = createScriptedLeases()
    const held = {
      holderIdentity: 'x',
      leaseDurationSeconds: 15,
      acquireTime: renewTime,
      renewTime,
      leaseTransitions: 4,
    }
    leases.lease = { metadata: { resourceVersion: 'x1' }, spec: held }
    const { elector } = createCandidate(leases, 'a', clock)
    elector.start()
    await clock.advance(14_999)
    expect(elector.isLeader).toBe(false)
    await clock.advance(2)
    expect(elector.isLeader).toBe(true)
    expect(leases.spec().leaseTransitions).toBe(5)
  }
})

test('LeaderElector waits for as long as the holder has said, where that is longer than its own duration', async () => {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  leases.lease = { metadata: { resourceVersion: 'x1' }, spec: { holderIdentity: 'x', leaseDurationSeconds: 60 } }
  const { elector } = createCandidate(leases, 'a', clock)
  elector.start()
  await clock.advance(59_999)
  expect(elector.isLeader).toBe(false)
  await clock.advance(2)
  expect(elector.isLeader).toBe(true)
})

test('LeaderElector takes a released lease at its next attempt', async () => {
  const { clock, leases, a, b } = await startTwo()
  await a.elector.release()
  expect(leases.spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 })
  expect(mayWrite(a.elector)).toBe(false)
  expect(a.told).toEqual(['holder a', 'leading'])
  await clock.advance(2_000)
  expect(b.elector.isLeader).toBe(true)
  expect(leases.spec()).toMatchObject({ holderIdentity: 'b', leaseDurationSeconds: 15, leaseTransitions: 1 })
})

test('LeaderElector.release() on standby ends the attempts and leaves the lease alone', async () => {
  const { clock, leases, b } = await startTwo()
  await b.elector.release()
  leases.fault.set('a', 'refuse')
  await clock.advance(60_000)
  expect(leases.writes.includes('b')).toBe(false)
})

test('LeaderElector.release() by a candidate whose write came through unanswered gives the lease back', async () => {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  const client = leases.clientOf('a')
  const unanswered: LeaseClient = {
    ...client,
    create: async (spec, signal) => {
      await client.create(spec, signal)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  const { elector } = createCandidate(leases, 'a', clock, { leases: unanswered })
  elector.start()
  await clock.advance(100)
  expect([elector.isLeader, leases.spec().holderIdentity]).toEqual([false, 'a'])
  await elector.release()
  expect(leases.spec().holderIdentity).toBe('')
})

test('LeaderElector.release() while a renewal hangs still gives the lease back', async () => {
  const { clock, leases, a } = await startTwo()
  leases.fault.set('a', 'hang')
  await clock.advance(2_500)
  leases.fault.clear()
  await a.elector.release()
  expect(leases.spec().holderIdentity).toBe('')
})

test.each(['refuse', 'hang', 'lose'] as const)(
  'LeaderElector that cannot renew (%s) has lost before its deadline, and well before another may take over',
  async (fault) => {
    const { clock, leases, a, b } = await startTwo()
    leases.fault.set('a', fault)
    await clock.advance(9_499)
    expect(mayWrite(a.elector)).toBe(true)
    await clock.advance(2)
    expect(a.told.at(-1)).toMatch(/^lost: it was last renewed 9s500ms ago/)
    expect(a.elector.ended.aborted).toBe(true)
    expect(b.elector.isLeader).toBe(false)
    const { length } = leases.writes
    leases.fault.clear()
    await clock.advance(3_000)
    expect(leases.writes).toHaveLength(length)
  },
)

test('LeaderElector that cannot renew for less than its deadline goes on', async () => {
  const { clock, leases, a } = await startTwo()
  for (let round = 0; round < 5; round++) {
    leases.fault.set('a', round % 2 === 0 ? 'hang' : 'refuse')
    await clock.advance(5_500)
    leases.fault.clear()
    await clock.advance(4_000)
  }
  expect(mayWrite(a.elector)).toBe(true)
  expect(a.told.some((line) => line.startsWith('lost'))).toBe(false)
})

test('LeaderElector that was frozen past its deadline may write nothing when it wakes, before any timer has fired', async () => {
  const clock = createFreezableClock()
  const leases = createScriptedLeases()
  const { elector, told } = createCandidate(leases, 'a', clock, { startStopwatch: stopwatchOf(clock) })
  elector.start()
  await settle()
  clock.freeze(9_400)
  expect(mayWrite(elector)).toBe(true)
  clock.freeze(200)
  expect(mayWrite(elector)).toBe(false)
  expect(told.at(-1)).toBe('lost: it was last renewed 9s600ms ago')
})

test('LeaderElector that was frozen with a renewal under way counts from when that was sent, not from its answer', async () => {
  const clock = createFreezableClock()
  const leases = createScriptedLeases()
  const client = leases.clientOf('a')
  const answers: (() => void)[] = []
  const slow = {
    ...client,
    update: async (...args: Parameters<typeof client.update>) => {
      const stored = await client.update(...args)
      await new Promise<void>((resolve) => answers.push(resolve))
      return stored
    },
  }
  const { elector, told } = createCandidate(leases, 'a', clock, { leases: slow, startStopwatch: stopwatchOf(clock) })
  elector.start()
  await clock.advance(2_000)
  expect(answers).toHaveLength(1)
  clock.freeze(20_000)
  answers[0]?.()
  await settle()
  expect(elector.isLeader).toBe(false)
  expect(told.at(-1)).toBe('lost: it was last renewed 20s ago')
  expect(leases.writes).toEqual(['a', 'a'])
})

test('LeaderElector takes the clock that says most while it leads, and the one that says least while it waits', async () => {
  const clock = createFakeClock()
  let suspendedMs = 0
  const startStopwatch = () => {
    const [begin, suspendedBefore] = [clock.now(), suspendedMs]
    const leastMs = () => clock.now() - begin
    return { leastMs, mostMs: () => leastMs() + suspendedMs - suspendedBefore }
  }
  const leases = createScriptedLeases()
  const a = createCandidate(leases, 'a', clock, { startStopwatch })
  const b = createCandidate(leases, 'b', clock, { startStopwatch })
  a.elector.start()
  await settle()
  b.elector.start()
  await settle()
  suspendedMs += 60_000
  await b.elector.tryAcquireOrRenew()
  expect(b.elector.isLeader).toBe(false)
  expect(mayWrite(a.elector)).toBe(false)
})

test('LeaderElector that finds another holder in its lease stops at once', async () => {
  const { clock, leases, a } = await startTwo()
  leases.lease = {
    metadata: { resourceVersion: 'x1' },
    spec: { ...leases.spec(), holderIdentity: 'x', renewTime: '2000-01-01T00:00:00.000000Z' },
  }
  await clock.advance(2_000)
  expect(a.told.at(-1)).toBe('lost: "x" holds it now')
  expect(leases.writes).toEqual(['a'])
})

test('LeaderElector leads on when its lease is deleted, or written to by somebody who leaves the holder', async () => {
  const { clock, leases, a, b } = await startTwo()
  leases.lease = undefined
  await clock.advance(2_000)
  expect(leases.spec().holderIdentity).toBe('a')
  leases.lease = { metadata: { resourceVersion: 'labelled', labels: { team: 'x' } }, spec: leases.spec() }
  await clock.advance(2_000)
  await clock.advance(60_000)
  expect(mayWrite(a.elector)).toBe(true)
  expect(b.elector.isLeader).toBe(false)
})

test('LeaderElector whose first write came through without an answer leads at the next attempt', async () => {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  leases.fault.set('a', 'lose')
  const lease = leases.clientOf('a')
  // Only the write loses its answer.
  const { elector, told } = createCandidate(leases, 'a', clock, {
    leases: { ...lease, get: async () => leases.lease },
  })
  elector.start()
  await clock.advance(5_000)
  expect(elector.isLeader).toBe(false)
  expect(leases.writes).toEqual(['a'])
  leases.fault.clear()
  await clock.advance(2_000)
  expect(elector.isLeader).toBe(true)
  expect(leases.spec().leaseTransitions).toBe(0)
  expect(told.filter((line) => line.startsWith('error'))).toHaveLength(1)
})

test('LeaderElector on standby waits for 1 to 2.2 times retryPeriod between its attempts', async () => {
  for (const [random, waits] of [
    [0, 2_000],
    [0.999999, 4_400],
  ] as const) {
    const clock = createFakeClock()
    const leases = createScriptedLeases()
    leases.lease = { metadata: { resourceVersion: 'x1' }, spec: { holderIdentity: 'x', leaseDurationSeconds: 15 } }
    const client = leases.clientOf('a')
    const at: number[] = []
    const counted = {
      ...client,
      get: (signal: AbortSignal) => {
        at.push(clock.now())
        return client.get(signal)
      },
    }
    createCandidate(leases, 'a', clock, { random: () => random, leases: counted }).elector.start()
    await clock.advance(5_000)
    expect((at[1] as number) - (at[0] as number)).toBeCloseTo(waits, -1)
  }
})

test('LeaderElector of twenty candidates leads in one of them only, however the leaders die', async () => {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  const all = Array.from({ length: 20 }, (_, index) =>
    createCandidate(leases, `c${index}`, clock, { random: Math.random }),
  )
  for (const { elector } of all) elector.start()
  const leaders = () => all.filter(({ elector }) => mayWrite(elector))
  for (let round = 0; round < 8; round++) {
    for (let second = 0; second < 25; second++) {
      await clock.advance(1_000)
      expect(leaders().length).toBeLessThanOrEqual(1)
    }
    expect(leaders()).toHaveLength(1)
    leases.fault.set(leases.spec().holderIdentity as string, 'refuse')
  }
  expect(leases.spec().leaseTransitions).toBe(7)
})

test('LeaderElector that has lost leaves no timer behind', async () => {
  const clock = createFakeClock()
  const leases = createScriptedLeases()
  const { elector } = createCandidate(leases, 'a', clock)
  elector.start()
  await settle()
  leases.fault.set('a', 'hang')
  await clock.advance(10_000)
  expect(elector.isLeader).toBe(false)
  expect(clock.pending).toBe(0)
})
