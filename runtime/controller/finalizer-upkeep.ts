import type { Entry } from '../informer/entry.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import { Background } from './background.ts'
import { listBearers } from './finalizer-bearers.ts'
import { stripFinalizer } from './finalizer-strip.ts'
import type { Finalizers } from './finalizers.ts'
import { recordWrite, type TurnOptions } from './turn.ts'

export interface UpkeepOptions
  extends Pick<TurnOptions, 'controller' | 'finalizer' | 'send' | 'resource' | 'find' | 'overlay' | 'wrote'> {
  readonly clock: Clock
  readonly log: { info(message: string): void; warn(message: string): void }
  readonly namespaces: readonly string[]
  readonly finalizers: Finalizers
  entries(): Entry[]
  /** No export stands behind the finalizer. */
  isNeedless(): boolean
  /** An object that left the selector unseen; false when there is no room for more of them now. */
  leftUnseen(entry: Entry): boolean
}

/** What is done for finalizers beside the handler's calls, in the background and until it succeeds. */
export class FinalizerUpkeep {
  readonly #options: UpkeepOptions
  readonly #lifetime = new AbortController()
  readonly #stripping: Background
  readonly #looking: Background

  constructor(options: UpkeepOptions) {
    const { clock, log, finalizer } = options
    const { signal } = this.#lifetime
    this.#options = { ...options, send: (request) => options.send({ ...request, signal }) }
    this.#stripping = new Background({
      clock,
      signal,
      run: () => this.#strip(),
      onFailure: (error) => log.warn(`Cannot remove the finalizer "${finalizer}", trying again: ${messageOf(error)}`),
    })
    this.#looking = new Background({
      clock,
      signal,
      run: () => this.#look(),
      onFailure: (error) => log.warn(`Cannot look for objects outside the selector, trying again: ${messageOf(error)}`),
    })
  }

  /** Takes the finalizer off whatever the cache shows with it, for as long as it is needless. */
  strip(): void {
    this.#stripping.start()
  }

  /** Looks for objects outside the selector that bear the finalizer: they left it while no host ran, or too many at once. */
  look(): void {
    this.#looking.start()
  }

  async stop(): Promise<void> {
    this.#lifetime.abort()
    await Promise.all([this.#stripping.idle, this.#looking.idle])
  }

  async #strip(): Promise<void> {
    const { finalizers, entries, finalizer, log } = this.#options
    const bearers = () => entries().filter((entry) => finalizers.bears(entry))
    const resource = bearers().length === 0 ? undefined : await this.#options.resource()
    if (resource === undefined) return
    const hasWritten = this.#options.overlay.writing()
    const { removed } = await stripFinalizer({
      ...this.#options,
      resource,
      signal: this.#lifetime.signal,
      list: async function* () {
        yield bearers()
      },
      isWanted: this.#options.isNeedless,
      onRemoved: (bearer, json) => recordWrite(this.#options, bearer, resource, json),
      onFailure: (error) => log.warn(`Cannot remove the finalizer "${finalizer}", trying again: ${messageOf(error)}`),
    }).finally(hasWritten)
    if (removed > 0) log.info(`No export "finalize": took the finalizer "${finalizer}" off ${countObjects(removed)}`)
  }

  async #look(): Promise<void> {
    const { find, leftUnseen, namespaces } = this.#options
    const resource = await this.#options.resource()
    if (resource === undefined) return
    for await (const page of listBearers({ ...this.#options, resource, namespaces })) {
      for (const bearer of page) {
        if (this.#lifetime.signal.aborted) return
        if (find(bearer.key)?.uid === bearer.uid) continue
        if (!leftUnseen({ ...bearer, generation: undefined, labels: {}, owners: [], json: UNKNOWN_STATE })) return
      }
    }
  }
}

export function countObjects(count: number): string {
  return count === 1 ? '1 object' : `${count} objects`
}

/** Nothing but its metadata was read. */
export const UNKNOWN_STATE = ''
