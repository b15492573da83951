import { createBroker, type HostCall } from './broker/broker.ts'
import { Overlay } from './broker/overlay.ts'
import type { ControllerConfig } from './config/schema.ts'
import { Controller } from './controller/controller.ts'
import { assertExports } from './controller/handler-exports.ts'
import { createScopeReader, type Scope, type ScopeReader } from './controller/scopes.ts'
import type { TurnRequest } from './controller/turn.ts'
import type { Informers } from './informer/informers.ts'
import type { KubeClient, KubeRequest } from './kube/client.ts'
import type { Discovery } from './kube/discovery.ts'
import type { ControllerRecorder } from './observe/controller-metrics.ts'
import type { Logger } from './observe/log.ts'
import { type Bundle, bundleHandler } from './sandbox/bundle.ts'
import type { CallRequest, GuestLog } from './sandbox/call.ts'
import type { GuestPool } from './sandbox/guest-pool.ts'
import { type Loaded, Sandbox, type SandboxState } from './sandbox/sandbox.ts'
import type { Clock } from './util/clock.ts'
import { messageOf } from './util/message-of.ts'

/** What all controllers of a host share. */
export interface HostParts {
  readonly clock: Clock
  readonly log: Logger
  readonly client: KubeClient
  readonly discovery: Discovery
  readonly informers: Informers
  readonly pool: GuestPool
  /** The folder of the config file. */
  readonly configDir: string
  metricsOf(controller: string): ControllerRecorder
  /** The set of files to watch, or a state, is another one. */
  onChange(): void
}

/** Where a controller stands: of the named waiting states, or at work. */
export interface HostedState {
  readonly state: 'Loading' | 'Syncing' | 'Running' | 'WaitingForCRD' | 'Forbidden' | 'ConfigError' | 'HandlerFailed'
  readonly message?: string
  /** Synced, or waiting for something that has a name: the host as a whole is ready. */
  readonly ok: boolean
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
  readonly #sandbox: Sandbox
  readonly #controller: Controller
  readonly #unsubscribes: readonly (() => void)[]
  /** Of the bundle that runs; undefined until one has loaded. */
  #bundle: Bundle | undefined
  /** Files that the last build read, whether it went well or not. */
  #inputs: readonly string[]
  /** Why the newest version of the handler does not run; the one before may well do. */
  #handlerFault: string | undefined
  #sandboxState: SandboxState | undefined
  /** Builds and swaps, one after the other. */
  #loading: Promise<void> = Promise.resolve()
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
    this.#sandbox = this.#createSandbox()
    this.#controller = this.#createController()
    this.#unsubscribes = this.#scopes.map((scope) => this.#subscribe(scope))
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

  /** Private memory of the guest; undefined while there is none, or where the system does not say. */
  get guestMemoryBytes(): number | undefined {
    return this.#sandbox.usedBytes
  }

  /** The files that make up the handler. */
  get inputs(): readonly string[] {
    return this.#inputs
  }

