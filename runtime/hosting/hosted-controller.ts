import { createBroker, type HostCall } from '../broker/broker.ts'
import { EventRecorder } from '../broker/event-recorder.ts'
import { objectKeyPrefix } from '../broker/object-key.ts'
import { Overlay } from '../broker/overlay.ts'
import type { ControllerConfig } from '../config/schema.ts'
import { Controller } from '../controller/controller.ts'
import type { Bearer } from '../controller/finalizer-bearers.ts'
import { retireFinalizer } from '../controller/finalizer-retire.ts'
import { createJointCache, createScopeReader, type Scope, type ScopeReader } from '../controller/scopes.ts'
import { Secondaries, type SecondarySource, sourcesOf } from '../controller/secondaries.ts'
import { RuntimeError } from '../errors.ts'
import type { Subscriber } from '../informer/informer.ts'
import type { Informers } from '../informer/informers.ts'
import type { AccessReviews } from '../kube/access-reviews.ts'
import type { KubeClient, KubeRequest } from '../kube/client.ts'
import type { Discovery } from '../kube/discovery.ts'
import type { ControllerRecorder } from '../observe/controller-metrics.ts'
import type { Logger } from '../observe/log.ts'
import type { GuestPool } from '../sandbox/guest-pool.ts'
import type { Clock } from '../util/clock.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'
import { ControllerAccess } from './controller-access.ts'
import { ControllerRequests } from './controller-requests.ts'
import type { ControllerWrite } from './controller-write.ts'
import { HostedHandler } from './hosted-handler.ts'
import { type HostedState, hostedState } from './hosted-state.ts'
import type { IsolationGroups } from './isolation-groups.ts'

/** What all controllers of a host share. */
export interface HostParts {
  readonly clock: Clock
  readonly log: Logger
  readonly client: KubeClient
  readonly discovery: Discovery
  readonly reviews: AccessReviews
  readonly informers: Informers
  readonly pool: GuestPool
  readonly isolation: IsolationGroups
  /** The folder of the config file. */
  readonly configDir: string
  /** False on standby: caches sync and guests load, and no key is handed out. */
  isLeader(): boolean
  metricsOf(controller: string): ControllerRecorder
  /** A controller has changed something. */
  onWrite(write: ControllerWrite): void
  /** The set of files to watch, or a state, is another one. */
  onChange(): void
}

/**
 * One entry of the config, alive: its informers, its guest, its broker and its controller, and what happens to them when
 * the entry or the handler changes.
 */
export class HostedController {
  readonly #parts: HostParts
  readonly #log: Logger
  readonly #metrics: ControllerRecorder
  /** What the guest that runs was started with. */
  #config: ControllerConfig
  /** The entry as the config file has it now; the same as #config but while its guest does not load. */
  #wanted: ControllerConfig
  readonly #scopes: readonly Scope[]
  readonly #reader: ScopeReader
  readonly #handler: HostedHandler
  readonly #controller: Controller
  readonly #access: ControllerAccess
  readonly #requests: ControllerRequests
  readonly #secondaries: Secondaries
  readonly #events: EventRecorder
  readonly #overlay: Overlay
  readonly #unsubscribes: readonly (() => void)[]
  /** Everything has been subscribed to: what others follow already is told at once, and must not start half of this one. */
  #isFollowing = false

  constructor(parts: HostParts, config: ControllerConfig) {
    this.#parts = parts
    this.#config = config
    this.#wanted = config
    this.#log = parts.log.child({ controller: config.name })
    this.#metrics = parts.metricsOf(config.name)
    this.#scopes = acquireScopes(parts.informers, config)
    const selected = config.labelSelector !== undefined || config.fieldSelector !== undefined
    this.#reader = createScopeReader(this.#scopes, config.gvk, selected)
    this.#requests = this.#createRequests()
    this.#events = this.#createEvents()
    this.#overlay = new Overlay(parts.clock)
    this.#handler = this.#createHandler()
    this.#access = this.#createAccess()
    this.#controller = this.#createController()
    this.#secondaries = this.#createSecondaries()
    this.#unsubscribes = this.#scopes.map((scope) => this.#subscribe(scope, this.#primaryEvents))
    this.#secondaries.follow(config)
    this.#isFollowing = true
    this.#access.check()
    this.#startWhenSynced()
    this.reloadHandler()
  }

  get config(): ControllerConfig {
    return this.#config
  }

  get controller(): Controller {
    return this.#controller
  }

  get recorder(): ControllerRecorder {
    return this.#metrics
  }

  /** Private memory of the guest, whoever shares it; undefined while there is none, or where the system does not say. */
  get guestMemoryBytes(): number | undefined {
    return this.#handler.usedBytes
  }

  /** The files that make up the handler. */
  get inputs(): readonly string[] {
    return this.#handler.inputs
  }

