import PQueue from 'p-queue'
import { objectKey } from '../broker/object-key.ts'
import type { ControllerConfig } from '../config/schema.ts'
import type { Reason } from '../index.ts'
import { changedParts } from '../informer/changed-parts.ts'
import type { Entry } from '../informer/entry.ts'
import { DelayingQueue } from '../queue/delaying-queue.ts'
import { RateLimiter } from '../queue/rate-limiter.ts'
import { type Priority, type QueueMetrics, WorkQueue } from '../queue/work-queue.ts'
import type { Clock } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import { enqueueMapped } from './enqueue-mapped.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import { decideStep } from './finalizer.ts'
import { FinalizerUpkeep } from './finalizer-upkeep.ts'
import { Finalizers } from './finalizers.ts'
import { type Mapping, Mappings } from './mappings.ts'
import { decideHostFailure, type Failure, type Outcome } from './outcome.ts'
import { type Parked, Parking } from './parking.ts'
import { isSelective, prepareTurn } from './prepare-turn.ts'
import type { SecondaryEvent, SecondarySource } from './secondaries.ts'
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
  readonly #finalizers: Finalizers
  readonly #upkeep: FinalizerUpkeep
  /** Not every object that left the selector could be kept in mind. */
  #hasMissedLeaver = false
  /** Changes of watched objects; their keys go through the same queue. */
  readonly #mappings = new Mappings()
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
  #hasLooked = false
  #cancelResync = () => {}
  /** Set while every object is to be run for changes that were lost to a bound of #mappings. */
  #cancelCatchUp: (() => void) | undefined

  constructor(options: ControllerOptions) {
    const { config, clock, metrics } = options
    this.#options = options
    this.#config = config
    this.#finalizers = new Finalizers(config.name)
    this.#upkeep = this.#createUpkeep()
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

  /** Objects whose deletion waits for a `finalize` that fails. */
  get finalizersBlocking(): number {
    return this.#finalizers.blocking
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
    this.#cameBack(entry)
    this.#enqueue(entry.key, 'created', isInitial ? 'low' : 'high')
  }

  changed(entry: Entry, old: Entry): void {
    const isOwnWrite = this.#isOwnWrite(entry)
    this.#options.overlay.observed(this.#objectKey(entry), entry.resourceVersion)
    const isHandled = this.#finalizers.observed(entry)
    this.#dropNeedless(entry)
    if (isHandled) return this.#options.metrics.skipped('same-version')
    if (!this.#passes(entry, old)) return this.#options.metrics.skipped('unchanged')
    if (!isOwnWrite) this.#free(entry.key)
    this.#enqueue(entry.key, 'changed', 'high')
  }

  /** A list or a watch said again what is known. */
  redelivered(): void {
    this.#options.metrics.skipped('same-version')
  }

  removed(entry: Entry): void {
    const isMissed = this.#isMissed(entry)
    this.#options.overlay.observed(this.#objectKey(entry), undefined)
    this.#forget(entry.key)
    if (!isMissed) return this.#queue.remove(entry.key)
    // A parked one makes room for the one that went now.
    if (this.#parking.free(entry.key, 'deleted')) this.#dropTombstone(entry.key)
    this.#bury(entry)
    this.#enqueue(entry.key, 'deleted', 'high')
  }

  /** Something is to be done for an object that went, or that went out of sight; before the first bundle nobody knows. */
  #isMissed(entry: Entry): boolean {
    if (this.#exports.size === 0 || this.#exports.has('deleted')) return true
    return isSelective(this.#config) && (this.#exports.has('finalize') || this.#finalizers.bears(entry))
  }

  #bury(entry: Entry): void {
    const displaced = this.#tombstones.add(entry)
    if (displaced === undefined) return
    this.#parking.free(displaced, 'deleted')
    this.#options.metrics.tombstoneDropped()
    this.#hasMissedLeaver = true
    if (this.#tombstones.get(displaced) !== undefined || this.#options.find(displaced) !== undefined) return
    // Its turn goes with it: where nobody takes keys, as on standby, they would gather without end.
    this.#forget(displaced)
    this.#queue.remove(displaced)
  }

  /** It had only left the selector, and is selected again before anything was done about that. */
  #cameBack(entry: Entry): void {
    const tombstone = this.#tombstones.get(entry.key)
    if (tombstone?.uid !== entry.uid || !isSelective(this.#config)) return
    this.#tombstones.remove(tombstone)
    this.#parking.free(entry.key, 'deleted')
  }

  /**
   * A change in an object that a primary owns, or that a mapper watches. Before the start there is nothing to do: every
   * primary waits for its first turn, and is to see the cache as it is then.
   */
  secondary(source: SecondarySource, event: SecondaryEvent): void {
    const { entry, isGone, isInitial } = event
    const objectId = objectKey(source.gvk, entry.namespace, entry.name)
    this.#options.overlay.observed(objectId, isGone ? undefined : entry.resourceVersion)
    if (this.#state !== 'working') return
    const priority = isInitial ? 'low' : 'high'
    if (source.map === undefined) {
      const enqueue = (key: string) => this.#enqueue(key, 'owned', priority)
      return enqueueOwner(event, { gvk: this.#config.gvk, find: this.#options.find, enqueue })
    }
    const { key, isLost } = this.#mappings.add({ gvk: source.gvk, map: source.map }, event)
    if (isLost) this.#catchUp()
    this.#queue.add(key, priority)
  }

  // --- what the host says ---

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
    this.#tombstones.clear()
  }

  /** A bundle has been loaded and takes all calls from now on; the first one finds its keys queued already. */
  loaded(exports: readonly string[]): void {
    const isReload = this.#exports.size > 0
    this.#exports = new Set(exports)
    if (!this.#exports.has('deleted') && !isSelective(this.#config)) this.#tombstones.clear()
    if (isReload) {
      this.#parking.freeAll()
      this.#suspects.clear()
      for (const key of this.#tombstones.keys()) this.#enqueue(key, 'reload', 'low')
      for (const entry of this.#options.entries()) this.#enqueue(entry.key, 'reload', 'low')
      for (const key of this.#mappings.keys()) this.#queue.add(key)
    }
    this.#settleFinalizers()
    this.dispatch()
  }

  /** Takes over what applies in place: concurrency, retry, resync, `on`, `watches`; the rest is for the next calls. */
  configure(config: ControllerConfig): void {
    this.#config = config
    this.#workers.concurrency = config.concurrency
    this.#limiter.options = config.retry
    this.#mappings.retain(config.watches)
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
    this.#cancelCatchUp?.()
    await Promise.all([this.#workers.onIdle(), this.#upkeep.stop()])
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
    const mapping = this.#mappings.take(key)
    if (mapping !== undefined) {
      await this.#map(mapping)
      return this.#queue.done(key)
    }
    const turn = this.#turnOf(key)
    if (turn !== undefined) {
      const startedMs = this.#options.clock.now()
      const { ran, outcome } = await this.#run(turn)
      this.#settle(
        ran,
        this.#isOvertaken(ran, outcome) ? GONE : outcome,
        (this.#options.clock.now() - startedMs) / 1000,
      )
    } else {
      this.#suspects.delete(key)
      this.#limiter.forget(key)
    }
    this.#queue.done(key)
  }

  /** The object that the turn was about is no more, and not by the turn's own doing; another may live under its key. */
  #isOvertaken({ export: name, entry, tombstone }: Turn, { kind }: Outcome): boolean {
    if (tombstone !== undefined) return this.#tombstones.get(entry.key) !== tombstone
    if (name === 'finalize' && kind === 'success') return false
    return this.#options.find(entry.key)?.uid !== entry.uid
  }

  #turnOf(key: string): Turn | undefined {
    const reason = this.#reasons.get(key)
    this.#reasons.delete(key)
    const attempt = this.#limiter.failures(key) + 1
    const gone = this.#tombstones.get(key)
    if (gone !== undefined && !this.#parking.has(key, 'deleted')) {
      return { export: 'deleted', entry: gone, tombstone: gone, attempt, reason: reasonOfDeleted(reason, attempt) }
    }
    const entry = this.#options.find(key)
    if (entry === undefined || this.#parking.has(key, 'reconcile')) return undefined
    const isDeleting = entry.deletionTimestamp !== undefined
    const step = decideStep(this.#exports, { isDeleting, bears: this.#finalizers.bears(entry) })
    return step && { ...step, entry, attempt, reason: reason ?? (attempt > 1 ? 'retry' : 'requeue') }
  }

  /** Answers the turn as it ran: for an object out of sight, a look decides what is called. */
  async #run(turn: Turn): Promise<{ ran: Turn; outcome: Outcome }> {
    const { timeoutMs, with: parameters } = this.#config
    const { clock } = this.#options
    const options = { ...this.#writing(), with: parameters, timeoutMs, now: clock.now }
    let ran = turn
    try {
      const prepared = await prepareTurn({ ...options, exports: this.#exports, selectors: this.#config }, turn)
      if ('kind' in prepared) return { ran, outcome: prepared }
      ran = prepared
      return { ran, outcome: await runTurn(options, ran) }
    } catch (error) {
      return { ran, outcome: decideHostFailure(error, { name: 'HostError', action: 'Cannot run the handler' }) }
    }
  }

  /** The one place that acts on an outcome. */
  #settle(turn: Turn, outcome: Outcome, seconds: number): void {
    const { key } = turn.entry
    const { metrics } = this.#options
    const ranAlone = this.#suspects.delete(key)
    if (isHoldingUp(turn)) this.#finalizers.finalized(turn.entry, outcome)
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

  /** Runs a mapper: what fails is put back, so that no change is lost, and is never given up. */
  async #map(mapping: Mapping): Promise<void> {
    const { key } = mapping
    const { metrics } = this.#options
    const { outcome, left } = await this.#runMapper(mapping)
    const ranAlone = this.#suspects.delete(key)
    metrics.mapped(outcome === undefined ? 'success' : 'error')
    if (outcome === undefined) {
      this.#limiter.forget(key)
      return this.#timers.clear(key)
    }
    const { failure } = outcome
    const attempt = this.#limiter.failures(key) + 1
    if (this.#mappings.restore(left)) this.#catchUp()
    if (outcome.kind === 'again') return this.#timers.addAfter(key, outcome.delayMs * (0.5 + Math.random()))
    if (outcome.kind === 'died' && !ranAlone) {
      this.#options.log.warn(`${failure.message}; the mapper runs again, alone`, { key })
      this.#suspects.add(key)
      return this.#timers.addAfter(key, 0)
    }
    const delayMs = this.#limiter.when(key)
    metrics.retried()
    const failed = `${mapping.watch.map} of "${key}" failed (attempt ${attempt}, again in ${formatMs(delayMs)})`
    const stack = failure.stack === undefined ? {} : { stack: failure.stack }
    const fields = { key, attempt, handler: this.#config.handler, ...stack }
    this.#options.log.error(`${failed}: ${failure.name}: ${failure.message}`, fields)
    this.#timers.addAfter(key, delayMs)
  }

  /** Without an outcome: all of it was mapped. */
  async #runMapper(mapping: Mapping): Promise<{ outcome?: MapperFailure; left: Mapping }> {
    const { name, timeoutMs } = this.#config
    const { call, hostCall, find, resource } = this.#options
    const attempt = this.#limiter.failures(mapping.key) + 1
    try {
      const primary = await resource()
      // Without its kind there are no primaries; all of them come as created once it is back.
      if (primary === undefined) return { left: mapping }
      const enqueue = (key: string) => {
        // A mapper may name anything: only what the cache has can be run, and what comes later is run anyway.
        if (find(key) !== undefined) this.#enqueue(key, 'watched', 'high')
      }
      const { namespaced } = primary
      const options = {
        controller: name,
        with: this.#config.with,
        timeoutMs,
        attempt,
        namespaced,
        call,
        hostCall,
        enqueue,
      }
      const mapped = await enqueueMapped(options, mapping)
      return mapped.kind === 'mapped' ? { left: mapping } : mapped
    } catch (error) {
      const failure = { name: 'HostError', action: `Cannot run the mapper` }
      return { outcome: decideHostFailure(error, failure) as MapperFailure, left: mapping }
    }
  }

  /** Runs everything once: that is all that a lost change could have led to. Once in a while only, however many are lost. */
  #catchUp(): void {
    if (this.#cancelCatchUp !== undefined || this.#state !== 'working') return
    this.#options.log.warn('Too many changes wait for a mapper that fails; every object will run instead')
    this.#cancelCatchUp = this.#options.clock.after(CATCH_UP_MS, () => {
      this.#cancelCatchUp = undefined
      for (const { key } of this.#options.entries()) this.#enqueue(key, 'watched', 'low')
    })
  }

  /** `deleted` has run: its last state goes, and what else lived or lives under the key gets its turn. */
  #finished({ entry: { key }, tombstone }: Turn): void {
    if (tombstone === undefined) return
    this.#tombstones.remove(tombstone)
    this.#enqueueNext(key)
    if (!this.#hasMissedLeaver || this.#tombstones.size > 0) return
    this.#hasMissedLeaver = false
    if (isSelective(this.#config)) this.#upkeep.look()
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
    const slot = turn.tombstone === undefined ? 'reconcile' : 'deleted'
    this.#timers.clear(entry.key)
    this.#limiter.forget(entry.key)
    const makesRoom = turn.tombstone !== undefined && this.#tombstones.hasLater(turn.tombstone)
    const next = makesRoom ? 'given up for the next one of this name' : 'parked until it changes'
    this.#options.log.error(sayFailed(turn, failure, next), this.#fieldsOf(turn, failure))
    if (makesRoom) this.#dropTombstone(entry.key)
    else this.#parking.park({ key: entry.key, uid: entry.uid, export: slot, since, attempts, failure })
    // A last state that cannot be worked off must not hold up what took its place.
    if (slot === 'deleted') this.#enqueueNext(entry.key)
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
    this.#finalizers.forget(key)
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
    if (this.#tombstones.isFull) {
      this.#hasMissedLeaver = true
      return false
    }
    if (this.#tombstones.get(entry.key)?.uid === entry.uid) return true
    this.#bury(entry)
    this.#enqueue(entry.key, 'deleted', 'low')
    return true
  }

  /** How the host writes to objects of this controller. */
  #writing() {
    const { finalizer } = this.#finalizers
    const wrote = (entry: Entry) => this.#finalizers.wrote(entry, this.#options.find(entry.key))
    return { ...this.#options, controller: this.#config.name, finalizer, wrote }
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

type MapperFailure = Extract<Outcome, { failure: Failure }>

/** The key may wait for a later object of the same name too, whose reason is not this one's. */
function reasonOfDeleted(reason: Reason | undefined, attempt: number): Reason {
  if (reason === 'reload' || reason === 'replay') return reason
  return attempt > 1 ? 'retry' : 'deleted'
}

/** Nothing else keeps the object from going. */
function isHoldingUp({ export: name, entry }: Turn): boolean {
  return name === 'finalize' && entry.deletionTimestamp !== undefined
}

function sayFailed(turn: Turn, failure: Failure, next: string): string {
  const { export: name = 'the finalizer', entry, attempt } = turn
  const until = isHoldingUp(turn) ? `${next}, blocking its deletion` : next
  return `${name} of "${entry.key}" failed (attempt ${attempt}, ${until}): ${failure.name}: ${failure.message}`
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`
}

/** client-go's overall limit of its default rate limiter. */
const RETRIES_PER_SECOND = 10
const RETRY_BURST = 100

const CATCH_UP_MS = 30_000