  get state(): HostedState {
    const states = this.#reader.states()
    const blocked = states.find(
      ({ kind }) => kind === 'ConfigError' || kind === 'Forbidden' || kind === 'WaitingForCRD',
    )
    if (blocked !== undefined && 'message' in blocked) {
      return { state: blocked.kind as HostedState['state'], message: blocked.message, ok: true }
    }
    if (this.#bundle === undefined) return this.#stateWithoutBundle()
    if (this.#sandboxState?.kind === 'failed') {
      return { state: 'HandlerFailed', message: this.#sandboxState.message, ok: true }
    }
    const unsynced = this.#scopes.find(({ informer }) => !informer.hasSynced)?.informer.state
    if (unsynced === undefined) return { state: 'Running', ok: true, ...this.#olderVersion() }
    return { state: 'Syncing', ok: false, ...('message' in unsynced ? { message: unsynced.message } : {}) }
  }

  #olderVersion(): { message?: string } {
    return this.#handlerFault === undefined
      ? {}
      : { message: `the newest version does not load: ${this.#handlerFault}` }
  }

  #stateWithoutBundle(): HostedState {
    if (this.#handlerFault === undefined) return { state: 'Loading', ok: false }
    return { state: 'HandlerFailed', message: this.#handlerFault, ok: true }
  }

  /** Takes over an entry that asks for the same objects: what needs no guest at once, all of it once a fresh guest runs. */
  update(config: ControllerConfig, needsGuest: boolean): void {
    this.#wanted = config
    if (!needsGuest) return this.#configure(config)
    const { concurrency, retry, resyncMs, on } = config
    this.#configure({ ...this.#config, concurrency, retry, resyncMs, on })
    this.reloadHandler({ always: true })
  }

  #configure(config: ControllerConfig): void {
    this.#config = config
    this.#controller.configure(config)
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
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    const { clock } = this.#parts
    const drained = this.#controller.drain()
    await Promise.race([drained, clock.sleep(graceMs)])
    await this.#sandbox.close(0)
    // What was cut off settles now; nothing of this controller is under way any more.
    await drained
    for (const scope of this.#scopes) scope.release()
    this.#metrics.remove()
  }

  async #load(always: boolean): Promise<void> {
    if (this.#isStopped) return
    try {
      const bundle = await this.#build()
      // The sandbox is closed by then, and nothing would give back what it takes for a size.
      if (this.#isStopped) return
      this.#sandbox.memoryBytes = this.#wanted.memoryBytes
      const isNew = bundle.hash !== this.#bundle?.hash || this.#wanted !== this.#config
      if (always || isNew) await this.#sandbox.swap(bundle)
      this.#handlerFault = undefined
    } catch (error) {
      if (!this.#isStopped) this.#failed(error)
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
    this.#handlerFault = messageOf(error)
    const remains = this.#bundle === undefined ? '' : '; the version before goes on'
    this.#log.error(`Cannot load the handler${remains}`, { error })
  }

  #loaded(bundle: Bundle, { exports }: Loaded): void {
    const isFirst = this.#bundle === undefined
    const isRestart = bundle === this.#bundle
    this.#bundle = bundle
    this.#handlerFault = undefined
    if (isRestart) return
    this.#configure(this.#wanted)
    if (!isFirst) this.#metrics.swapped()
    this.#log.info(isFirst ? 'Handler loaded' : 'Handler swapped', { bundle: bundle.hash })
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
      check: ({ types }) => assertExports(this.#wanted.handler, types),
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
    const overlay = new Overlay(clock)
    const send = (request: KubeRequest, unsent?: AbortSignal) => this.#send(request, unsent)
    return new Controller({
      config: this.#config,
      clock,
      log: this.#log,
      metrics: this.#metrics,
      overlay,
      send,
      hostCall: this.#createHostCall(overlay),
      call: (request) => this.#sandbox.call(request),
      ready: () => this.#sandbox.ready,
      resource: () => discovery.resolve(this.#config.gvk),
      find: (key) => this.#reader.find(key),
      entries: () => this.#reader.entries(),
    })
  }

  #createHostCall(overlay: Overlay): HostCall {
    const { clock, discovery } = this.#parts
    const rights = () => {
      const { allow, namespaces, gvk } = this.#config
      return { allow, namespaces, implied: [gvk] }
    }
    return createBroker({
      controller: this.#config.name,
      // Read anew by each call: an entry's `allow` may change under a running host.
      get rights() {
        return rights()
      },
      cache: this.#reader,
      overlay,
      resolve: (kind) => discovery.resolve(kind),
      all: async () => [...(await discovery.all())],
      send: (request, unsent) => this.#send(request, unsent),
      now: clock.now,
      warn: (message) => this.#log.warn(message),
    })
  }

  /** In this controller's turn; `unsent` drops the request while it waits for that, not once it is on its way. */
  async #send(request: KubeRequest, unsent?: AbortSignal): Promise<{ code: number; text: string }> {
    const { client } = this.#parts
    const user = this.#config.name
    if (unsent === undefined) return client.request({ ...request, user })
    const waiting = new AbortController()
    const onAbort = () => waiting.abort(unsent.reason)
    if (unsent.aborted) onAbort()
    else unsent.addEventListener('abort', onAbort, { once: true })
    const onSent = () => unsent.removeEventListener('abort', onAbort)
    try {
      return await client.request({ ...request, user, signal: waiting.signal, onSent })
    } finally {
      onSent()
    }
  }

  #subscribe({ informer }: Scope): () => void {
    return informer.subscribe({
      added: (entry, isInitial) => this.#controller.added(entry, isInitial),
      changed: (entry, old) => this.#controller.changed(entry, old),
      redelivered: () => this.#controller.redelivered(),
      removed: (entry) => this.#controller.removed(entry),
      synced: () => {
        this.#log.info('Cache synced', {
          objects: informer.lister.size,
          ...(informer.namespace === undefined ? {} : { namespace: informer.namespace }),
        })
        this.#startWhenSynced()
      },
      stateChanged: (state) => {
        if ('message' in state) this.#log.warn(`${state.kind}: ${state.message}`)
        this.#startWhenSynced()
        this.#parts.onChange()
      },
    })
  }

  /** Keys are handed out once every scope has its objects, or waits for what may never come. */
  #startWhenSynced(): void {
    const mayStart = this.#scopes.every(({ informer }) => informer.hasSynced || informer.state.kind === 'Forbidden')
    if (mayStart && this.#scopes.some(({ informer }) => informer.hasSynced)) this.#controller.start()
  }
}

/** What an entry watches, shared with whoever watches the same. */
export function acquireScopes(
  informers: Informers,
  { gvk, namespaces, labelSelector, fieldSelector }: ControllerConfig,
): Scope[] {
  const all = namespaces.length === 0 ? [undefined] : namespaces
  return all.map((namespace) => {
    const { informer, release } = informers.acquire({ identity: '', gvk, namespace, labelSelector, fieldSelector })
    return { namespace, informer, release }
  })
}
