import { isDeepStrictEqual } from 'node:util'
import type { ControllerConfig } from '../config/schema.ts'
import { assertExports } from '../controller/handler-exports.ts'
import type { SharedProcess } from '../controller/suspects.ts'
import type { TurnRequest } from '../controller/turn.ts'
import type { ControllerRecorder } from '../observe/controller-metrics.ts'
import type { Logger } from '../observe/log.ts'
import { type Bundle, bundleHandler } from '../sandbox/bundle.ts'
import type { CallRequest, GuestLog, Settled } from '../sandbox/call.ts'
import type { GuestPool } from '../sandbox/guest-pool.ts'
import { type Loaded, Sandbox, type SandboxState } from '../sandbox/sandbox.ts'
import type { Clock } from '../util/clock.ts'
import { sayError } from '../util/say-error.ts'
import type { IsolationGroup, IsolationGroups } from './isolation-groups.ts'

export interface HostedHandlerOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: ControllerRecorder
  readonly pool: GuestPool
  readonly isolation: IsolationGroups
  /** The folder of the config file. */
  readonly configDir: string
  /** What the guest that runs was started with. */
  config(): ControllerConfig
  /** The entry as the config file has it now, for the next guest. */
  wanted(): ControllerConfig
  /** Another bundle takes all calls from now on; not called for one that was started again. */
  onLoaded(isFirst: boolean): void
  /** Calls are taken. */
  onReady(): void
  /** The guest may be another process now, with whom it is shared. */
  onMoved(process: SharedProcess): void
  /** The set of files to watch, or a state, is another one. */
  onChange(): void
}

