import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import type { Bundle } from './bundle.ts'
import type { CallRequest, Settled } from './call.ts'
import type { Death, DeathCause } from './death.ts'
import type { Guest, OnLog } from './guest.ts'
import type { GuestSource } from './guest-pool.ts'
import { restartDelayMs } from './restart-backoff.ts'

export interface SandboxOptions {
  /** The controller's, for messages. */
  readonly name: string
  readonly memoryBytes: number
  readonly pool: GuestSource
  readonly clock: Clock
  readonly onLog?: OnLog
  readonly onState?: (state: SandboxState) => void
  /** Throws when a bundle with these exports is of no use; then it does not take over. */
  readonly check?: (loaded: Loaded) => void
  /** A bundle runs: after a swap, or at last by a restart. Told before `ready`. */
  readonly onLoaded?: (bundle: Bundle, loaded: Loaded) => void
  readonly metrics?: SandboxMetrics
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

interface Running {
  readonly guest: Guest
  readonly bundle: Bundle
  readonly loaded: Loaded
  readonly readyAt: number
}

const NO_METRICS: SandboxMetrics = { started() {}, died() {}, called() {} }
/** A guest that lived this long was sound: the next death is a first one again. */
const STABLE_MS = 60_000
const REPLACED: Death = { cause: 'replaced', message: 'replaced' }
const CLOSED: Death = { cause: 'closed', message: 'closed' }
const NOT_RUNNING: Settled = { kind: 'died', reason: 'not running' }

/**
 * One controller's handler, whatever guest runs it at the moment: takes new bundles without a gap, and starts the last good
 * one again when its guest dies.
 */
export class Sandbox {
  readonly #options: SandboxOptions
  readonly #clock: Clock
  readonly #metrics: SandboxMetrics
  #memoryBytes: number
  #release: () => void
  #running: Running | undefined
  /** What starts the bundle again while #running is undefined; at most one. */
  #restart: AbortController | undefined
  /** Deaths and failed starts in a row. */
  #failures = 0
  /** Guests of older bundles that still have calls. */
  readonly #retiring = new Set<Guest>()
  /** Guests that load a bundle: a swap's and a restart's. */
  readonly #loading = new Set<Guest>()
  #swaps: Promise<unknown> = Promise.resolve()
  #closed = false
  readonly #readyWaiters = new Set<() => void>()

  constructor(options: SandboxOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#metrics = options.metrics ?? NO_METRICS
    this.#memoryBytes = options.memoryBytes
    this.#release = options.pool.use(options.memoryBytes)
  }

