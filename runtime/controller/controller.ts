import PQueue from 'p-queue'
import { objectKey } from '../broker/object-key.ts'
import type { ControllerConfig } from '../config/schema.ts'
import type { Reason } from '../index.ts'
import { changedParts } from '../informer/changed-parts.ts'
import type { Entry } from '../informer/entry.ts'
import { DelayingQueue } from '../queue/delaying-queue.ts'
import { RateLimiter, TokenBucket } from '../queue/rate-limiter.ts'
import { type Priority, type QueueMetrics, WorkQueue } from '../queue/work-queue.ts'
import type { Clock } from '../util/clock.ts'
import { decideHostFailure, type Failure, type Outcome } from './outcome.ts'
import { type Parked, Parking } from './parking.ts'
import { Tombstones } from './tombstones.ts'
import { runTurn, type Turn, type TurnOptions } from './turn.ts'

/** What a controller counts; labels are the caller's affair. */
export interface ControllerMetrics extends QueueMetrics {
  reconciled(result: 'success' | 'requeue_after' | 'requeue' | 'error', seconds: number): void
  retried(): void
  /** A failure that no further attempt can mend: a TerminalError, or a result that the API server refuses. */
  terminal(): void
  /** An event that led to no call. */
  skipped(reason: 'unchanged' | 'same-version'): void
  /** A result that came for an object which is gone. */
  dropped(): void
  tombstoneDropped(): void
}

export interface ControllerLog {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** What a controller needs of the rest; `call`, `hostCall` and the status writer's parts come with TurnOptions. */
export interface ControllerOptions extends Omit<TurnOptions, 'with' | 'timeoutMs' | 'find' | 'controller' | 'now'> {
  readonly config: ControllerConfig
  readonly clock: Clock
  readonly log: ControllerLog
  readonly metrics: ControllerMetrics
  find(key: string): Entry | undefined
  entries(): Entry[]
  /** False while the guest cannot take calls: keys wait in the queue. */
  ready(): boolean
}

/**
 * One controller: from the events of its informers to the calls of its handler.
 *
 * Only keys cross the queue; what a call gets is what the cache holds when it starts. Every failure lives in the queue
 * (as a timer) or in the parking (until something frees it), never in the cache.
 */
export class Controller {
  readonly #options: ControllerOptions
  #config: ControllerConfig
  readonly #queue: WorkQueue
  readonly #timers: DelayingQueue
  readonly #limiter: RateLimiter
  readonly #workers: PQueue
  readonly #parking = new Parking()
  readonly #tombstones = new Tombstones()
  /** Why a key waits, for its handler's eyes; a key without one is a retry or a requeue that came due. */
  readonly #reasons = new Map<string, Reason>()
  /**
   * Keys that were in hand when their guest died: which of them killed it is not known. While there are any, keys are
   * handed out one at a time, and the one that kills a guest alone is blamed.
   */
  readonly #suspects = new Set<string>()
  /** Exports of the handler's present bundle; empty until the first has loaded. */
  #exports: ReadonlySet<string> = new Set()
  #state: 'idle' | 'working' | 'draining' = 'idle'
  #cancelResync = () => {}

  constructor(options: ControllerOptions) {
    const { config, clock, metrics } = options
    this.#options = options
    this.#config = config
    this.#queue = new WorkQueue({ metrics, onReady: () => this.dispatch() })
    this.#timers = new DelayingQueue(clock, (key) => this.#queue.add(key))
    this.#limiter = new RateLimiter(config.retry, new TokenBucket(clock, RETRIES_PER_SECOND, RETRY_BURST))
    this.#workers = new PQueue({ concurrency: config.concurrency })
    this.#workers.addEventListener('next', () => this.dispatch())
    this.#scheduleResync()
  }

  get depth(): number {
    return this.#queue.depth
  }

  /** Keys in hand. */
  get running(): number {
    return this.#queue.processing
  }

  /** Nothing waits, runs or is due at a set time. */
  get isIdle(): boolean {
    return this.#queue.depth === 0 && this.#queue.processing === 0
  }

  parked(): Parked[] {
    return this.#parking.list()
  }