/** The handler of one entry: built from its file, run in a guest of its group, and swapped for what is built next. */
export class HostedHandler {
  readonly #options: HostedHandlerOptions
  readonly #sandbox: Sandbox
  /** Whose process runs it. */
  #isolation: IsolationGroup
  /** What runs; undefined until one has loaded. */
  #bundle: Bundle | undefined
  /** Of that bundle. */
  #exports: readonly string[] = []
  /** Files that the last build read, whether it went well or not. */
  #inputs: readonly string[]
  #fault: string | undefined
  #sandboxState: SandboxState | undefined
  /** Builds and swaps, one after the other. */
  #loading: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: HostedHandlerOptions) {
    const { handler, isolation } = options.config()
    this.#options = options
    this.#inputs = [handler]
    this.#isolation = options.isolation.acquire(isolation)
    this.#sandbox = this.#createSandbox()
  }

  /** The guest can take calls. */
  get ready(): boolean {
    return this.#sandbox.ready
  }

  get hasBundle(): boolean {
    return this.#bundle !== undefined
  }

  /** Functions that the bundle which runs exports; empty until one has loaded. */
  get exports(): readonly string[] {
    return this.#exports
  }

  /** Why the newest version does not run; the one before may well do. */
  get fault(): string | undefined {
    return this.#fault
  }

  get sandboxState(): SandboxState | undefined {
    return this.#sandboxState
  }

  /** The files that make it up. */
  get inputs(): readonly string[] {
    return this.#inputs
  }

  /** Private memory of the guest, whoever shares it; undefined while there is none, or where the system does not say. */
  get usedBytes(): number | undefined {
    return this.#sandbox.usedBytes
  }

  /** With whom it shares its guest, and the blame for its death. */
  get process(): SharedProcess {
    return this.#isolation.process
  }

  /** Resolves when no build or swap is under way. */
  get settled(): Promise<void> {
    return this.#loading
  }

  hasMappersOf(config: ControllerConfig): boolean {
    return mappersOf(config).every((name) => this.#exports.includes(name))
  }

  call(request: CallRequest): Promise<Settled> {
    return this.#sandbox.call(request)
  }

  /** Builds it and, if it is another one than runs, or `always`, swaps the guest. */
  reload(always: boolean): void {
    this.#loading = this.#loading.then(() => this.#load(always))
  }

  /** Nothing more is loaded; what runs takes calls until close(). */
  stop(): void {
    this.#isStopped = true
  }

  /** Ends the guest with the calls that still run. Once stopped. */
  async close(): Promise<void> {
    await this.#sandbox.close(0)
    this.#isolation.release()
  }

  async #load(always: boolean): Promise<void> {
    if (this.#isStopped) return
    try {
      const bundle = await this.#build()
      // The sandbox is closed by then, and nothing would give back what it takes for a size.
      if (this.#isStopped) return
      const wanted = this.#options.wanted()
      this.#sandbox.memoryBytes = wanted.memoryBytes
      const isNew = bundle.hash !== this.#bundle?.hash || wanted !== this.#options.config()
      if (always || isNew) await this.#swap(bundle)
      else if (this.#fault !== undefined) this.#options.log.info('Handler mended: the version that runs is the newest')
      this.#fault = undefined
    } catch (error) {
      if (!this.#isStopped) this.#failed(error)
    }
  }

  /** What it read is followed from then on, also where it failed: what mends that may be any of those files. */
  async #build(): Promise<Bundle> {
    const { configDir, log, onChange, wanted } = this.#options
    const { handler } = wanted()
    const inputs = new Set([handler])
    try {
      const bundle = await bundleHandler({ file: handler, configDir, onInput: (path) => inputs.add(path) })
      log.debug('Handler built', { bundle: bundle.hash })
      return bundle
    } finally {
      this.#inputs = [...inputs]
      onChange()
    }
  }

  /** Into a process of the group that the entry names now; until it runs there, it stays where it is. */
  async #swap(bundle: Bundle): Promise<void> {
    const { isolation } = this.#options.wanted()
    if (isDeepStrictEqual(isolation, this.#isolation.of)) return void (await this.#sandbox.swap(bundle))
    const next = this.#options.isolation.acquire(isolation)
    try {
      await this.#sandbox.swap(bundle, next.guests)
    } finally {
      // Once stopped, what it was in has been given back.
      const hasMoved = !this.#isStopped && this.#sandbox.group === next.guests
      const left = hasMoved ? this.#isolation : next
      if (hasMoved) this.#isolation = next
      this.#options.onMoved(this.#isolation.process)
      left.release()
    }
  }

  #failed(error: unknown): void {
    this.#fault = sayError(error)
    const remains = this.#bundle === undefined ? '' : '; the version before goes on'
    this.#options.log.error(`Cannot load the handler${remains}`, { error })
  }

  #createSandbox(): Sandbox {
    const { clock, config, metrics, pool, wanted } = this.#options
    const { name, memoryBytes } = config()
    return new Sandbox({
      name,
      memoryBytes,
      pool,
      clock,
      group: this.#isolation.guests,
      check: ({ types }) => assertExports(wanted().handler, types, mappersOf(wanted())),
      onLoaded: (bundle, loaded) => this.#loaded(bundle, loaded),
      onLog: (line, request) => this.#onGuestLog(line, request),
      onState: (state) => this.#onSandboxState(state),
      metrics: {
        started: (seconds) => metrics.guestStarted(seconds),
        died: (cause) => metrics.guestDied(cause),
        called: (kind) => kind === 'timedOut' && metrics.timedOut(),
      },
    })
  }

  #loaded(bundle: Bundle, { exports }: Loaded): void {
    const isFirst = this.#bundle === undefined
    const isRestart = bundle === this.#bundle
    this.#bundle = bundle
    this.#exports = exports
    // The newest version may still be another one, which does not load.
    if (isRestart) return
    this.#fault = undefined
    const { log, metrics, onLoaded } = this.#options
    if (!isFirst) metrics.swapped()
    log.info(isFirst ? 'Handler loaded' : 'Handler swapped', { bundle: bundle.hash })
    onLoaded(isFirst)
  }

  #onGuestLog({ level, message, fields }: GuestLog, request: CallRequest | undefined): void {
    const key = request === undefined ? undefined : (request as TurnRequest).key
    this.#options.log[level](message, { ...fields, ...(key === undefined ? {} : { key }) })
  }

  #onSandboxState(state: SandboxState): void {
    const { log, onChange, onReady } = this.#options
    this.#sandboxState = state
    if (state.kind === 'ready') onReady()
    else if ('message' in state) log.error(`The guest process ended: ${state.message}`, { state: state.kind })
    onChange()
  }
}

function mappersOf({ watches }: ControllerConfig): string[] {
  return watches.map(({ map }) => map)
}