  get state(): HostedState {
    return hostedState({
      scopes: this.#followed,
      access: this.#access,
      controller: this.#controller,
      sandbox: this.#handler.sandboxState,
      hasBundle: this.#handler.hasBundle,
      handlerFault: this.#handler.fault,
      isLeader: this.#parts.isLeader(),
    })
  }

  get #followed(): readonly Scope[] {
    return [...this.#scopes, ...this.#secondaries.scopes]
  }

  /** Takes over an entry that asks for the same objects: what needs no guest at once, all of it once a fresh guest runs. */
  update(config: ControllerConfig, needsGuest: boolean): void {
    this.#wanted = config
    // A bundle may wait for just this config, or lack a mapper that it names.
    const needsBundle = this.#handler.fault !== undefined || !this.#handler.hasMappersOf(config)
    if (!needsGuest && !needsBundle) return this.#configure(config)
    const { concurrency, retry, resyncMs, on, owns } = config
    this.#configure({ ...this.#config, concurrency, retry, resyncMs, on, owns })
    this.reloadHandler({ always: needsGuest })
  }

  #configure(config: ControllerConfig): void {
    this.#config = config
    this.#controller.configure(config)
    this.#secondaries.follow(config)
    this.#access.check()
  }

  /** The host has come to lead: what went while it stood by was the former leader's. */
  lead(): void {
    this.#controller.forgetDeleted()
    this.#startWhenSynced()
  }

  /** Builds the handler and, if it is another one than runs, or `always`, swaps the guest. */
  reloadHandler({ always = false } = {}): void {
    this.#handler.reload(always)
  }

  /** Resolves when no build or swap is under way. */
  get settled(): Promise<void> {
    return this.#handler.settled
  }

  /** Ends in order: no more keys, the running calls, the guest, the informers. A second call may cut the grace short. */
  async stop(graceMs: number): Promise<void> {
    this.#handler.stop()
    this.#access.stop()
    this.#secondaries.unsubscribe()
    const { clock } = this.#parts
    const drained = this.#controller.drain()
    const { promise: timeIsUp, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(graceMs, resolve)
    await Promise.race([drained, timeIsUp])
    cancel()
    await this.#handler.close()
    // An API server that does not answer must not hold up the end.
    this.#requests.cut(
      new RuntimeError('SHUTTING_DOWN', `Cannot go on with "${this.#config.name}": it has been stopped`),
    )
    // What was cut off settles now; nothing of this controller is under way any more.
    await drained
    // Not before: what goes while calls finish is kept in mind, for whoever takes over.
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    for (const scope of this.#scopes) scope.release()
    this.#secondaries.release()
    this.#events.close()
    this.#metrics.remove()
  }

  /**
   * Takes the finalizer off all objects, once stopped: no entry stands behind it any more. Resolves when none bears it, or
   * the signal aborts.
   */
  async retire(signal: AbortSignal, isWanted: (bearer: Bearer) => boolean): Promise<void> {
    const { clock, discovery } = this.#parts
    const resource = () => discovery.resolve(this.#config.gvk)
    // Not by #requests, which ended with the controller.
    const { name: user, as } = this.#config
    const send = (request: KubeRequest) => this.#parts.client.request({ ...request, user, as })
    await retireFinalizer({ config: this.#config, clock, log: this.#log, signal, isWanted, resource, send })
  }

  #createHandler(): HostedHandler {
    return new HostedHandler({
      ...this.#parts,
      log: this.#log,
      metrics: this.#metrics,
      config: () => this.#config,
      wanted: () => this.#wanted,
      onLoaded: (isFirst) => {
        this.#configure(this.#wanted)
        // What it exports needs rights of its own; what ran before is not held up for them.
        this.#access.check({ hold: isFirst })
        this.#controller.loaded(this.#handler.exports)
      },
      onReady: () => this.#controller.dispatch(),
      onMoved: (process) => this.#controller.share(process),
    })
  }

  #createController(): Controller {
    const { clock, discovery } = this.#parts
    const overlay = this.#overlay
    return new Controller({
      config: this.#config,
      clock,
      log: this.#log,
      metrics: this.#metrics,
      overlay,
      send: (request) => this.#requests.send(request),
      hostCall: this.#createHostCall(overlay),
      call: (request) => this.#handler.call(request),
      ready: () => this.#handler.ready && this.#access.isEnough,
      process: this.#handler.process,
      resource: () => discovery.resolve(this.#config.gvk),
      find: (key) => this.#reader.find(key),
      entries: () => this.#reader.entries(),
    })
  }

  #createAccess(): ControllerAccess {
    const { clock, reviews, discovery } = this.#parts
    const { name, as } = this.#config
    return new ControllerAccess({
      ...{ clock, reviews, discovery, name, as, log: this.#log },
      config: () => this.#wanted,
      exports: () => this.#handler.exports,
      primaryScopes: this.#scopes,
      scopes: () => this.#followed,
      onChange: () => {
        this.#startWhenSynced()
        this.#controller.dispatch()
        this.#parts.onChange()
      },
    })
  }

  #createRequests(): ControllerRequests {
    const { name: user, as } = this.#config
    const { client, onWrite } = this.#parts
    return new ControllerRequests({
      ...{ client, user, as },
      wrote: ({ method, path, body }, text) => onWrite({ controller: user, method, path, body, text }),
      forbidden: () => this.#access.suspect(),
    })
  }

  #createEvents(): EventRecorder {
    return new EventRecorder({
      clock: this.#parts.clock,
      send: (request) => this.#requests.send(request),
      warn: (message) => this.#log.warn(message),
      dropped: () => this.#metrics.eventDropped(),
    })
  }

  #createHostCall(overlay: Overlay): HostCall {
    const { clock, discovery } = this.#parts
    const rights = () => {
      const { allow, namespaces, gvk } = this.#config
      return { allow, namespaces, implied: [gvk, ...sourcesOf(this.#config).map((source) => source.gvk)] }
    }
    return createBroker({
      controller: this.#config.name,
      // Read anew by each call: an entry's `allow` may change under a running host.
      get rights() {
        return rights()
      },
      cache: createJointCache(() => [this.#reader, ...this.#secondaries.caches()]),
      events: this.#events,
      overlay,
      resolve: (kind) => discovery.resolve(kind),
      all: async () => [...(await discovery.all())],
      send: (request, unsent) => this.#requests.send(request, unsent),
      now: clock.now,
      warn: (message) => this.#log.warn(message),
    })
  }

  readonly #primaryEvents: Subscriber = {
    added: (entry, isInitial) => this.#controller.added(entry, isInitial),
    changed: (entry, old) => this.#controller.changed(entry, old),
    redelivered: () => this.#controller.redelivered(),
    removed: (entry) => this.#controller.removed(entry),
  }

  #createSecondaries(): Secondaries {
    return new Secondaries({
      acquire: (gvk) => acquireSecondary(this.#parts.informers, this.#config, gvk),
      subscribe: (source, scope) => this.#subscribe(scope, this.#secondaryEvents(source)),
    })
  }

  #secondaryEvents(source: SecondarySource): Subscriber {
    const controller = this.#controller
    return {
      added: (entry, isInitial) => controller.secondary(source, { entry, old: undefined, isGone: false, isInitial }),
      changed: (entry, old) => controller.secondary(source, { entry, old, isGone: false, isInitial: false }),
      removed: (entry, old) => controller.secondary(source, { entry, old, isGone: true, isInitial: false }),
    }
  }

  #subscribe({ informer }: Scope, events: Subscriber): () => void {
    return informer.subscribe({
      ...events,
      synced: () => {
        this.#log.info('Cache synced', {
          ...(events === this.#primaryEvents ? {} : { kind: formatGvk(informer.gvk) }),
          objects: informer.lister.size,
          ...(informer.namespace === undefined ? {} : { namespace: informer.namespace }),
        })
        this.#startWhenSynced()
      },
      relisted: () => this.#overlay.relisted(objectKeyPrefix(informer.gvk, informer.namespace)),
      stateChanged: (state) => {
        this.#access.onScopeState(state)
        this.#startWhenSynced()
        this.#parts.onChange()
      },
    })
  }

  /**
   * Keys are handed out once this host leads and every scope has its objects, or waits for what may never come. What is owned or watched in
   * the same namespaces must be there too: a handler that cannot see what it made makes it again.
   */
  #startWhenSynced(): void {
    if (!this.#isFollowing || !this.#parts.isLeader() || !this.#access.isEnough) return
    const synced = this.#scopes.filter(({ informer }) => informer.hasSynced)
    const mayStart = this.#scopes.every((scope) => synced.includes(scope) || scope.informer.state.kind === 'Forbidden')
    if (!mayStart || synced.length === 0) return
    const needed = this.#secondaries.scopes.filter(({ namespace }) =>
      synced.some((scope) => scope.namespace === namespace),
    )
    if (needed.every(({ informer }) => informer.hasSynced)) this.#controller.start()
  }
}

/** All that an entry follows. */
export function acquireAll(informers: Informers, config: ControllerConfig): Scope[] {
  const secondary = sourcesOf(config).flatMap(({ gvk }) => acquireSecondary(informers, config, gvk))
  return [...acquireScopes(informers, config), ...secondary]
}

/** The selectors are those of the primaries. */
function acquireSecondary(informers: Informers, config: ControllerConfig, gvk: Gvk): Scope[] {
  return acquireScopes(informers, { ...config, gvk, labelSelector: undefined, fieldSelector: undefined })
}

/** What an entry watches, shared with whoever watches the same as the same user: one cache never holds what another may read. */
function acquireScopes(
  informers: Informers,
  { gvk, namespaces, labelSelector, fieldSelector, as = '' }: ControllerConfig,
): Scope[] {
  const all = namespaces.length === 0 ? [undefined] : namespaces
  return all.map((namespace) => {
    const { informer, release } = informers.acquire({ identity: as, gvk, namespace, labelSelector, fieldSelector })
    return { namespace, informer, release }
  })
}
