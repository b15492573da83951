import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { LeaderElector, type LeaderElectorOptions } from '../../runtime/leaderelection/leader-elector.ts'
import type { Lease, LeaseClient, LeaseSpec } from '../../runtime/leaderelection/lease.ts'
import type { StartStopwatch } from '../../runtime/leaderelection/stopwatch.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'

/** One Lease as an API server keeps it, with the faults of a test. */
export interface ScriptedLeases {
  lease: Lease | undefined
  /** Writes that came through, with who made them. */
  readonly writes: string[]
  /** How requests of that identity end, from now on: `hang` never by themselves, `lose` the answer of what was done. */
  fault: Map<string, 'refuse' | 'hang' | 'lose'>
  /** Of one candidate. */
  clientOf(identity: string): LeaseClient
  spec(): LeaseSpec
}

export function createScriptedLeases(): ScriptedLeases {
  let version = 0
  const leases: ScriptedLeases = {
    lease: undefined,
    writes: [],
    fault: new Map(),
    clientOf: (identity) => ({
      get: (signal) => answer(identity, signal, () => leases.lease),
      create: (spec, signal) =>
        answer(identity, signal, () => {
          if (leases.lease !== undefined) throw statusError(409, 'AlreadyExists')
          return store(identity, spec)
        }),
      update: ({ metadata, spec: old }, spec, signal) =>
        answer(identity, signal, () => {
          if (leases.lease === undefined) throw statusError(404, 'NotFound')
          if (leases.lease.metadata.resourceVersion !== metadata.resourceVersion) throw statusError(409, 'Conflict')
          return store(identity, { ...old, ...spec })
        }),
    }),
    spec: () => leases.lease?.spec ?? {},
  }
  return leases

  function store(identity: string, spec: LeaseSpec): Lease {
    leases.writes.push(identity)
    leases.lease = { metadata: { resourceVersion: String(++version) }, spec }
    return leases.lease
  }

  async function answer<T>(identity: string, signal: AbortSignal, act: () => T): Promise<T> {
    const fault = leases.fault.get(identity)
    if (fault === 'refuse') throw new Error('connect ECONNREFUSED')
    if (fault !== 'hang') {
      const done = act()
      if (fault !== 'lose') return done
    }
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
}

export interface Candidate {
  readonly elector: LeaderElector
  /** `leading`, `lost: why`, `holder x` and `error: why`, as they came. */
  readonly told: string[]
}

/** The defaults of the config; the jitter is nothing unless `random` says otherwise. */
export function createCandidate(
  leases: ScriptedLeases,
  identity: string,
  clock: FakeClock,
  options: Partial<LeaderElectorOptions> = {},
): Candidate {
  const told: string[] = []
  const elector = new LeaderElector({
    leases: leases.clientOf(identity),
    name: 'default/ostler',
    identity,
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    clock,
    startStopwatch: stopwatchOf(clock),
    random: () => 0,
    onStartedLeading: () => told.push('leading'),
    onLost: ({ message }) => told.push(`lost: ${message.replace(/^.*; /, '')}`),
    onNewHolder: (holder) => told.push(`holder ${holder}`),
    onError: (error) => told.push(`error: ${(error as Error).message}`),
    ...options,
  })
  return { elector, told }
}

/** Both ends of it by one clock. */
export function stopwatchOf(clock: Pick<FakeClock, 'now'>): StartStopwatch {
  return () => {
    const begin = clock.now()
    const passed = () => clock.now() - begin
    return { leastMs: passed, mostMs: passed }
  }
}

/** A process that can be stopped: its timers do not fire meanwhile, and all that were due fire when it is woken. */
export function createFreezableClock(): FakeClock & { freeze(ms: number): void } {
  let frozenMs = 0
  const clock = createFakeClock()
  return {
    ...clock,
    get pending() {
      return clock.pending
    },
    now: () => clock.now() + frozenMs,
    freeze: (ms) => {
      frozenMs += ms
    },
  }
}

function statusError(code: number, reason: string): KubeStatusError {
  return new KubeStatusError(reason, { code, reason, details: undefined, retryAfterMs: undefined })
}