  /** What guests may use from the next one on. */
  set memoryBytes(memoryBytes: number) {
    if (memoryBytes === this.#memoryBytes) return
    this.#release()
    this.#memoryBytes = memoryBytes
    this.#release = this.#options.pool.use(memoryBytes)
  }

  /** Whether a call can run now. */
  get ready(): boolean {
    return this.#running !== undefined
  }

  /** Of the bundle that runs. */
  get bundleHash(): string | undefined {
    return this.#running?.bundle.hash
  }

  /** Process id of the guest that runs. */
  get pid(): number | undefined {
    return this.#running?.guest.pid
  }

  /** Bytes of memory of the guest's own; undefined while there is no guest, or where the system does not say. */
  get usedBytes(): number | undefined {
    return this.#running?.guest.usedBytes
  }

  /**
   * Loads a bundle into a fresh guest, which takes every call from then on; running calls finish on the old one.
   * errors:  RuntimeError HANDLER_LOAD_FAILED with the faulty line, SANDBOX_DIED when no guest starts; the old guest goes on,
   *          and where there is none the new bundle is tried again, as `onState` says
   * order:   swaps run one after the other
   */
  swap(bundle: Bundle): Promise<Loaded> {
    const swapped = this.#swaps.then(() => this.#swap(bundle))
    this.#swaps = swapped.catch(() => {})
    return swapped
  }

  /** Runs an export on the present guest; settles as `died` at once when there is none. */
  async call(request: CallRequest): Promise<Settled> {
    if (this.#running === undefined) return NOT_RUNNING
    const startedAt = performance.now()
    const settled = await this.#running.guest.call(request)
    this.#metrics.called(settled.kind, (performance.now() - startedAt) / 1000)
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

  /** Lets running calls finish for at most `graceMs`, then kills the guests; resolves when they are gone. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    this.#restart?.abort()
    const guests = [...this.#retiring, ...(this.#running === undefined ? [] : [this.#running.guest])]
    this.#running = undefined
    this.#wakeReady()
    for (const guest of this.#loading) guest.kill(CLOSED)
    await Promise.all(guests.map((guest) => this.#endAfter(guest, graceMs, CLOSED)))
    this.#release()
  }

  async #swap(bundle: Bundle): Promise<Loaded> {
    this.#assertOpen()
    try {
      const running = await this.#start(bundle)
      this.#failures = 0
      this.#become(running)
      return running.loaded
    } catch (error) {
      if (!this.#closed && this.#running === undefined && this.#restart === undefined)
        this.#retry(bundle, messageOf(error))
      throw error
    }
  }

  async #start(bundle: Bundle): Promise<Running> {
    const { pool, onLog = () => {}, check = () => {} } = this.#options
    const askedAt = performance.now()
    const guest = await pool.take(this.#memoryBytes)
    void guest.ended.then(({ cause }) => {
      if (cause !== 'replaced' && cause !== 'closed') this.#metrics.died(cause)
    })
    this.#loading.add(guest)
    try {
      this.#assertOpen()
      const types = await guest.load(bundle, onLog)
      this.#assertOpen()
      const loaded = { types, exports: Object.keys(types).filter((name) => types[name] === 'function') }
      check(loaded)
      this.#metrics.started((performance.now() - askedAt) / 1000)
      return { guest, bundle, loaded, readyAt: this.#clock.now() }
    } catch (error) {
      guest.kill(this.#closed ? CLOSED : REPLACED)
      throw error
    } finally {
      this.#loading.delete(guest)
    }
  }

  #become(running: Running): void {
    const old = this.#running
    this.#restart?.abort()
    this.#restart = undefined
    this.#running = running
    if (old !== undefined) this.#retire(old.guest)
    void running.guest.ended.then((death) => this.#onDeath(running, death))
    this.#options.onLoaded?.(running.bundle, running.loaded)
    this.#options.onState?.({ kind: 'ready' })
    this.#wakeReady()
  }

  /** Every call has settled by its own timeout, or has cost the guest its life a little later. */
  #retire(guest: Guest): void {
    this.#retiring.add(guest)
    const graceMs = guest.longestRemainingMs + this.#options.pool.limits.overdueMs
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
    void this.#restartLoop(running.bundle, { kind: 'restarting', message })
  }

  /** For a first bundle that did not load: nothing else would ever start it. */
  #retry(bundle: Bundle, message: string): void {
    this.#failures = 1
    void this.#restartLoop(bundle, { kind: 'failed', message })
  }

  /** Starts the bundle until it runs, or until another one does. */
  async #restartLoop(bundle: Bundle, why: { kind: 'restarting' | 'failed'; message: string }): Promise<void> {
    this.#restart?.abort()
    const restart = new AbortController()
    this.#restart = restart
    const { signal } = restart
    for (let state = why; !signal.aborted; ) {
      const retryInMs = restartDelayMs(this.#failures++)
      this.#options.onState?.({ ...state, retryInMs })
      try {
        await this.#clock.sleep(retryInMs, signal)
        const running = await this.#start(bundle)
        if (signal.aborted) return running.guest.kill(REPLACED)
        return this.#become(running)
      } catch (error) {
        if (isShutDown(error)) return
        state = { kind: 'failed', message: messageOf(error) }
      }
    }
  }

  #assertOpen(): void {
    if (!this.#closed) return
    throw new RuntimeError('SHUTTING_DOWN', `Cannot run the handler of "${this.#options.name}": it is closed`)
  }

  #wakeReady(): void {
    for (const wake of this.#readyWaiters) wake()
  }
}

/** Nothing starts any more. */
function isShutDown(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === 'SHUTTING_DOWN'
}