  // --- what informers tell ---

  added(entry: Entry, isInitial: boolean): void {
    this.#options.overlay.observed(this.#objectKey(entry), entry.resourceVersion)
    this.#enqueue(entry.key, 'created', isInitial ? 'low' : 'high')
  }

  changed(entry: Entry, old: Entry): void {
    const isOwnWrite = this.#isOwnWrite(entry)
    this.#options.overlay.observed(this.#objectKey(entry), entry.resourceVersion)
    if (!this.#passes(entry, old)) return this.#options.metrics.skipped('unchanged')
    if (!isOwnWrite) this.#free(entry.key)
    this.#enqueue(entry.key, 'changed', 'high')
  }

  /** A list or a watch said again what is known. */
  redelivered(): void {
    this.#options.metrics.skipped('same-version')
  }

  removed(entry: Entry): void {
    const { overlay, metrics } = this.#options
    overlay.observed(this.#objectKey(entry), undefined)
    this.#forget(entry.key)
    if (!this.#exports.has('deleted') && this.#exports.size > 0) return this.#queue.remove(entry.key)
    // A parked one makes room for the one that went now.
    if (this.#parking.free(entry.key, 'deleted')) this.#dropTombstone(entry.key)
    const displaced = this.#tombstones.add(entry)
    if (displaced !== undefined) {
      this.#parking.free(displaced, 'deleted')
      metrics.tombstoneDropped()
    }
    this.#enqueue(entry.key, 'deleted', 'high')
  }

  // --- what the host says ---

  /** Keys are handed out from now on. */
  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'working'
    this.dispatch()
  }

  /** A bundle has been loaded and takes all calls from now on; the first one finds its keys queued already. */
  loaded(exports: readonly string[]): void {
    const isReload = this.#exports.size > 0
    this.#exports = new Set(exports)
    if (!this.#exports.has('deleted')) this.#tombstones.clear()
    if (isReload) {
      this.#parking.freeAll()
      this.#suspects.clear()
      for (const key of this.#tombstones.keys()) this.#enqueue(key, 'reload', 'low')
      for (const entry of this.#options.entries()) this.#enqueue(entry.key, 'reload', 'low')
    }
    this.dispatch()
  }

  /** Takes over what applies in place: concurrency, retry, resync, `on`; the rest is for the next calls. */
  configure(config: ControllerConfig): void {
    this.#config = config
    this.#workers.concurrency = config.concurrency
    this.#limiter.options = config.retry
    this.#scheduleResync()
    this.dispatch()
  }

  /** Runs a parked key again; false when no such key is parked. */
  replay(key: string): boolean {
    const wasParked = [this.#parking.free(key, 'reconcile'), this.#parking.free(key, 'deleted')]
    if (!wasParked.includes(true)) return false
    this.#limiter.forget(key)
    this.#enqueue(key, 'replay', 'high')
    return true
  }

  /** Stops taking keys and waits for those in hand. */
  async drain(): Promise<void> {
    this.#state = 'draining'
    this.#cancelResync()
    await this.#workers.onIdle()
    // Those in hand set theirs too.
    this.#timers.clearAll()
  }

  /** Hands keys to workers while there are both, and the guest can take calls. */
  dispatch(): void {
    while (this.#state === 'working' && this.#hasFreeWorker() && this.#options.ready()) {
      const key = this.#queue.take()
      if (key === undefined) return
      void this.#workers.add(() => this.#work(key))
    }
  }

  #hasFreeWorker(): boolean {
    const most = this.#suspects.size > 0 ? 1 : this.#workers.concurrency
    return this.#exports.size > 0 && this.#workers.pending + this.#workers.size < most
  }

  async #work(key: string): Promise<void> {
    const turn = this.#turnOf(key)
    if (turn !== undefined) {
      const startedMs = this.#options.clock.now()
      const outcome = await this.#run(turn)
      this.#settle(turn, this.#isGone(turn) ? GONE : outcome, (this.#options.clock.now() - startedMs) / 1000)
    } else {
      this.#suspects.delete(key)
      this.#limiter.forget(key)
    }
    this.#queue.done(key)
  }

  /** The object that the turn was about is no more; another may live under its key. */
  #isGone({ export: name, entry }: Turn): boolean {
    if (name === 'deleted') return this.#tombstones.get(entry.key) !== entry
    return this.#options.find(entry.key)?.uid !== entry.uid
  }

  #turnOf(key: string): Turn | undefined {
    const reason = this.#reasons.get(key)
    this.#reasons.delete(key)
    const attempt = this.#limiter.failures(key) + 1
    const gone = this.#tombstones.get(key)
    if (gone !== undefined && this.#exports.has('deleted') && !this.#parking.has(key, 'deleted')) {
      return { export: 'deleted', entry: gone, attempt, reason: reasonOfDeleted(reason, attempt) }
    }
    const entry = this.#options.find(key)
    if (entry === undefined || this.#parking.has(key, 'reconcile') || !this.#exports.has('reconcile')) return undefined
    return { export: 'reconcile', entry, attempt, reason: reason ?? (attempt > 1 ? 'retry' : 'requeue') }
  }

  #run(turn: Turn): Promise<Outcome> {
    const { name, timeoutMs } = this.#config
    const { clock } = this.#options
    const options = { ...this.#options, controller: name, with: this.#config.with, timeoutMs, now: clock.now }
    return runTurn(options, turn).catch((error) =>
      decideHostFailure(error, { name: 'HostError', action: 'Cannot run the handler' }),
    )
  }

  /** The one place that acts on an outcome. */
  #settle(turn: Turn, outcome: Outcome, seconds: number): void {
    const { key } = turn.entry
    const { metrics } = this.#options
    const ranAlone = this.#suspects.delete(key)
    switch (outcome.kind) {
      case 'success':
        metrics.reconciled('success', seconds)
        this.#limiter.forget(key)
        this.#timers.clear(key)
        return this.#finished(turn)
      case 'requeueAfter':
        metrics.reconciled('requeue_after', seconds)
        this.#limiter.forget(key)
        return this.#timers.addAfter(key, outcome.delayMs)
      case 'again':
        metrics.reconciled('requeue', seconds)
        this.#options.log.warn(`${outcome.failure.message}; the key runs again`, { key })
        return this.#timers.addAfter(key, outcome.delayMs * (0.5 + Math.random()))
      case 'retry':
        metrics.reconciled('error', seconds)
        return this.#retry(turn, outcome.failure)
      case 'died':
        if (!ranAlone) return this.#suspect(turn, outcome.failure, seconds)
        metrics.reconciled('error', seconds)
        return this.#retry(turn, outcome.failure)
      case 'terminal':
        metrics.reconciled('error', seconds)
        metrics.terminal()
        return this.#park(turn, outcome.failure)
      case 'gone':
        metrics.dropped()
        this.#limiter.forget(key)
        return this.#finished(turn)
    }
  }

  /** `deleted` has run: its last state goes, and what else lived or lives under the key gets its turn. */
  #finished({ export: name, entry }: Turn): void {
    if (name !== 'deleted') return
    this.#tombstones.remove(entry)
    this.#enqueueNext(entry.key)
  }

  #enqueueNext(key: string): void {
    const isDeletedDue = this.#tombstones.get(key) !== undefined && !this.#parking.has(key, 'deleted')
    if (isDeletedDue) this.#enqueue(key, 'deleted', 'high')
    else if (this.#options.find(key) !== undefined) this.#enqueue(key, 'created', 'high')
  }

  #dropTombstone(key: string): void {
    const entry = this.#tombstones.get(key)
    if (entry === undefined) return
    this.#tombstones.remove(entry)
    this.#options.metrics.tombstoneDropped()
  }

  /** Runs it again, alone and without a counted attempt. */
  #suspect({ entry: { key } }: Turn, { message }: Failure, seconds: number): void {
    this.#options.metrics.reconciled('requeue', seconds)
    this.#options.log.warn(`${message}; the key runs again, alone`, { key })
    this.#suspects.add(key)
    this.#timers.addAfter(key, 0)
  }

