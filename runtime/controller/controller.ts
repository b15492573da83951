import PQueue from 'p-queue'
import { objectKey } from '../broker/object-key.ts'
import type { ControllerConfig } from '../config/schema.ts'
import type { Reason } from '../index.ts'
import type { Entry } from '../informer/entry.ts'
import { CircuitBreaker } from '../queue/circuit-breaker.ts'
import { type Priority, type QueueMetrics, WorkQueue } from '../queue/work-queue.ts'
import type { Clock } from '../util/clock.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import { enqueuesSelf } from './enqueue-self.ts'
import { FinalizerUpkeep, UNKNOWN_STATE } from './finalizer-upkeep.ts'
import { Finalizers } from './finalizers.ts'
import { LastStates } from './last-states.ts'
import { MapperRuns } from './mapper-runs.ts'
import { type Parked, Parking } from './parking.ts'
import { isSelective } from './prepare-turn.ts'
import { Retries } from './retries.ts'
import type { SecondaryEvent, SecondarySource } from './secondaries.ts'
import { settleTurn } from './settle-turn.ts'
import { type SharedProcess, Suspects } from './suspects.ts'
import { decideTurn, takeTurn } from './take-turn.ts'
import type { Turn, TurnOptions } from './turn.ts'

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
  /** A key in a hot loop was slowed down. */
  slowedDown(): void
  /** A run of a mapper. */
  mapped(result: 'success' | 'error'): void
}

