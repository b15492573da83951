import { type ControllerChange, diffConfig } from './config/diff.ts'
import { loadConfig } from './config/load.ts'
import type { Config, ControllerConfig } from './config/schema.ts'
import { acquireScopes, HostedController, type HostParts } from './hosted-controller.ts'
import { createFileWatcher, type FileWatcher } from './util/file-watcher.ts'

export interface HostedControllersOptions extends Omit<HostParts, 'onChange'> {
  /** Follow the config, the handlers and their imports. */
  readonly watch: boolean
  onReload(result: 'success' | 'error'): void
}

/** The controllers of a host, as the config has them now; a new config or handler touches those alone that it names. */
export class HostedControllers {
  readonly #options: HostedControllersOptions
  readonly #parts: HostParts
  readonly #hosted = new Map<string, HostedController>()
  readonly #watcher: FileWatcher | undefined
  #config: Config
  /** Changes of the config, one after the other. */
  #applying: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: HostedControllersOptions, config: Config) {
    this.#options = options
    this.#parts = { ...options, onChange: () => this.#followFiles() }
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

  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true
    await this.#watcher?.close()
    await this.#applying
    await Promise.all(this.all().map((hosted) => hosted.stop(graceMs)))
  }

  #onFiles(files: readonly string[]): void {
    if (files.includes(this.#config.file)) this.#reloadConfig()
    for (const hosted of this.all()) if (hosted.inputs.some((input) => files.includes(input))) hosted.reloadHandler()
  }

  #reloadConfig(): void {
    this.#applying = this.#applying.then(async () => {
      if (this.#isStopped) return
      const { log, onReload } = this.#options
      try {
        const next = await loadConfig({ file: this.#config.file, cwd: this.#config.dir })
        const changes = diffConfig(this.#config, next)
        this.#config = next
        await Promise.all([...changes].map(([name, change]) => this.#apply(name, change)))
        onReload('success')
        log.info('Config reloaded', summary(changes))
      } catch (error) {
        onReload('error')
        log.error('Cannot use the new config; the one before goes on', { error })
      }
      this.#followFiles()
    })
  }

  async #apply(name: string, change: ControllerChange): Promise<void> {
    switch (change.kind) {
      case 'unchanged':
        return
      case 'added':
        return this.#add(change.next)
      case 'removed':
        return this.#remove(name)
      case 'changed':
        if (change.subscription) return this.#replace(name, change.next)
        this.#hosted.get(name)?.update(change.next, change.guest)
    }
  }

  #add(config: ControllerConfig): void {
    this.#hosted.set(config.name, new HostedController(this.#parts, config))
  }

  async #remove(name: string): Promise<void> {
    const hosted = this.#hosted.get(name)
    this.#hosted.delete(name)
    await hosted?.stop(hosted.config.timeoutMs)
  }

  /** The old one lets go of its keys before the new one takes any; what both watch is kept and not listed again. */
  async #replace(name: string, config: ControllerConfig): Promise<void> {
    const kept = acquireScopes(this.#options.informers, config)
    await this.#remove(name)
    this.#add(config)
    for (const { release } of kept) release()
  }

  #followFiles(): void {
    if (this.#isStopped) return
    this.#watcher?.watch([this.#config.file, ...this.all().flatMap((hosted) => hosted.inputs)])
  }
}

function summary(changes: ReadonlyMap<string, ControllerChange>): object {
  const names = (kind: ControllerChange['kind']) =>
    [...changes].filter(([, c]) => c.kind === kind).map(([name]) => name)
  const entries = (['added', 'changed', 'removed'] as const).map((kind) => [kind, names(kind)] as const)
  return Object.fromEntries(
    entries.filter(([, list]) => list.length > 0).map(([kind, list]) => [kind, list.join(', ')]),
  )
}
