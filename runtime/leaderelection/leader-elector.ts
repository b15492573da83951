import { RuntimeError } from '../errors.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kube/status-error.ts'
import type { Clock } from '../util/clock.ts'
import { formatDuration } from '../util/duration.ts'
import { messageOf } from '../util/message-of.ts'
import { formatMicroTime, type Lease, type LeaseClient, type LeaseSpec } from './lease.ts'
import type { StartStopwatch, Stopwatch } from './stopwatch.ts'

export interface LeaderElectorOptions {
  readonly leases: LeaseClient
  /** For messages: `default/ostler`. */
  readonly name: string
  /** Of this process, and of no other one ever. */
  readonly identity: string
  /** Others wait this long, from when they last saw the lease change. */
  readonly leaseDurationMs: number
  /** The holder gives up when it has not renewed for this long. */
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
  readonly clock: Clock
  readonly startStopwatch: StartStopwatch
  readonly random?: () => number
  /** The lease is held. */
  onStartedLeading(): void
  /** It is held no longer, and was not released: nothing may be done any more. Called once. */
  onLost(reason: RuntimeError): void
  /** Another identity holds it than before; empty: nobody. */
  onNewHolder?(identity: string): void
  /** An attempt failed; the next one comes by itself. */
  onError?(error: unknown): void
}

/** client-go's: a candidate waits for the period and up to 1.2 times that on top. */
const JITTER_FACTOR = 1.2

/** The holder gives up a little before its deadline, so that its guests are dead when it passes. */
const GIVE_UP_SHARE = 0.95

/** An attempt may take half the deadline, so that a dead connection leaves time for another one (as controller-runtime). */
const ATTEMPT_SHARE = 0.5

type State = 'candidate' | 'leading' | 'lost' | 'released'

/** What the lease said last, and when it was first seen to say so. */
interface Observed {
  readonly lease: Lease
  readonly since: Stopwatch
}