export interface ControllerLog {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** What a controller needs of the rest; `call`, `hostCall` and the status writer's parts come with TurnOptions. */
export interface ControllerOptions
  extends Omit<TurnOptions, 'with' | 'timeoutMs' | 'find' | 'controller' | 'now' | 'finalizer' | 'wrote'> {
  readonly config: ControllerConfig
  readonly clock: Clock
  readonly log: ControllerLog
  readonly metrics: ControllerMetrics
  find(key: string): Entry | undefined
  entries(): Entry[]
  /** False while the guest cannot take calls: keys wait in the queue. */
  ready(): boolean
  /** Which controllers' calls share a guest; its own alone by default. */
  readonly process?: SharedProcess
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
  readonly #retries: Retries
  readonly #breaker: CircuitBreaker
  readonly #workers: PQueue
  readonly #parking = new Parking()
  readonly #lastStates: LastStates
  readonly #finalizers: Finalizers
  readonly #upkeep: FinalizerUpkeep
  /** Changes of watched objects; their keys go through the same queue. */
  readonly #mappers: MapperRuns
  /** Why a key waits, for its handler's eyes; a key without one is a retry or a requeue that came due. */
  readonly #reasons = new Map<string, Reason>()
  /**
   * Keys that were in hand when their guest died: which of them killed it is not known. While there are any, keys are
   * handed out one at a time, among all controllers of the process, and the one that kills a guest alone is blamed.
   */
  readonly #suspects: Suspects
  /** Keys that others than this controller changed since their last turn began: what parks that turn does not hold for them. */
  readonly #overtaken = new Set<string>()
  /** Exports of the handler's present bundle; empty until the first has loaded. */
  #exports: ReadonlySet<string> = new Set()
  #state: 'idle' | 'working' | 'draining' = 'idle'
  #hasLooked = false
  #cancelResync = () => {}

  constructor(options: ControllerOptions) {
    const { config, clock, log, metrics } = options
    this.#options = options
    this.#config = config
    this.#finalizers = new Finalizers(config.name)
    this.#upkeep = this.#createUpkeep()
    this.#queue = new WorkQueue({ metrics, onReady: () => this.dispatch() })
    this.#suspects = this.#createSuspects()
    this.#retries = new Retries({
      clock,
      suspects: this.#suspects,
      backoff: config.retry,
      log,
      retried: () => metrics.retried(),
      onDue: (key) => this.#queue.add(key),
    })
    this.#breaker = this.#createBreaker()
    this.#lastStates = new LastStates(this.#parking, (key) => this.#lost(key))
    this.#mappers = new MapperRuns({
      ...options,
      retries: this.#retries,
      config: () => this.#config,
      enqueue: (key, priority) => this.#enqueueChange(key, 'watched', priority),
    })
    this.#workers = new PQueue({ concurrency: config.concurrency })
    this.#workers.addEventListener('next', () => {
      this.#suspects.released()
      this.dispatch()
    })
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

  /** Objects whose deletion waits for a `finalize` that fails. */
  get finalizersBlocking(): number {
    return this.#finalizers.blocking
  }

  /** Keys in a hot loop, mappers' included. */
  get slowed(): number {
    return this.#breaker.size
  }

  /** No object bears the finalizer by this controller's doing: the handler has no `finalize`, and the cache shows none. */
  get isFreeOfFinalizers(): boolean {
    if (this.#exports.size === 0 || this.#exports.has('finalize')) return false
    return !isSelective(this.#config) && !this.#options.entries().some((entry) => this.#finalizers.bears(entry))
  }

  parked(): Parked[] {
    return this.#parking.list()
  }

  // --- what informers tell ---

  added(entry: Entry, isInitial: boolean): void {
    this.#options.overlay.observed(this.#objectKey(entry), entry.resourceVersion)
    this.#finalizers.observed(entry)
    this.#dropNeedless(entry)
    if (isSelective(this.#config)) this.#lastStates.cameBack(entry)
    this.#enqueue(entry.key, 'created', isInitial ? 'low' : 'high')
  }

  changed(entry: Entry, old: Entry): void {
    const isOwnWrite = this.#isOwnWrite(entry)
    this.#options.overlay.observed(this.#objectKey(entry), entry.resourceVersion)
    const isHandled = this.#finalizers.observed(entry)
    this.#dropNeedless(entry)
    if (isHandled) return this.#options.metrics.skipped('same-version')
    if (!enqueuesSelf(this.#config.on, entry, old)) return this.#options.metrics.skipped('unchanged')
    if (!isOwnWrite) this.#free(entry.key)
    this.#enqueueChange(entry.key, 'changed', 'high')
  }

  /** A list or a watch said again what is known. */
  redelivered(): void {
    this.#options.metrics.skipped('same-version')
  }

  removed(entry: Entry): void {
    const isMissed = this.#isMissed(entry)
    this.#options.overlay.removed(this.#objectKey(entry), entry)
    this.#forget(entry.key)
    if (!isMissed) return this.#queue.remove(entry.key)
    this.#lastStates.add(entry)
    this.#enqueue(entry.key, 'deleted', 'high')
  }

  /** Something is to be done for an object that went, or that went out of sight; before the first bundle nobody knows. */
  #isMissed(entry: Entry): boolean {
    if (this.#exports.size === 0 || this.#exports.has('deleted')) return true
    return isSelective(this.#config) && (this.#exports.has('finalize') || this.#finalizers.bears(entry))
  }

  /**
   * A change in an object that a primary owns, or that a mapper watches. Before the start there is nothing to do: every
   * primary waits for its first turn, and is to see the cache as it is then.
   */
  secondary(source: SecondarySource, event: SecondaryEvent): void {
    const { entry, isGone, isInitial } = event
    const objectId = objectKey(source.gvk, entry.namespace, entry.name)
    if (isGone) this.#options.overlay.removed(objectId, entry)
    else this.#options.overlay.observed(objectId, entry.resourceVersion)
    if (this.#state !== 'working') return
    const priority = isInitial ? 'low' : 'high'
    if (source.map === undefined) {
      const enqueue = (key: string) => this.#enqueueChange(key, 'owned', priority)
      return enqueueOwner(event, { gvk: this.#config.gvk, find: this.#options.find, enqueue })
    }
    const { key, mayWait } = this.#mappers.add({ gvk: source.gvk, map: source.map }, event)
    if (!mayWait || !this.#breaker.holds(key)) this.#queue.add(key, priority)
  }

  // --- what the host says ---

  /** Last states that `deleted` has not run for. */
  get buried(): readonly Entry[] {
    return this.#lastStates.list()
  }

  /** Takes over the last states that another controller of this name was left with; of some only the metadata was known. */
  inherit(buried: readonly Entry[]): void {
    for (const entry of buried) {
      if (entry.json === UNKNOWN_STATE) continue
      this.#lastStates.add(entry)
      this.#enqueue(entry.key, 'deleted', 'low')
    }
  }

  /** Keys are handed out from now on. */
  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'working'
    this.#settleFinalizers()
    this.dispatch()
  }

  /**
   * Drops all last states. A host on standby sees objects go for which the leader's `deleted` runs; to run it again, maybe
   * hours later and for a name that lives again, is worse than to miss what went in the moments without a leader.
   */
  forgetDeleted(): void {
    this.#lastStates.clear()
  }

  /** A bundle has been loaded and takes all calls from now on; the first one finds its keys queued already. */
  loaded(exports: readonly string[]): void {
    const isReload = this.#exports.size > 0
    this.#exports = new Set(exports)
    if (!this.#exports.has('deleted') && !isSelective(this.#config)) this.#lastStates.clear()
    if (isReload) {
      this.#parking.freeAll()
      this.#retries.acquit()
      this.#breaker.clear()
      for (const key of this.#lastStates.keys()) this.#enqueue(key, 'reload', 'low')
      for (const entry of this.#options.entries()) this.#enqueue(entry.key, 'reload', 'low')
      for (const key of this.#mappers.keys()) this.#queue.add(key)
    }
    this.#settleFinalizers()
    this.dispatch()
  }

  /** Takes over what applies in place: concurrency, retry, resync, `on`, `watches`; the rest is for the next calls. */
  configure(config: ControllerConfig): void {
    this.#config = config
    this.#workers.concurrency = config.concurrency
    this.#retries.backoff = config.retry
    this.#mappers.retain(config.watches)
    this.#scheduleResync()
    this.dispatch()
  }

  /** Runs a parked key again; false when no such key is parked. */
  replay(key: string): boolean {
    const wasParked = [this.#parking.free(key, 'reconcile'), this.#parking.free(key, 'deleted')]
    if (!wasParked.includes(true)) return false
    this.#retries.restart(key)
    this.#enqueue(key, 'replay', 'high')
    return true
  }

  /** Says which controllers' calls share the guest from now on. */
  share(process: SharedProcess): void {
    this.#suspects.process = process
  }

  /** Stops taking keys and waits for those in hand. */
  async drain(): Promise<void> {
    this.#state = 'draining'
    this.#suspects.clear()
    this.#cancelResync()
    this.#mappers.stop()
    this.#breaker.clear()
    await Promise.all([this.#workers.onIdle(), this.#upkeep.stop()])
    this.#suspects.leave()
    // Those in hand set theirs too.
    this.#retries.clearTimers()
  }

  /** Hands keys to workers while there are both, and the guest can take calls. */
  dispatch(): void {
    while (this.#state === 'working' && this.#hasFreeWorker() && this.#options.ready()) {
      if (this.#queue.depth === 0 || !this.#suspects.mayRun) return
      const key = this.#queue.take()
      if (key === undefined) return
      void this.#workers.add(() => this.#work(key))
    }
  }

  #hasFreeWorker(): boolean {
    return this.#exports.size > 0 && this.#inHand < this.#workers.concurrency
  }

  get #inHand(): number {
    return this.#workers.pending + this.#workers.size
  }

  #createSuspects(): Suspects {
    const options = {
      inHand: () => this.#inHand,
      canRun: () => this.#state === 'working' && this.#exports.size > 0 && this.#options.ready(),
      wake: () => this.dispatch(),
    }
    return new Suspects(options, this.#options.process)
  }

  async #work(key: string): Promise<void> {
    const hasWritten = this.#options.overlay.writing()
    const mapping = this.#mappers.take(key)
    this.#breaker.ran(key, mapping === undefined ? this.#isForChange(key) : this.#retries.attempt(key) === 1)
    const turn = mapping === undefined ? this.#turnOf(key) : undefined
    if (mapping !== undefined) await this.#mappers.run(mapping)
    else if (turn !== undefined) await this.#take(turn)
    else this.#retries.skip(key)
    hasWritten()
    this.#queue.done(key)
  }

  #turnOf(key: string): Turn | undefined {
    const reason = this.#reasons.get(key)
    this.#reasons.delete(key)
    this.#overtaken.delete(key)
    const { find } = this.#options
    const state = { ...this.#keyState, exports: this.#exports, find }
    return decideTurn(state, { key, attempt: this.#retries.attempt(key), reason })
  }

  async #take(turn: Turn): Promise<void> {
    const { now } = this.#options.clock
    const startedMs = now()
    const { timeoutMs, with: parameters } = this.#config
    const options = { ...this.#writing(), with: parameters, timeoutMs, now, lastStates: this.#lastStates }
    const { ran, outcome } = await takeTurn({ ...options, exports: this.#exports, selectors: this.#config }, turn)
    const { metrics } = this.#options
    const enqueueNext = (key: string) => this.#enqueueNext(key)
    const hasChanged = (key: string) => this.#hasChangedMeanwhile(key)
    const own = { ...this.#keyState, retries: this.#retries, config: this.#config }
    const parts = { ...own, metrics, now, enqueueNext, hasChanged }
    settleTurn(parts, ran, outcome, (now() - startedMs) / 1000)
  }

  /** Since its turn began, and by others: the event of an own write may have come before the answer. Its next turn waits. */
  #hasChangedMeanwhile(key: string): boolean {
    const entry = this.#options.find(key)
    return entry !== undefined && this.#overtaken.has(key) && !this.#isOwnWrite(entry)
  }

  get #keyState() {
    return { finalizers: this.#finalizers, lastStates: this.#lastStates, parking: this.#parking }
  }

  /** A last state had to make room; where it was all that lived under its key, nothing is kept for that any more. */
  #lost(key: string): void {
    this.#options.metrics.tombstoneDropped()
    if (this.#lastStates.has(key) || this.#options.find(key) !== undefined) return
    this.#forget(key)
    this.#queue.remove(key)
  }

  /** A last state is out of the way: what else lived or lives under the key gets its turn. */
  #enqueueNext(key: string): void {
    if (this.#lastStates.due(key) !== undefined) this.#enqueue(key, 'deleted', 'high')
    else if (this.#options.find(key) !== undefined) this.#enqueue(key, 'created', 'high')
    if (this.#lastStates.takeMissed() && isSelective(this.#config)) this.#upkeep.look()
  }

  #enqueue(key: string, reason: Reason, priority: Priority): void {
    if (this.#state === 'draining') return
    if (priority === 'high' || !this.#reasons.has(key)) this.#reasons.set(key, reason)
    this.#queue.add(key, priority)
  }

  /** As #enqueue(), but that a key in a hot loop waits. What is being deleted never does. */
  #enqueueChange(key: string, reason: ChangeReason, priority: Priority): void {
    if (this.#isDeleting(key)) this.#breaker.forget(key)
    else if (priority === 'high' && this.#breaker.holds(key)) return void this.#reasons.set(key, reason)
    this.#enqueue(key, reason, priority)
  }

  #isForChange(key: string): boolean {
    const reason = this.#reasons.get(key)
    return reason === 'changed' || reason === 'owned' || reason === 'watched'
  }

  #isDeleting(key: string): boolean {
    return this.#options.find(key)?.deletionTimestamp !== undefined
  }

  #free(key: string): void {
    this.#overtaken.add(key)
    if (this.#parking.free(key, 'reconcile')) this.#retries.restart(key)
  }

  /** Drops everything that is kept by key. */
  #forget(key: string): void {
    this.#parking.free(key, 'reconcile')
    this.#retries.forget(key)
    this.#breaker.forget(key)
    this.#reasons.delete(key)
    this.#overtaken.delete(key)
    this.#finalizers.forget(key)
  }

  #createBreaker(): CircuitBreaker {
    const { clock, log, metrics } = this.#options
    return new CircuitBreaker({
      clock,
      onDue: (key) => this.#queue.add(key),
      onOpened: (key, { runs, overMs }) => {
        metrics.slowedDown()
        log.warn(
          `Changes made "${key}" run ${runs} times in ${(overMs / 1000).toFixed(1)} s: it is slowed down while that goes on. ` +
            'Most likely its handler changes it in every run, or another writer does in answer',
          { key },
        )
      },
      onClosed: (key) => log.info(`"${key}" has come to rest and is not slowed down any more`, { key }),
    })
  }

  // --- finalizers ---

  /** What the host does by itself once there is a bundle, and again after each. */
  #settleFinalizers(): void {
    if (this.#state !== 'working' || this.#exports.size === 0) return
    if (!this.#exports.has('finalize')) this.#upkeep.strip()
    if (!this.#hasLooked && isSelective(this.#config)) this.#upkeep.look()
    this.#hasLooked = true
  }

  /** The object bears a finalizer that no export stands behind. */
  #dropNeedless(entry: Entry): void {
    const isNeedless = this.#exports.size > 0 && !this.#exports.has('finalize') && this.#finalizers.bears(entry)
    if (isNeedless && this.#state === 'working') this.#upkeep.strip()
  }

  #createUpkeep(): FinalizerUpkeep {
    return new FinalizerUpkeep({
      ...this.#options,
      ...this.#writing(),
      namespaces: this.#config.namespaces,
      finalizers: this.#finalizers,
      isNeedless: () => !this.#exports.has('finalize'),
      leftUnseen: (entry) => this.#leftUnseen(entry),
    })
  }

  #leftUnseen(entry: Entry): boolean {
    const found = this.#lastStates.addUnseen(entry)
    if (found === 'added') this.#enqueue(entry.key, 'deleted', 'low')
    return found !== 'full'
  }

  /** How the host writes to objects of this controller. */
  #writing() {
    const { finalizer } = this.#finalizers
    const wrote = (entry: Entry) => this.#finalizers.wrote(entry, this.#options.find(entry.key))
    return { ...this.#options, controller: this.#config.name, finalizer, wrote }
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

/** Somebody changed an object. */
type ChangeReason = Extract<Reason, 'changed' | 'owned' | 'watched'>
