import { isDeepStrictEqual } from 'node:util'
import { createBroker, type HostCall } from '../broker/broker.ts'
import { EventRecorder } from '../broker/event-recorder.ts'
import { objectKeyPrefix } from '../broker/object-key.ts'
import { Overlay } from '../broker/overlay.ts'
import type { ControllerConfig } from '../config/schema.ts'
import { Controller } from '../controller/controller.ts'
import type { Bearer } from '../controller/finalizer-bearers.ts'
import { retireFinalizer } from '../controller/finalizer-retire.ts'
import { assertExports } from '../controller/handler-exports.ts'
import { createJointCache, createScopeReader, type Scope, type ScopeReader } from '../controller/scopes.ts'
import { Secondaries, type SecondarySource, sourcesOf } from '../controller/secondaries.ts'
import type { TurnRequest } from '../controller/turn.ts'
import { RuntimeError } from '../errors.ts'
import type { Subscriber } from '../informer/informer.ts'
import type { Informers } from '../informer/informers.ts'
import type { AccessReviews } from '../kube/access-reviews.ts'
import type { KubeClient, KubeRequest } from '../kube/client.ts'
import type { Discovery } from '../kube/discovery.ts'
import type { ControllerRecorder } from '../observe/controller-metrics.ts'
import type { Logger } from '../observe/log.ts'
import { type Bundle, bundleHandler } from '../sandbox/bundle.ts'
import type { CallRequest, GuestLog } from '../sandbox/call.ts'
import type { GuestPool } from '../sandbox/guest-pool.ts'
import { type Loaded, Sandbox, type SandboxState } from '../sandbox/sandbox.ts'
import type { Clock } from '../util/clock.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'
import { sayError } from '../util/say-error.ts'
import { ControllerAccess } from './controller-access.ts'
import { ControllerRequests } from './controller-requests.ts'
import type { ControllerWrite } from './controller-write.ts'
import { type HostedState, hostedState } from './hosted-state.ts'
import type { IsolationGroup, IsolationGroups } from './isolation-groups.ts'

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
  /** Whose process runs the handler. */
  #isolation: IsolationGroup
  readonly #sandbox: Sandbox
  readonly #controller: Controller
  readonly #access: ControllerAccess
  readonly #requests: ControllerRequests
  readonly #secondaries: Secondaries
  readonly #events: EventRecorder
  readonly #overlay: Overlay
  readonly #unsubscribes: readonly (() => void)[]
  /** Of the bundle that runs; undefined until one has loaded. */
  #bundle: Bundle | undefined
  /** Of that bundle. */
  #exports: readonly string[] = []
  /** Files that the last build read, whether it went well or not. */
  #inputs: readonly string[]
  /** Why the newest version of the handler does not run; the one before may well do. */
  #handlerFault: string | undefined
  #sandboxState: SandboxState | undefined
  /** Builds and swaps, one after the other. */
  #loading: Promise<void> = Promise.resolve()
  /** Everything has been subscribed to: what others follow already is told at once, and must not start half of this one. */
  #isFollowing = false
  #isStopped = false

  constructor(parts: HostParts, config: ControllerConfig) {
    this.#parts = parts
    this.#config = config
    this.#wanted = config
    this.#log = parts.log.child({ controller: config.name })
    this.#metrics = parts.metricsOf(config.name)
    this.#inputs = [config.handler]
    this.#scopes = acquireScopes(parts.informers, config)
    const selected = config.labelSelector !== undefined || config.fieldSelector !== undefined
    this.#reader = createScopeReader(this.#scopes, config.gvk, selected)
    this.#requests = this.#createRequests()
    this.#events = this.#createEvents()
    this.#overlay = new Overlay(parts.clock)
    this.#isolation = parts.isolation.acquire(config.isolation)
    this.#sandbox = this.#createSandbox()
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
    return this.#sandbox.usedBytes
  }

  /** The files that make up the handler. */
  get inputs(): readonly string[] {
    return this.#inputs
  }

  get state(): HostedState {
    return hostedState({
      scopes: this.#followed,
      access: this.#access,
      controller: this.#controller,
      sandbox: this.#sandboxState,
      hasBundle: this.#bundle !== undefined,
      handlerFault: this.#handlerFault,
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
    const needsBundle = this.#handlerFault !== undefined || !hasMappers(this.#exports, config)
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
    this.#loading = this.#loading.then(() => this.#load(always))
  }

  /** Resolves when no build or swap is under way. */
  get settled(): Promise<void> {
    return this.#loading
  }

  /** Ends in order: no more keys, the running calls, the guest, the informers. A second call may cut the grace short. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true
    this.#access.stop()
    this.#secondaries.unsubscribe()
    const { clock } = this.#parts
    const drained = this.#controller.drain()
    const { promise: timeIsUp, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(graceMs, resolve)
    await Promise.race([drained, timeIsUp])
    cancel()
    await this.#sandbox.close(0)
    // An API server that does not answer must not hold up the end.
    this.#requests.cut(
      new RuntimeError('SHUTTING_DOWN', `Cannot go on with "${this.#config.name}": it has been stopped`),
    )
    // What was cut off settles now; nothing of this controller is under way any more.
    await drained
    // Not before: what goes while calls finish is kept in mind, for whoever takes over.
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    this.#isolation.release()
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

  async #load(always: boolean): Promise<void> {
    if (this.#isStopped) return
    try {
      const bundle = await this.#build()
      // The sandbox is closed by then, and nothing would give back what it takes for a size.
      if (this.#isStopped) return
      this.#sandbox.memoryBytes = this.#wanted.memoryBytes
      const isNew = bundle.hash !== this.#bundle?.hash || this.#wanted !== this.#config
      if (always || isNew) await this.#swap(bundle)
      this.#handlerFault = undefined
    } catch (error) {
      if (!this.#isStopped) this.#failed(error)
    }
  }

  /** Into a process of the group that the entry names now; until it runs there, it stays where it is. */
  async #swap(bundle: Bundle): Promise<void> {
    const { isolation } = this.#wanted
    if (isDeepStrictEqual(isolation, this.#isolation.of)) return void (await this.#sandbox.swap(bundle))
    const next = this.#parts.isolation.acquire(isolation)
    try {
      await this.#sandbox.swap(bundle, next.guests)
    } finally {
      // Once stopped, what it was in has been given back.
      const hasMoved = !this.#isStopped && this.#sandbox.group === next.guests
      const left = hasMoved ? this.#isolation : next
      if (hasMoved) this.#isolation = next
      this.#controller.share(this.#isolation.process)
      left.release()
    }
  }

  /** What it read is followed from then on, also where it failed: what mends that may be any of those files. */
  async #build(): Promise<Bundle> {
    const { handler } = this.#wanted
    const inputs = new Set([handler])
    try {
      const bundle = await bundleHandler({
        file: handler,
        configDir: this.#parts.configDir,
        onInput: (path) => inputs.add(path),
      })
      this.#log.debug('Handler built', { bundle: bundle.hash })
      return bundle
    } finally {
      this.#inputs = [...inputs]
      this.#parts.onChange()
    }
  }

  #failed(error: unknown): void {
    this.#handlerFault = sayError(error)
    const remains = this.#bundle === undefined ? '' : '; the version before goes on'
    this.#log.error(`Cannot load the handler${remains}`, { error })
  }

  #loaded(bundle: Bundle, { exports }: Loaded): void {
    const isFirst = this.#bundle === undefined
    const isRestart = bundle === this.#bundle
    this.#bundle = bundle
    this.#exports = exports
    // The newest version may still be another one, which does not load.
    if (isRestart) return
    this.#handlerFault = undefined
    this.#configure(this.#wanted)
    if (!isFirst) this.#metrics.swapped()
    this.#log.info(isFirst ? 'Handler loaded' : 'Handler swapped', { bundle: bundle.hash })
    // What it exports needs rights of its own; what ran before is not held up for them.
    this.#access.check({ hold: isFirst })
    this.#controller.loaded(exports)
  }

  #createSandbox(): Sandbox {
    const { name, memoryBytes } = this.#config
    const { pool, clock } = this.#parts
    return new Sandbox({
      name,
      memoryBytes,
      pool,
      clock,
      group: this.#isolation.guests,
      check: ({ types }) => assertExports(this.#wanted.handler, types, mappersOf(this.#wanted)),
      onLoaded: (bundle, loaded) => this.#loaded(bundle, loaded),
      onLog: (line, request) => this.#onGuestLog(line, request),
      onState: (state) => this.#onSandboxState(state),
      metrics: {
        started: (seconds) => this.#metrics.guestStarted(seconds),
        died: (cause) => this.#metrics.guestDied(cause),
        called: (kind) => kind === 'timedOut' && this.#metrics.timedOut(),
      },
    })
  }

  #onGuestLog({ level, message, fields }: GuestLog, request: CallRequest | undefined): void {
    const key = request === undefined ? undefined : (request as TurnRequest).key
    this.#log[level](message, { ...fields, ...(key === undefined ? {} : { key }) })
  }

  #onSandboxState(state: SandboxState): void {
    this.#sandboxState = state
    if (state.kind === 'ready') this.#controller.dispatch()
    else if ('message' in state) this.#log.error(`The guest process ended: ${state.message}`, { state: state.kind })
    this.#parts.onChange()
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
      call: (request) => this.#sandbox.call(request),
      ready: () => this.#sandbox.ready && this.#access.isEnough,
      process: this.#isolation.process,
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
      exports: () => this.#exports,
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

function mappersOf({ watches }: ControllerConfig): string[] {
  return watches.map(({ map }) => map)
}

function hasMappers(exports: readonly string[], config: ControllerConfig): boolean {
  return mappersOf(config).every((name) => exports.includes(name))
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