/**
 * Holds a Lease or waits for it.
 * timing:  a candidate tries every retryPeriod (jittered) and when the observed time runs out; a holder renews every
 *          retryPeriod, and has lost when its last good renewal was *sent* more than 95 % of renewDeadline ago
 * clocks:  nobody's but our own: a lease is valid for its duration from when we saw it change, whatever times stand in it
 * source:  client-go tools/leaderelection. Stricter in two points: the deadline counts from the last good renewal, not from
 *          the first failed one; and another holder in the lease ends our time at once
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions
  #state: State = 'candidate'
  #observed: Observed | undefined
  #lastHolder: string | undefined
  /** Started when the last good write of ours was sent; defined while leading. */
  #renewed: Stopwatch | undefined
  #cancelDeadline = () => {}
  #lastError: unknown
  /** A write that makes us the holder was sent: it may have come through although its answer did not. */
  #hasTried = false
  /** Ends the loop: lost or released. */
  readonly #ending = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(options: LeaderElectorOptions) {
    this.#options = options
  }

  /** As of the last look at the clock; who is about to write calls assertLeading(). */
  get isLeader(): boolean {
    return this.#state === 'leading'
  }

  /** Aborted, with the reason, when the lease is lost or released. */
  get ended(): AbortSignal {
    return this.#ending.signal
  }

  /** Looks at the clock. Throws RuntimeError LEASE_LOST when the lease is not held, or not surely. */
  assertLeading(): void {
    this.#checkDeadline()
    if (this.#state === 'candidate') throw lost(this.#options.name, 'another host holds it')
    this.#ending.signal.throwIfAborted()
  }

  /** Tries to get the lease until it has, then renews it. */
  start(): void {
    this.#running = this.#run()
  }

  /** Ends, and lets others have the lease at once. All that it guards must have finished before. Never throws. */
  async release(): Promise<void> {
    const mayHold = this.#state !== 'lost' && this.#hasTried
    if (this.#state !== 'lost') this.#end('released', lost(this.#options.name, 'it was released'))
    await this.#running
    if (!mayHold) return
    await this.#attempt((signal) => this.#giveBack(signal), AbortSignal.any([])).catch((error) => this.#failed(error))
  }

  async #run(): Promise<void> {
    const { clock, retryPeriodMs } = this.#options
    while (!this.#ending.signal.aborted) {
      await this.tryAcquireOrRenew()
      const delayMs = this.isLeader ? retryPeriodMs : this.#candidateDelayMs()
      await clock.sleep(delayMs, this.#ending.signal).catch(() => {})
    }
  }

  /** One attempt; true when the lease is ours after it. */
  async tryAcquireOrRenew(): Promise<boolean> {
    this.#checkDeadline()
    if (this.#ending.signal.aborted) return false
    try {
      return await this.#attempt((signal) => this.#tryOnce(signal), this.#ending.signal)
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#failed(error)
      return false
    }
  }

  async #tryOnce(signal: AbortSignal): Promise<boolean> {
    if (this.isLeader && this.#observed !== undefined) {
      try {
        return await this.#write(this.#observed.lease, signal)
      } catch (error) {
        // Somebody wrote to the lease, or deleted it: a look at it tells what that means.
        if (!isConflict(error) && !isNotFound(error)) throw error
      }
    }
    const lease = await this.#options.leases.get(signal)
    if (lease !== undefined) this.#observe(lease)
    if (this.#isHeldByAnother()) return this.#yield()
    return this.#write(lease, signal)
  }

  /** Creates or updates the lease in our name. */
  async #write(lease: Lease | undefined, signal: AbortSignal): Promise<boolean> {
    const { leases, startStopwatch } = this.#options
    // Before it is sent: others count from when they see it, which can only be later.
    const since = startStopwatch()
    this.#hasTried = true
    try {
      const spec = this.#nextSpec(lease?.spec)
      const stored = lease === undefined ? await leases.create(spec, signal) : await leases.update(lease, spec, signal)
      return this.#held(stored, since)
    } catch (error) {
      // A candidate was beaten to it, which is no failure.
      if (!this.isLeader && (isConflict(error) || isAlreadyExists(error))) return false
      throw error
    }
  }

  #nextSpec(old: LeaseSpec | undefined): LeaseSpec {
    const { identity, leaseDurationMs, clock } = this.#options
    const now = formatMicroTime(clock.now())
    const isOurs = old?.holderIdentity === identity
    const transitions = old?.leaseTransitions ?? 0
    return {
      holderIdentity: identity,
      // The field has no fractions; longer is the safe side.
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: isOurs ? (old.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isOurs || old === undefined ? transitions : transitions + 1,
    }
  }

  #held(lease: Lease, since: Stopwatch): boolean {
    if (this.#ending.signal.aborted) return false
    this.#observe(lease)
    const isFirst = this.#state === 'candidate'
    this.#renewed = since
    // An answer may be as old as the process was frozen.
    if (this.#isOverdue(since)) {
      if (!isFirst) this.#checkDeadline()
      return false
    }
    this.#state = 'leading'
    this.#lastError = undefined
    this.#watchDeadline()
    if (isFirst) this.#options.onStartedLeading()
    return true
  }

  #observe(lease: Lease): void {
    const before = this.#observed?.lease.spec
    if (this.#observed !== undefined && isSameRecord(before, lease.spec)) {
      this.#observed = { ...this.#observed, lease }
      return
    }
    this.#observed = { lease, since: this.#options.startStopwatch() }
    const holder = lease.spec?.holderIdentity ?? ''
    if (this.#lastHolder !== holder) this.#options.onNewHolder?.(holder)
    this.#lastHolder = holder
  }

  #isHeldByAnother(): boolean {
    if (this.#observed === undefined) return false
    const holder = this.#observed.lease.spec?.holderIdentity ?? ''
    return holder !== '' && holder !== this.#options.identity && this.#observedRemainingMs() > 0
  }

  /** By the holder's own word for how long, and our own clock for since when. */
  #observedRemainingMs(): number {
    if (this.#observed === undefined) return 0
    const { lease, since } = this.#observed
    const seconds = lease.spec?.leaseDurationSeconds ?? this.#options.leaseDurationMs / 1000
    return seconds * 1000 - since.leastMs()
  }

  #yield(): boolean {
    if (this.isLeader) this.#lose(`"${this.#lastHolder}" holds it now`)
    return false
  }

  #candidateDelayMs(): number {
    const { retryPeriodMs, random = Math.random } = this.#options
    const jitteredMs = retryPeriodMs * (1 + random() * JITTER_FACTOR)
    const remainingMs = this.#isHeldByAnother() ? this.#observedRemainingMs() : jitteredMs
    return Math.min(jitteredMs, Math.ceil(remainingMs) + 1)
  }

  get #giveUpAfterMs(): number {
    return this.#options.renewDeadlineMs * GIVE_UP_SHARE
  }

  #isOverdue(renewed: Stopwatch): boolean {
    return renewed.mostMs() >= this.#giveUpAfterMs
  }

  /** The timer is for a host that cannot renew; a host that was frozen may read from a socket first, and asks assertLeading(). */
  #watchDeadline(): void {
    this.#cancelDeadline()
    const remainingMs = this.#giveUpAfterMs - (this.#renewed?.mostMs() ?? 0)
    this.#cancelDeadline = this.#options.clock.after(Math.max(1, Math.ceil(remainingMs)), () => {
      this.#checkDeadline()
      if (this.isLeader) this.#watchDeadline()
    })
  }

  #checkDeadline(): void {
    if (!this.isLeader || this.#renewed === undefined || !this.#isOverdue(this.#renewed)) return
    const why = this.#lastError === undefined ? '' : ` (${messageOf(this.#lastError)})`
    this.#lose(`it was last renewed ${formatDuration(this.#renewed.mostMs())} ago${why}`)
  }

  #lose(why: string): void {
    const reason = lost(this.#options.name, why)
    this.#end('lost', reason)
    this.#options.onLost(reason)
  }

  #end(state: 'lost' | 'released', reason: RuntimeError): void {
    this.#state = state
    this.#cancelDeadline()
    this.#ending.abort(reason)
  }

  #failed(error: unknown): void {
    this.#lastError = error
    this.#options.onError?.(error)
  }

  /** Bounded as a whole: also where the server asks to be left alone for longer. */
  async #attempt<T>(run: (signal: AbortSignal) => Promise<T>, ending: AbortSignal): Promise<T> {
    const { clock, renewDeadlineMs } = this.#options
    const timeoutMs = renewDeadlineMs * ATTEMPT_SHARE
    const timeout = new AbortController()
    const cancel = clock.after(timeoutMs, () =>
      timeout.abort(new Error(`the API server has not answered within ${formatDuration(timeoutMs)}`)),
    )
    try {
      return await run(AbortSignal.any([ending, timeout.signal]))
    } finally {
      cancel()
    }
  }

  /** Of the lease as it is now: a renewal that was under way may have come through. */
  async #giveBack(signal: AbortSignal): Promise<void> {
    const { leases, identity, clock } = this.#options
    const lease = await leases.get(signal)
    if (lease?.spec?.holderIdentity !== identity) return
    const now = formatMicroTime(clock.now())
    await leases.update(
      lease,
      { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
      signal,
    )
  }
}

/** Anything in it, as client-go compares the whole record. */
function isSameRecord(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  const record = (spec: LeaseSpec | undefined) => [
    spec?.holderIdentity,
    spec?.leaseDurationSeconds,
    spec?.acquireTime,
    spec?.renewTime,
    spec?.leaseTransitions,
  ]
  return JSON.stringify(record(a)) === JSON.stringify(record(b))
}

function lost(name: string, why: string): RuntimeError {
  return new RuntimeError('LEASE_LOST', `Cannot act: the lease "${name}" is not held; ${why}`)
}