  #retry(turn: Turn, failure: Failure): void {
    const { maxAttempts } = this.#config.retry
    if (maxAttempts > 0 && turn.attempt >= maxAttempts) return this.#park(turn, failure)
    const delayMs = this.#limiter.when(turn.entry.key)
    this.#options.metrics.retried()
    this.#options.log.error(sayFailed(turn, failure, `again in ${formatMs(delayMs)}`), this.#fieldsOf(turn, failure))
    this.#timers.addAfter(turn.entry.key, delayMs)
  }

  #park(turn: Turn, failure: Failure): void {
    const { entry, attempt: attempts } = turn
    const since = new Date(this.#options.clock.now()).toISOString()
    this.#timers.clear(entry.key)
    this.#limiter.forget(entry.key)
    const makesRoom = turn.export === 'deleted' && this.#tombstones.hasLater(entry)
    const next = makesRoom ? 'given up for the next one of this name' : 'parked until it changes'
    this.#options.log.error(sayFailed(turn, failure, next), this.#fieldsOf(turn, failure))
    if (makesRoom) this.#dropTombstone(entry.key)
    else this.#parking.park({ key: entry.key, uid: entry.uid, export: turn.export, since, attempts, failure })
    // A last state that cannot be worked off must not hold up what took its place.
    if (turn.export === 'deleted') this.#enqueueNext(entry.key)
  }

