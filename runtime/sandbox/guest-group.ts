import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import type { Bundle } from './bundle.ts'
import type { CallRequest, Settled } from './call.ts'
import type { Death } from './death.ts'
import type { Guest } from './guest.ts'
import type { GuestSource } from './guest-pool.ts'
import { restartDelayMs } from './restart-backoff.ts'
import type { Loaded, SandboxHooks, SandboxState } from './sandbox.ts'

export interface GuestGroupOptions {
  readonly pool: GuestSource
  readonly clock: Clock
}

/** One handler of a group, from join() to leave(). */
export interface Member {
  /** In frames; no other present member has it. */
  readonly number: number
  readonly hooks: SandboxHooks
  memoryBytes: number
  /** What loaded last, and belongs into every process; undefined before that, and once it does not load any more. */
  bundle: Bundle | undefined
  /** Loads in a row that failed. */
  failures: number
  /** Ends the wait until its newest bundle is tried again. */
  cancelRetry: () => void
  readonly calls: Set<Promise<Settled>>
}

/** A bundle that waits for the next process. */
interface Ask {
  readonly bundle: Bundle
  readonly resolve: (loaded: Loaded) => void
  readonly reject: (error: unknown) => void
}

interface Seat {
  readonly bundle: Bundle
  readonly loaded: Loaded
}

interface Running {
  readonly guest: Guest
  readonly seats: ReadonlyMap<Member, Seat>
  readonly readyAt: number
}

/** `member` is the one that did not load; without one, no guest started. */
type Assembled = { kind: 'running'; running: Running } | { kind: 'failed'; member: Member | undefined; error: unknown }

const Mi = 1 << 20
/** What a further VM and its share of the heap take; the contract's number. */
const FURTHER_MEMBER_BYTES = 16 * Mi
const MAX_MEMBERS = 1 << 16
/** A guest that lived this long was sound: the next death is a first one again. */
const STABLE_MS = 60_000
/** From a member's leave to the process without it: those that leave together, or come back at once, cost one. */
const REFRESH_MS = 500
const REFRESH_AGAIN_MS = 60_000
const REPLACED: Death = { cause: 'replaced', message: 'replaced' }
const CLOSED: Death = { cause: 'closed', message: 'closed' }
const NOT_RUNNING: Settled = { kind: 'died', reason: 'not running' }

/**
 * The handlers of one process, mostly one alone: whatever changes among them, a fresh process takes all of them over and the
 * old one finishes its calls.
 *
 * What fails is kept to its member: a bundle that does not load leaves the old process to all, or, where there is none,
 * that one member out. When the process dies all are started again.
 */
export class GuestGroup {
  readonly #pool: GuestSource
  readonly #clock: Clock
  readonly #members = new Set<Member>()
  #lastNumber = -1
  #memoryBytes = 0
  #release = () => {}
  #running: Running | undefined
  /** For the next process, at most one a member. */
  #asks = new Map<Member, Ask>()
  #isBuilding = false
  /** Set while what died waits to be started again; at most one. */
  #cancelRestart: (() => void) | undefined
  #isRestartDue = false
  /** Set while the process holds a member that has left. */
  #cancelRefresh: (() => void) | undefined
  #isRefreshDue = false
  /** Deaths and failed restarts in a row. */
  #failures = 0
  /** Guests of older bundles that still have calls. */
  readonly #retiring = new Set<Guest>()
  /** The guest that takes bundles. */
  readonly #loading = new Set<Guest>()

  constructor({ pool, clock }: GuestGroupOptions) {
    this.#pool = pool
    this.#clock = clock
  }

