import { isDeepStrictEqual } from 'node:util'
import { type ControllerChange, diffConfig } from '../config/diff.ts'
import { loadConfig } from '../config/load.ts'
import type { Config, ControllerConfig } from '../config/schema.ts'
import type { Bearer } from '../controller/finalizer-bearers.ts'
import type { Entry } from '../informer/entry.ts'
import { createFileWatcher, type FileWatcher } from '../util/file-watcher.ts'
import type { Gvk } from '../util/gvk.ts'
import { acquireAll, HostedController, type HostParts } from './hosted-controller.ts'
import { IsolationGroups } from './isolation-groups.ts'

export interface HostedControllersOptions extends Omit<HostParts, 'onChange' | 'isolation'> {
  /** Follow the config, the handlers and their imports. */
  readonly watch: boolean
  onReload(result: 'success' | 'error'): void
}

/** The controllers of a host, as the config has them now; a new config or handler touches those alone that it names. */
export class HostedControllers {
  readonly #options: HostedControllersOptions
  readonly #parts: HostParts
  readonly #hosted = new Map<string, HostedController>()
  /** Removed from the config, with calls that still run. */
  readonly #leaving = new Set<HostedController>()
  readonly #watcher: FileWatcher | undefined
  #config: Config
  /** Reads of the config, one after the other. */
  #reading: Promise<void> = Promise.resolve()
  /** What is still being done to a controller of that name; a slow one does not hold up the others. */
  readonly #changing = new Map<string, Promise<void>>()
  /** Entries that are gone, whose finalizer is being taken off; until `#lifetime` ends. */
  readonly #retiring = new Set<Promise<void>>()
  readonly #lifetime = new AbortController()
  #isStopped = false

  constructor(options: HostedControllersOptions, config: Config) {
    this.#options = options
    this.#parts = { ...options, isolation: new IsolationGroups(options), onChange: () => this.#followFiles() }
    this.#config = config
    if (options.watch) this.#watcher = createFileWatcher(options.clock, (files) => this.#onFiles(files))
    this.#followFiles()
    for (const controller of config.controllers) this.#add(controller)
  }