  /** The file is named always: of a result, a timeout or a death there is no stack that does. */
  #fieldsOf({ entry, attempt }: Turn, { stack }: Failure): object {
    const { handler } = this.#config
    return { key: entry.key, attempt, handler, ...(stack === undefined ? {} : { stack }) }
  }

  #enqueue(key: string, reason: Reason, priority: Priority): void {
    if (this.#state === 'draining') return
    if (priority === 'high' || !this.#reasons.has(key)) this.#reasons.set(key, reason)
    this.#queue.add(key, priority)
  }

  #free(key: string): void {
    if (this.#parking.free(key, 'reconcile')) this.#limiter.forget(key)
  }

  /** Drops everything that is kept by key. */
  #forget(key: string): void {
    this.#parking.free(key, 'reconcile')
    this.#limiter.forget(key)
    this.#timers.clear(key)
    this.#reasons.delete(key)
    this.#suspects.delete(key)
  }

  /** Creation, deletionTimestamp and finalizer changes always pass; the rest by `on`. */
  #passes(entry: Entry, old: Entry): boolean {
    const { on } = this.#config
    if (on === undefined || entry.deletionTimestamp !== old.deletionTimestamp) return true
    if (entry.finalizers.join() !== old.finalizers.join()) return true
    return changedParts(old, entry, on).length > 0
  }

  #isOwnWrite(entry: Entry): boolean {
    const written = this.#options.overlay.lookup(this.#objectKey(entry))
    return typeof written === 'object' && written.resourceVersion === entry.resourceVersion
  }

  #objectKey({ namespace, name }: Entry): string {
    return objectKey(this.#config.gvk, namespace, name)
  }

  #scheduleResync(): void {
    this.#cancelResync()
    const { resyncMs } = this.#config
    if (resyncMs === 0 || this.#state === 'draining') return
    this.#cancelResync = this.#options.clock.after(resyncMs, () => {
      for (const entry of this.#options.entries()) this.#enqueue(entry.key, 'resync', 'low')
      this.#scheduleResync()
    })
  }
}

const GONE: Outcome = { kind: 'gone' }

/** The key may wait for a later object of the same name too, whose reason is not this one's. */
function reasonOfDeleted(reason: Reason | undefined, attempt: number): Reason {
  if (reason === 'reload' || reason === 'replay') return reason
  return attempt > 1 ? 'retry' : 'deleted'
}

function sayFailed({ export: name, entry, attempt }: Turn, failure: Failure, next: string): string {
  return `${name} of "${entry.key}" failed (attempt ${attempt}, ${next}): ${failure.name}: ${failure.message}`
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`
}

/** client-go's overall limit of its default rate limiter. */
const RETRIES_PER_SECOND = 10
const RETRY_BURST = 100
