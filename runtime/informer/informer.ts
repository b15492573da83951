import type { Resource } from '../kube/resource.ts'
import { isForbidden, isNotFound, KubeStatusError } from '../kube/status-error.ts'
import type { Clock } from '../util/clock.ts'
import type { Gvk } from '../util/gvk.ts'
import { createBackoff, withBackoff } from './backoff.ts'
import type { Entry } from './entry.ts'
import { type InformerState, stateOfFailure, waitingForKind, whyUnfit } from './informer-state.ts'
import type { ListWatch } from './list-watch.ts'
import { IDLE_LIMIT_MS, type ReflectorEvent, reflect } from './reflector.ts'
import { type Lister, Store } from './store.ts'

export type { InformerState }

/**
 * Told of what happens to the objects, in order and synchronously. What it throws is reported and harms nobody. The store
 * already has the new state when it is told.
 */
export interface Subscriber {
  /** `initial`: part of a first list or of the replay at subscribing, rather than news. */
  added?(entry: Entry, initial: boolean): void
  /** Another resourceVersion; the same one again is not told. */
  changed?(entry: Entry, old: Entry): void
  /** The resourceVersion held already, again. */
  redelivered?(entry: Entry): void
  /**
   * With the last state known, and what was held until then, which may be an older one. A re-created object is told as
   * removed, then added.
   */
  removed?(entry: Entry, held: Entry): void
  /** Everything of the first list has been told; again after the kind was gone and came back. */
  synced?(): void
  /** A list that came after the synced one has been told: whatever was missed meanwhile is known now. */
  relisted?(): void
  stateChanged?(state: InformerState): void
}

/** Counts and reports; the default does nothing. */
export interface InformerHooks {
  event(type: 'added' | 'changed' | 'removed' | 'unchanged' | 'bookmark' | 'unknown'): void
  /** A list after the first one. */
  relist(): void
  /** A watch or list ended, at its time, for its silence or by a failure, and the next one begins. */
  restart(why: 'ended' | 'silent' | 'error'): void
  state(state: InformerState): void
  /** The server cannot stream lists. */
  fallback(reason: string): void
  /** Something failed and is tried again; `what`: 'kind', 'watch' or 'subscriber'. */
  error(error: unknown, what: 'kind' | 'watch' | 'subscriber'): void
}

const NO_HOOKS: InformerHooks = { event() {}, relist() {}, restart() {}, state() {}, fallback() {}, error() {} }

/** Where kinds are looked up (KindWatcher). */
export interface KindSource {
  resolve(gvk: Gvk, fresh: boolean): Promise<Resource | undefined>
  whenServed(gvk: Gvk, signal: AbortSignal): Promise<Resource>
}

export interface InformerOptions {
  readonly gvk: Gvk
  readonly namespace?: string | undefined
  /** Whose rights its requests have, for messages; '' for the host's own. */
  readonly identity?: string | undefined
  readonly kinds: KindSource
  /** Asked again whenever the kind was looked up: it may have come back with another plural or scope. */
  readonly sourceOf: (resource: Resource) => ListWatch
  readonly clock: Clock
  /** In [0, 1); default Math.random. */
  readonly random?: () => number
  readonly hooks?: Partial<InformerHooks>
}

/** What is forbidden or misconfigured changes by a person's hand. */
const PATIENT_RETRY_MS = 30_000
/** A kind that has just come to be answers 429 or 503 for a moment, while the API server sets its storage up. */
const SETTLING_MS = 5_000
/** A server's own Retry-After is heeded up to here. */
const MAX_RETRY_AFTER_MS = 60_000
/** A silent watch is opened anew at IDLE_LIMIT_MS; when the server has not even answered that after the longest backoff, something is wrong. */
export const SILENCE_LIMIT_MS = IDLE_LIMIT_MS + 30_000

interface Subscription {
  readonly subscriber: Subscriber
  isActive: boolean
}

/**
 * Keeps the objects of one kind in one scope at hand and tells subscribers of changes, for as long as it runs: kinds that
 * come and go, refused rights, broken watches and restarted API servers are all states, never ends.
 */
export class Informer {
  readonly gvk: Gvk
  readonly namespace: string | undefined
  readonly #options: InformerOptions
  readonly #hooks: InformerHooks
  readonly #random: () => number
  readonly #lifetime = new AbortController()
  #store = new Store()
  /** Replaced, never changed, so that a round of telling is not disturbed by those who come during it. */
  #subscriptions: readonly Subscription[] = []
  #state: InformerState = { kind: 'Syncing' }
  /** The store has had a complete list of the kind as it is served now. */
  #hasSynced = false
  #lastSignAtMs: number
  /** When the kind was last found to be served. */
  #followsSinceMs: number
  /** Completed. */
  #lists = 0
  #restarts = 0