  all(): HostedController[] {
    return [...this.#hosted.values()]
  }

  get(name: string): HostedController | undefined {
    return this.#hosted.get(name)
  }

  /** The host has come to lead. */
  lead(): void {
    for (const hosted of this.all()) hosted.lead()
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true
    await this.#watcher?.close()
    await this.#reading
    await Promise.all([...this.all(), ...this.#leaving].map((hosted) => hosted.stop(graceMs)))
    await Promise.all(this.#changing.values())
    this.#lifetime.abort()
    await Promise.all(this.#retiring)
  }

  #onFiles(files: readonly string[]): void {
    if (files.includes(this.#config.file)) this.#reloadConfig()
    for (const hosted of this.all()) if (hosted.inputs.some((input) => files.includes(input))) hosted.reloadHandler()
  }

  #reloadConfig(): void {
    this.#reading = this.#reading.then(async () => {
      if (this.#isStopped) return
      const { log, onReload } = this.#options
      try {
        const next = await loadConfig({ file: this.#config.file, cwd: this.#config.dir })
        const changes = diffConfig(this.#config, next)
        if (!isDeepStrictEqual(next.leaderElection, this.#config.leaderElection))
          log.warn('"leaderElection" has changed; it takes effect with the next start of the host')
        this.#config = next
        for (const [name, change] of changes) this.#apply(name, change)
        onReload('success')
        log.info('Config reloaded', summary(changes))
      } catch (error) {
        onReload('error')
        log.error('Cannot use the new config; the one before goes on', { error })
      }
      this.#followFiles()
    })
  }

  /** In turn with what is still being done to the controller of that name. */
  #apply(name: string, change: ControllerChange): void {
    if (change.kind === 'unchanged') return
    const before = this.#changing.get(name)
    const done = before === undefined ? this.#change(name, change) : before.then(() => this.#change(name, change))
    const settled = done
      .catch((error) => this.#options.log.error('Cannot change the controller', { controller: name, error }))
      .finally(() => {
        if (this.#changing.get(name) === settled) this.#changing.delete(name)
      })
    this.#changing.set(name, settled)
  }

  async #change(name: string, change: Exclude<ControllerChange, { kind: 'unchanged' }>): Promise<void> {
    switch (change.kind) {
      case 'added':
        return this.#add(change.next)
      case 'removed':
        return this.#retire(await this.#remove(name))
      case 'changed':
        if (change.subscription) return this.#replace(name, change.next)
        this.#hosted.get(name)?.update(change.next, change.guest)
    }
  }

  #add(config: ControllerConfig): void {
    if (this.#isStopped) return
    this.#hosted.set(config.name, new HostedController(this.#parts, config))
    this.#followFiles()
  }

  /** Answers the one that went, if it may have left its finalizer behind. */
  async #remove(name: string): Promise<HostedController | undefined> {
    const hosted = this.#hosted.get(name)
    if (hosted === undefined) return undefined
    const isFree = hosted.controller.isFreeOfFinalizers
    this.#hosted.delete(name)
    this.#leaving.add(hosted)
    await hosted.stop(hosted.config.timeoutMs)
    this.#leaving.delete(hosted)
    return isFree ? undefined : hosted
  }

  /** In the background: no change of the config waits for it. What an entry of that name takes care of keeps it. */
  #retire(gone: HostedController | undefined): void {
    // A host that stands by writes nothing: the one that leads has the same config.
    if (gone === undefined || !this.#options.isLeader()) return
    const { name } = gone.config
    const isWanted = ({ namespace }: Bearer) => !covers(this.#hosted.get(name)?.config, gone.config.gvk, namespace)
    // Where the host ends at the same time, that is all it says.
    const signal = this.#isStopped ? AbortSignal.abort() : this.#lifetime.signal
    const done = gone.retire(signal, isWanted).finally(() => this.#retiring.delete(done))
    this.#retiring.add(done)
  }

  /** The old one lets go of its keys before the new one takes any; what both watch is kept and not listed again. */
  async #replace(name: string, config: ControllerConfig): Promise<void> {
    const kept = acquireAll(this.#options.informers, config)
    const before = this.#hosted.get(name)
    const gone = await this.#remove(name)
    this.#add(config)
    const isHeldOn = ({ namespace }: Entry) => covers(config, before?.config.gvk, namespace)
    this.#hosted.get(name)?.controller.inherit(before?.controller.buried.filter(isHeldOn) ?? [])
    for (const { release } of kept) release()
    const isCovered = (namespace: string | undefined) => covers(config, gone?.config.gvk, namespace)
    if (gone !== undefined && !namespacesOf(gone.config).every(isCovered)) this.#retire(gone)
  }

  #followFiles(): void {
    if (this.#isStopped) return
    this.#watcher?.watch([this.#config.file, ...this.all().flatMap((hosted) => hosted.inputs)])
  }
}

/** Whether an entry watches what is in that namespace; undefined: in all, or cluster-scoped. */
function covers(config: ControllerConfig | undefined, gvk: Gvk | undefined, namespace: string | undefined): boolean {
  if (config === undefined || config.gvk.kind !== gvk?.kind || config.gvk.group !== gvk.group) return false
  return config.namespaces.length === 0 || (namespace !== undefined && config.namespaces.includes(namespace))
}

function namespacesOf({ namespaces }: ControllerConfig): readonly (string | undefined)[] {
  return namespaces.length === 0 ? [undefined] : namespaces
}

function summary(changes: ReadonlyMap<string, ControllerChange>): object {
  const names = (kind: ControllerChange['kind']) =>
    [...changes].filter(([, c]) => c.kind === kind).map(([name]) => name)
  const entries = (['added', 'changed', 'removed'] as const).map((kind) => [kind, names(kind)] as const)
  return Object.fromEntries(
    entries.filter(([, list]) => list.length > 0).map(([kind, list]) => [kind, list.join(', ')]),
  )
}