  /** Of the next process: the largest member's, and a little for each further one. */
  get memoryBytes(): number {
    return this.#memoryBytes
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  join(hooks: SandboxHooks, memoryBytes: number): Member {
    const member: Member = {
      number: this.#nextNumber(),
      hooks,
      memoryBytes,
      bundle: undefined,
      failures: 0,
      cancelRetry: () => {},
      calls: new Set(),
    }
    this.#members.add(member)
    this.#resize()
    return member
  }

  /** What the process may use for this member, from the next one on. */
  setMemory(member: Member, memoryBytes: number): void {
    member.memoryBytes = memoryBytes
    this.#resize()
  }

  /** What runs of a member. */
  seatOf(member: Member): (Seat & { readonly guest: Guest }) | undefined {
    const seat = this.#running?.seats.get(member)
    return seat && this.#running && { ...seat, guest: this.#running.guest }
  }

  /** Loads a member's bundle into a fresh process, with all the others'; errors as of Sandbox.swap(). One at a time a member. */
  swap(member: Member, bundle: Bundle): Promise<Loaded> {
    member.cancelRetry()
    member.failures = 0
    return new Promise((resolve, reject) => this.#ask(member, { bundle, resolve, reject }))
  }

  /** Settles as `died` at once when the member does not run. */
  async call(member: Member, request: CallRequest): Promise<Settled> {
    if (this.#running?.seats.has(member) !== true) return NOT_RUNNING
    const settled = this.#running.guest.call(request, member.number)
    member.calls.add(settled)
    try {
      return await settled
    } finally {
      member.calls.delete(settled)
    }
  }

  /** Takes a member out; its running calls finish as after a swap. */
  leave(member: Member): void {
    if (!this.#members.delete(member)) return
    member.cancelRetry()
    this.#asks.get(member)?.reject(closedError(member))
    this.#asks.delete(member)
    this.#resize()
    if (this.isEmpty) this.#disband()
    else if (this.#running?.seats.has(member)) this.#refreshAfter(REFRESH_MS)
  }

  /** The same, and lets its running calls finish for at most `graceMs`; resolves when none runs, nor a process without members. */
  async close(member: Member, graceMs: number): Promise<void> {
    this.leave(member)
    const guests = [...this.#retiring, ...(this.#running === undefined ? [] : [this.#running.guest])]
    if (this.isEmpty) {
      await Promise.all(guests.map((guest) => this.#endAfter(guest, graceMs, CLOSED)))
      return
    }
    const cancel = this.#clock.after(graceMs, () => {
      for (const guest of guests) guest.drop(member.number, CLOSED)
    })
    await Promise.allSettled(member.calls)
    cancel()
  }

  #nextNumber(): number {
    const taken = new Set([...this.#members].map(({ number }) => number))
    do this.#lastNumber = (this.#lastNumber + 1) % MAX_MEMBERS
    while (taken.has(this.#lastNumber))
    return this.#lastNumber
  }

  #resize(): void {
    const sizes = [...this.#members].map(({ memoryBytes }) => memoryBytes)
    const bytes = sizes.length === 0 ? 0 : Math.max(...sizes) + (sizes.length - 1) * FURTHER_MEMBER_BYTES
    if (bytes === this.#memoryBytes) return
    this.#memoryBytes = bytes
    this.#release()
    this.#release = bytes === 0 ? () => {} : this.#pool.use(bytes)
  }

  /** Nobody is left. */
  #disband(): void {
    this.#cancelRestart?.()
    this.#cancelRefresh?.()
    for (const guest of this.#loading) guest.kill(CLOSED)
    this.#retireRunning()
  }

  #ask(member: Member, ask: Ask): void {
    this.#asks.set(member, ask)
    void this.#build()
  }

  /** One process after the other, until none is due; what is asked for meanwhile shares the next one. */
  async #build(): Promise<void> {
    if (this.#isBuilding) return
    this.#isBuilding = true
    while (this.#isDue()) {
      const asks = this.#asks
      this.#asks = new Map()
      this.#isRestartDue = false
      this.#isRefreshDue = false
      try {
        await this.#buildWith(asks)
      } catch (error) {
        for (const { reject } of asks.values()) reject(error)
      }
      // Of those that have left meanwhile; for all others this comes too late to matter.
      for (const [member, { reject }] of asks) reject(closedError(member))
    }
    this.#isBuilding = false
  }

  #isDue(): boolean {
    if (this.isEmpty) return false
    if (this.#running === undefined) return this.#asks.size > 0 || this.#isRestartDue
    return this.#asks.size > 0 || (this.#isRefreshDue && this.#hasLeftovers(this.#running))
  }

  /** Each turn of this loop ends it, or leaves out one member more. */
  async #buildWith(asks: Map<Member, Ask>): Promise<void> {
    const isAsked = asks.size > 0
    for (;;) {
      const plan = this.#plan(asks)
      if (plan.size === 0) return this.#retireRunning()
      const assembled = await this.#assemble(plan)
      if (assembled.kind === 'running') {
        if (isAsked) this.#failures = 0
        this.#become(assembled.running)
        for (const [member, { loaded }] of assembled.running.seats) asks.get(member)?.resolve(loaded)
        return
      }
      if (!this.#isWorthAnother(asks, assembled)) return
    }
  }

  /** Those that have loaded before come first: what does not load then has cost the least. */
  #plan(asks: ReadonlyMap<Member, Ask>): Map<Member, Bundle> {
    const members = [...this.#members].sort((a, b) => Number(asks.has(a)) - Number(asks.has(b)))
    const planned = members.map((member) => [member, asks.get(member)?.bundle ?? member.bundle] as const)
    return new Map(planned.filter((pair): pair is [Member, Bundle] => pair[1] !== undefined))
  }

  async #assemble(plan: ReadonlyMap<Member, Bundle>): Promise<Assembled> {
    const askedAt = performance.now()
    let loading: Member | undefined
    let guest: Guest
    try {
      guest = await this.#pool.take(this.#memoryBytes)
    } catch (error) {
      return { kind: 'failed', member: undefined, error }
    }
    void guest.ended.then(({ cause }) => {
      if (cause === 'replaced' || cause === 'closed') return
      for (const { hooks } of loading === undefined ? plan.keys() : [loading]) hooks.metrics.died(cause)
    })
    this.#loading.add(guest)
    try {
      const seats = new Map<Member, Seat>()
      for (const [member, bundle] of plan) {
        loading = member
        this.#assertOpen(member)
        seats.set(member, await this.#seat(guest, member, bundle))
        // Else a loop that this one has left behind would look like the next one's doing.
        if (plan.size > 1) await guest.turned()
        this.#assertOpen(member)
      }
      loading = undefined
      for (const { hooks } of plan.keys()) hooks.metrics.started((performance.now() - askedAt) / 1000)
      return { kind: 'running', running: { guest, seats, readyAt: this.#clock.now() } }
    } catch (error) {
      guest.kill(this.isEmpty ? CLOSED : REPLACED)
      return { kind: 'failed', member: loading, error }
    } finally {
      this.#loading.delete(guest)
    }
  }

  async #seat(guest: Guest, member: Member, bundle: Bundle): Promise<Seat> {
    const { check, onLog } = member.hooks
    const types = await guest.load(bundle, onLog, member.number)
    const loaded = { types, exports: Object.keys(types).filter((name) => types[name] === 'function') }
    // What ran before goes on, whatever is wanted of its successor.
    if (bundle !== member.bundle) check(loaded)
    return { bundle, loaded }
  }

  /** After a failure: whether another process is to be tried at once, without what failed. */
  #isWorthAnother(asks: Map<Member, Ask>, { member, error }: { member: Member | undefined; error: unknown }): boolean {
    if (this.isEmpty) return false
    const ask = member && asks.get(member)
    if (member === undefined || (ask === undefined && this.seatOf(member) !== undefined)) {
      this.#putOff(asks, member === undefined ? error : mateError(member, error))
      return false
    }
    asks.delete(member)
    ask?.reject(error)
    if (!this.#members.has(member)) return true
    const bundle = ask?.bundle ?? member.bundle
    // Of a bundle that ran before and its successor, the first is what goes on.
    const isLast = member.bundle === undefined || member.bundle === bundle
    if (isLast && bundle !== undefined) this.#failed(member, bundle, error)
    return asks.size > 0 || (this.#running === undefined && this.#cancelRestart === undefined)
  }

  /** No guest starts, or one that runs does not load again: what runs goes on, and what was asked for is tried later. */
  #putOff(asks: ReadonlyMap<Member, Ask>, error: unknown): void {
    for (const [member, { bundle, reject }] of asks) {
      reject(error)
      const isLast = member.bundle === undefined || this.seatOf(member) !== undefined
      if (isLast && this.#members.has(member)) this.#failed(member, bundle, error)
    }
    if (this.#running === undefined) this.#restartAfter({ kind: 'failed', message: messageOf(error) })
    else if (this.#hasLeftovers(this.#running)) this.#refreshAfter(REFRESH_AGAIN_MS)
  }

  /** Of a member without a process this is the state; nothing else would ever start its bundle. */
  #failed(member: Member, bundle: Bundle, error: unknown): void {
    const retryInMs = restartDelayMs(++member.failures)
    member.cancelRetry = this.#clock.after(retryInMs, () => {
      if (!this.#asks.has(member)) this.#ask(member, { bundle, resolve() {}, reject() {} })
    })
    if (this.seatOf(member) !== undefined) return
    member.bundle = undefined
    member.hooks.onState({ kind: 'failed', message: messageOf(error), retryInMs })
  }

  #become(running: Running): void {
    const old = this.#running
    this.#cancelRestart?.()
    this.#cancelRestart = undefined
    this.#cancelRefresh?.()
    this.#running = running
    if (old !== undefined) this.#retire(old.guest)
    void running.guest.ended.then((death) => this.#onDeath(running, death))
    for (const [member, { bundle, loaded }] of running.seats) {
      if (!this.#members.has(member)) continue
      member.bundle = bundle
      member.failures = 0
      member.hooks.onLoaded(bundle, loaded)
      member.hooks.onState({ kind: 'ready' })
    }
    if (this.#hasLeftovers(running)) this.#refreshAfter(REFRESH_MS)
  }

  #hasLeftovers({ seats }: Running): boolean {
    return [...seats.keys()].some((member) => !this.#members.has(member))
  }

  #refreshAfter(ms: number): void {
    this.#cancelRefresh?.()
    this.#cancelRefresh = this.#clock.after(ms, () => {
      this.#isRefreshDue = true
      void this.#build()
    })
  }

  #retireRunning(): void {
    const running = this.#running
    this.#running = undefined
    if (running !== undefined) this.#retire(running.guest)
  }

  /** Every call has settled by its own timeout, or has cost the guest its life a little later. */
  #retire(guest: Guest): void {
    this.#retiring.add(guest)
    const graceMs = guest.longestRemainingMs + this.#pool.limits.overdueMs
    void this.#endAfter(guest, graceMs, REPLACED).then(() => this.#retiring.delete(guest))
  }

  async #endAfter(guest: Guest, graceMs: number, death: Death): Promise<void> {
    const cancel = this.#clock.after(graceMs, () => guest.kill(death))
    await guest.whenIdle()
    cancel()
    guest.kill(death)
    await guest.ended
  }

  #onDeath(running: Running, { message }: Death): void {
    if (this.#running !== running) return
    this.#running = undefined
    if (this.#clock.now() - running.readyAt >= STABLE_MS) this.#failures = 0
    this.#restartAfter({ kind: 'restarting', message })
  }

  #restartAfter(why: { kind: 'restarting' | 'failed'; message: string }): void {
    const members = [...this.#members].filter(({ bundle }) => bundle !== undefined)
    if (members.length === 0) return
    const retryInMs = restartDelayMs(this.#failures++)
    const state: SandboxState = { ...why, retryInMs }
    this.#cancelRestart?.()
    this.#cancelRestart = this.#clock.after(retryInMs, () => {
      this.#cancelRestart = undefined
      this.#isRestartDue = true
      void this.#build()
    })
    for (const { hooks } of members) hooks.onState(state)
  }

  #assertOpen(member: Member): void {
    if (!this.#members.has(member)) throw closedError(member)
  }
}

function closedError({ hooks }: Member): RuntimeError {
  return new RuntimeError('SHUTTING_DOWN', `Cannot run the handler of "${hooks.name}": it is closed`)
}

/** Of what the others wait for meanwhile. */
function mateError({ hooks }: Member, error: unknown): RuntimeError {
  const message = `Cannot start a new process for the group: the handler of "${hooks.name}" does not load in it`
  return new RuntimeError('SANDBOX_DIED', `${message}: ${messageOf(error)}`, { cause: error })
}