  constructor(options: InformerOptions) {
    this.gvk = options.gvk
    this.namespace = options.namespace
    this.#options = options
    this.#hooks = { ...NO_HOOKS, ...options.hooks }
    this.#random = options.random ?? Math.random
    this.#lastSignAtMs = options.clock.now()
    this.#followsSinceMs = this.#lastSignAtMs
  }

  get state(): InformerState {
    return this.#state
  }

  /** The store is complete, as of some moment; also while a watch is being taken up again. */
  get hasSynced(): boolean {
    return this.#hasSynced
  }

  get lister(): Lister {
    return this.#store
  }

  /** Since the API server last answered or sent anything, be it a bookmark. */
  get lastSignAgeMs(): number {
    return this.#options.clock.now() - this.#lastSignAtMs
  }

  /** Silent past its limit, while it should be watching. */
  get isSilent(): boolean {
    const isWatching = ['Syncing', 'Synced', 'Unreachable'].includes(this.#state.kind)
    return isWatching && this.lastSignAgeMs > SILENCE_LIMIT_MS
  }

  get relists(): number {
    return Math.max(0, this.#lists - 1)
  }

  get restarts(): number {
    return this.#restarts
  }

  /** Runs until `stop()`; to be called once. */
  start(): void {
    void this.#run(this.#lifetime.signal)
  }

  /** Ends the requests and frees the objects; subscribers hear no more. */
  stop(): void {
    this.#lifetime.abort(new Error('The informer was stopped'))
    this.#setState({ kind: 'Stopped' })
    this.#subscriptions = []
    this.#store = new Store()
    this.#hasSynced = false
  }

  /** Tells the objects present as added, before it returns, then all that happens; the answer ends that. */
  subscribe(subscriber: Subscriber): () => void {
    const subscription: Subscription = { subscriber, isActive: true }
    this.#subscriptions = [...this.#subscriptions, subscription]
    for (const entry of this.#store.list()) this.#tellOne(subscription, () => subscriber.added?.(entry, true))
    if (this.#hasSynced) this.#tellOne(subscription, () => subscriber.synced?.())
    return () => {
      subscription.isActive = false
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff({ clock: this.#options.clock, random: this.#random })
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      let leastMs = 0
      try {
        const resource = await this.#resolveKind(!isFirst, signal)
        if (resource === undefined) leastMs = PATIENT_RETRY_MS
        else await this.#follow(resource, backoff, signal)
      } catch (error) {
        if (signal.aborted) return
        if (isForbidden(error)) leastMs = PATIENT_RETRY_MS
        this.#onFailure(error, 'kind', undefined)
      }
      await this.#options.clock.sleep(backoff.nextDelayMs(leastMs), signal).catch(() => {})
    }
  }

  /** Waits until the kind is served; undefined when it is and cannot be followed. */
  async #resolveKind(fresh: boolean, signal: AbortSignal): Promise<Resource | undefined> {
    const { kinds, gvk, namespace } = this.#options
    let resource = await kinds.resolve(gvk, fresh)
    if (resource === undefined) {
      this.#clear()
      this.#setState(waitingForKind(gvk))
      resource = await kinds.whenServed(gvk, signal)
    }
    const unfit = whyUnfit(resource, namespace)
    if (unfit === undefined) return resource
    this.#clear()
    this.#setState({ kind: 'ConfigError', message: unfit })
    return undefined
  }

  /** Returns when the API server says that there is no such collection. */
  async #follow(resource: Resource, backoff: ReturnType<typeof createBackoff>, signal: AbortSignal): Promise<void> {
    const { clock, sourceOf } = this.#options
    const delayOf = (event: ReflectorEvent) =>
      event.kind === 'error' ? backoff.nextDelayMs(leastDelayMs(event.error)) : undefined
    this.#lastSignAtMs = clock.now()
    this.#followsSinceMs = clock.now()
    this.#setState({ kind: this.#hasSynced ? 'Synced' : 'Syncing' })
    const events = reflect({ source: sourceOf(resource), signal, clock, random: this.#random })
    for await (const event of withBackoff(events, delayOf, clock, signal)) {
      if (signal.aborted) return
      this.#take(event, resource)
      if (event.kind === 'error' && isNotFound(event.error)) return
    }
  }

  #take(event: ReflectorEvent, resource: Resource): void {
    switch (event.kind) {
      case 'init':
        return this.#store.beginList()
      case 'initApply':
      case 'apply':
        return this.#apply(event.entry)
      case 'initDone':
        return this.#endList()
      case 'delete':
        return this.#remove(event.entry.key, event.entry)
      case 'alive':
        return this.#onAlive()
      case 'bookmark':
      case 'unknown':
        return this.#hooks.event(event.kind)
      case 'fallback':
        return this.#hooks.fallback(event.reason)
      case 'ended':
        return this.#onRestart(event.isSilent ? 'silent' : 'ended')
      case 'error':
        this.#onRestart('error')
        return this.#onFailure(event.error, 'watch', resource)
      default:
        return event satisfies never
    }
  }

  #apply(entry: Entry): void {
    const old = this.#store.get(entry.key)
    if (old !== undefined && old.uid !== entry.uid) this.#remove(entry.key)
    else if (old?.resourceVersion === entry.resourceVersion) {
      return this.#redeliver(old)
    }
    const replaced = this.#store.set(entry)
    if (replaced === undefined) {
      const initial = !this.#hasSynced
      this.#hooks.event('added')
      this.#tell(({ subscriber }) => subscriber.added?.(entry, initial))
    } else {
      this.#hooks.event('changed')
      this.#tell(({ subscriber }) => subscriber.changed?.(entry, replaced))
    }
  }

  #redeliver(entry: Entry): void {
    this.#store.see(entry.key)
    this.#hooks.event('unchanged')
    this.#tell(({ subscriber }) => subscriber.redelivered?.(entry))
  }

  /** `last` is what the server sent, if it did; of another incarnation it is not the last state of the one held here. */
  #remove(key: string, last?: Entry): void {
    const held = this.#store.delete(key)
    if (held === undefined) return
    const entry = last?.uid === held.uid ? last : held
    this.#hooks.event('removed')
    this.#tell(({ subscriber }) => subscriber.removed?.(entry, held))
  }

  #endList(): void {
    for (const key of this.#store.endList()) this.#remove(key)
    if (this.#lists++ > 0) this.#hooks.relist()
    if (this.#hasSynced) return this.#tell(({ subscriber }) => subscriber.relisted?.())
    this.#hasSynced = true
    this.#setState({ kind: 'Synced' })
    this.#tell(({ subscriber }) => subscriber.synced?.())
  }

  /** The kind is gone, and its objects with it. */
  #clear(): void {
    this.#hasSynced = false
    for (const { key } of this.#store.list()) this.#remove(key)
  }

  #onAlive(): void {
    this.#lastSignAtMs = this.#options.clock.now()
    if (this.#state.kind !== 'Synced') this.#setState({ kind: this.#hasSynced ? 'Synced' : 'Syncing' })
  }

  #onRestart(why: 'ended' | 'silent' | 'error'): void {
    this.#restarts++
    this.#hooks.restart(why)
  }

  #onFailure(error: unknown, what: 'kind' | 'watch', resource: Resource | undefined): void {
    this.#hooks.error(error, what)
    // What comes next says whether the kind is gone.
    if (isNotFound(error) || (isBusy(error) && this.#options.clock.now() - this.#followsSinceMs < SETTLING_MS)) return
    const state = stateOfFailure(error, resource, this.#options)
    // A store once complete stays good to read through an outage; lastSignAgeMs tells how old it is.
    if (!this.#hasSynced || state.kind === 'Forbidden') this.#setState(state)
  }

  #setState(state: InformerState): void {
    const old = this.#state
    if (old.kind === state.kind && messageIn(old) === messageIn(state)) return
    this.#state = state
    this.#hooks.state(state)
    this.#tell(({ subscriber }) => subscriber.stateChanged?.(state))
  }

  #tell(call: (subscription: Subscription) => void): void {
    for (const subscription of this.#subscriptions) this.#tellOne(subscription, () => call(subscription))
  }

  #tellOne(subscription: Subscription, call: () => void): void {
    if (!subscription.isActive) return
    try {
      call()
    } catch (error) {
      this.#hooks.error(error, 'subscriber')
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof KubeStatusError && (error.code === 429 || error.code === 503)
}

function messageIn(state: InformerState): string {
  return 'message' in state ? state.message : ''
}

function leastDelayMs(error: unknown): number {
  if (isForbidden(error)) return PATIENT_RETRY_MS
  const asked = error instanceof KubeStatusError ? (error.retryAfterMs ?? 0) : 0
  return Math.min(asked, MAX_RETRY_AFTER_MS)
}
