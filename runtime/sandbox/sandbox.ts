import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import type { Bundle } from './bundle.ts'
import type { CallRequest, Settled } from './call.ts'
import type { DeathCause } from './death.ts'
import type { OnLog } from './guest.ts'
import { GuestGroup, type Member } from './guest-group.ts'
import type { GuestSource } from './guest-pool.ts'

export interface SandboxOptions extends Partial<SandboxHooks> {
  /** The controller's, for messages. */
  readonly name: string
  readonly memoryBytes: number
  readonly pool: GuestSource
  readonly clock: Clock
  /** Whose process it shares; its own by default. */
  readonly group?: GuestGroup
}

/** What a sandbox asks and tells its owner. */
export interface SandboxHooks {
  readonly name: string
  readonly onLog: OnLog
  readonly onState: (state: SandboxState) => void
  /** Throws when a bundle with these exports is of no use; then it does not take over. */
  readonly check: (loaded: Loaded) => void
  /**
   * A bundle runs in a fresh guest: after a swap, or at last by a restart, or again for another's sake who shares the process.
   * Told before `ready`.
   */
  readonly onLoaded: (bundle: Bundle, loaded: Loaded) => void
  readonly metrics: SandboxMetrics
}

export type SandboxState =
  | { kind: 'ready' }
  /** The guest ended; the next one is started after `retryInMs`. */
  | { kind: 'restarting'; message: string; retryInMs: number }
  /** There is no guest, as the bundle did not load; it is tried again after `retryInMs`. */
  | { kind: 'failed'; message: string; retryInMs: number }

export interface SandboxMetrics {
  /** A guest took the bundle; `seconds` from asking for it. */
  started(seconds: number): void
  /** A guest ended unasked. */
  died(cause: DeathCause): void
  called(kind: Settled['kind'], seconds: number): void
}

/** What a bundle exports: the functions, and each export's `typeof`. */
export interface Loaded {
  readonly exports: readonly string[]
  readonly types: Readonly<Record<string, string>>
}

const NO_METRICS: SandboxMetrics = { started() {}, died() {}, called() {} }

/**
 * One controller's handler, whatever guest runs it at the moment: takes new bundles without a gap, and starts the last good
 * one again when its guest dies. Its process is its own or a group's (see guest-group.ts).
 */
export class Sandbox {
  readonly #options: SandboxOptions
  readonly #metrics: SandboxMetrics
  #memoryBytes: number
  #group: GuestGroup
  /** Of #group. */
  #member: Member
  #swaps: Promise<unknown> = Promise.resolve()
  #closed = false
  readonly #readyWaiters = new Set<() => void>()

  constructor(options: SandboxOptions) {
    this.#options = options
    this.#metrics = options.metrics ?? NO_METRICS
    this.#memoryBytes = options.memoryBytes
    this.#group = options.group ?? new GuestGroup(options)
    this.#member = this.#join(this.#group)
  }

  /** What guests may use from the next one on. */
  set memoryBytes(memoryBytes: number) {
    this.#memoryBytes = memoryBytes
    this.#group.setMemory(this.#member, memoryBytes)
  }

  /** Whose process runs the handler. */
  get group(): GuestGroup {
    return this.#group
  }

  /** Whether a call can run now. */
  get ready(): boolean {
    return this.#seat !== undefined
  }

  /** Of the bundle that runs. */
  get bundleHash(): string | undefined {
    return this.#seat?.bundle.hash
  }

  /** Process id of the guest that runs. */
  get pid(): number | undefined {
    return this.#seat?.guest.pid
  }

  /** Bytes of memory of the whole guest's own; undefined while there is no guest, or where the system does not say. */
  get usedBytes(): number | undefined {
    return this.#seat?.guest.usedBytes
  }

  get #seat() {
    return this.#closed ? undefined : this.#group.seatOf(this.#member)
  }

  /**
   * Loads a bundle into a fresh guest, which takes every call from then on; running calls finish on the old one. With another
   * group than before it moves there.
   * errors:  RuntimeError HANDLER_LOAD_FAILED with the faulty line, SANDBOX_DIED when no guest starts; the old guest goes on,
   *          and where there is none the new bundle is tried again, as `onState` says
   * order:   swaps run one after the other
   */
  swap(bundle: Bundle, group?: GuestGroup): Promise<Loaded> {
    const swapped = this.#swaps.then(() => this.#swap(bundle, group ?? this.#group))
    this.#swaps = swapped.catch(() => {})
    return swapped
  }

  /** Runs an export on the present guest; settles as `died` at once when there is none. */
  async call(request: CallRequest): Promise<Settled> {
    const isRunning = this.ready
    const startedAt = performance.now()
    const settled = await this.#group.call(this.#member, request)
    if (isRunning) this.#metrics.called(settled.kind, (performance.now() - startedAt) / 1000)
    return settled
  }

  /** Resolves when a call can run; rejects with the signal's reason, or with SHUTTING_DOWN once it is closed. */
  async whenReady(signal: AbortSignal): Promise<void> {
    while (!this.ready) {
      this.#assertOpen()
      signal.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      this.#readyWaiters.add(wake)
      signal.addEventListener('abort', wake)
      await promise
      this.#readyWaiters.delete(wake)
      signal.removeEventListener('abort', wake)
    }
  }

  /** Lets running calls finish for at most `graceMs`; resolves when none runs, and the guest is gone unless others share it. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    this.#wakeReady()
    await this.#group.close(this.#member, graceMs)
  }

  async #swap(bundle: Bundle, group: GuestGroup): Promise<Loaded> {
    this.#assertOpen()
    if (group === this.#group) return await group.swap(this.#member, bundle)
    const member = this.#join(group)
    // There is nothing that could go on where it is.
    if (this.#member.bundle === undefined) this.#moveTo(group, member)
    try {
      const loaded = await group.swap(member, bundle)
      this.#assertOpen()
      return loaded
    } catch (error) {
      if (this.#closed || member !== this.#member) group.leave(member)
      throw error
    }
  }

  #join(group: GuestGroup): Member {
    const { name, onLog = () => {}, onState = () => {}, check = () => {}, onLoaded = () => {} } = this.#options
    const member: Member = group.join(
      {
        name,
        onLog,
        check,
        metrics: this.#metrics,
        onLoaded: (bundle, loaded) => {
          if (this.#closed) return
          this.#moveTo(group, member)
          onLoaded(bundle, loaded)
        },
        onState: (state) => {
          if (member !== this.#member) return
          onState(state)
          this.#wakeReady()
        },
      },
      this.#memoryBytes,
    )
    return member
  }

  /** The old group goes on without it, once its running calls are over. */
  #moveTo(group: GuestGroup, member: Member): void {
    if (member === this.#member) return
    this.#group.leave(this.#member)
    this.#group = group
    this.#member = member
  }

  #assertOpen(): void {
    if (!this.#closed) return
    throw new RuntimeError('SHUTTING_DOWN', `Cannot run the handler of "${this.#options.name}": it is closed`)
  }

  #wakeReady(): void {
    for (const wake of this.#readyWaiters) wake()
  }
}
