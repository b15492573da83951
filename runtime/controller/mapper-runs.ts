import type { ControllerConfig } from '../config/schema.ts'
import type { Entry } from '../informer/entry.ts'
import type { Priority } from '../queue/work-queue.ts'
import type { Clock } from '../util/clock.ts'
import { enqueueMapped, type Mapped } from './enqueue-mapped.ts'
import { type Mapping, Mappings } from './mappings.ts'
import { decideHostFailure } from './outcome.ts'
import type { Retries } from './retries.ts'
import type { SecondaryEvent, SecondarySource } from './secondaries.ts'
import type { TurnOptions } from './turn.ts'

export interface MapperRunsOptions extends Pick<TurnOptions, 'call' | 'hostCall' | 'find' | 'resource'> {
  readonly clock: Clock
  readonly log: { warn(message: string): void }
  readonly metrics: { mapped(result: 'success' | 'error'): void }
  readonly retries: Retries
  readonly config: () => ControllerConfig
  entries(): Entry[]
  /** A primary is to run. */
  enqueue(key: string, priority: Priority): void
}

/**
 * The changes of watched objects, until the mapper has named the primaries that they concern. Each source has a key of its
 * own in the controller's queue. A change is never given up: what fails is put back, and what has to go at a bound makes
 * every primary run instead.
 */
export class MapperRuns {
  readonly #options: MapperRunsOptions
  readonly #mappings = new Mappings()
  /** Set while every primary is to be run for changes that were lost to a bound of #mappings. */
  #cancelCatchUp: (() => void) | undefined
  #isStopped = false

  constructor(options: MapperRunsOptions) {
    this.#options = options
  }

  /** Answers the key to enqueue; it must not wait for longer than it has to where an object went, or the next change is lost. */
  add({ gvk, map }: Required<SecondarySource>, event: SecondaryEvent): { key: string; mayWait: boolean } {
    const { key, isLost, isFull } = this.#mappings.add({ gvk, map }, event)
    if (isLost) this.#catchUp()
    return { key, mayWait: !isFull && !event.isGone && !event.isInitial }
  }

  keys(): string[] {
    return this.#mappings.keys()
  }

  /** Drops what belongs to other watches than these. */
  retain(watches: ControllerConfig['watches']): void {
    this.#mappings.retain(watches)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelCatchUp?.()
  }

  /** What waits under the key, now in the caller's hands for run(). */
  take(key: string): Mapping | undefined {
    return this.#mappings.take(key)
  }

  async run(mapping: Mapping): Promise<void> {
    const { retries, metrics } = this.#options
    const { key, watch } = mapping
    const mapped = await this.#call(mapping)
    metrics.mapped(mapped.kind === 'mapped' ? 'success' : 'error')
    if (mapped.kind === 'mapped') return retries.forget(key)
    if (this.#mappings.restore(mapped.left)) this.#catchUp()
    if (retries.excuse(key, mapped.outcome, 'mapper')) return
    const { handler } = this.#options.config()
    const { failure } = mapped.outcome
    retries.retry({ what: watch.map, key, attempt: retries.attempt(key), handler, failure })
  }

  async #call(mapping: Mapping): Promise<Mapped> {
    const { call, hostCall, resource, retries } = this.#options
    const { name, timeoutMs, with: parameters } = this.#options.config()
    const attempt = retries.attempt(mapping.key)
    try {
      const primary = await resource()
      // Without its kind there are no primaries; all of them come as created once it is back.
      if (primary === undefined) return { kind: 'mapped' }
      const { namespaced } = primary
      const enqueue = (key: string) => this.#enqueue(key)
      const common = { controller: name, with: parameters, timeoutMs, attempt, namespaced }
      return await enqueueMapped({ ...common, call, hostCall, enqueue }, mapping)
    } catch (error) {
      const outcome = decideHostFailure(error, { name: 'HostError', action: 'Cannot run the mapper' })
      return { kind: 'failed', outcome, left: mapping }
    }
  }

  /** A mapper may name anything: only what the cache has can be run, and what comes later is run anyway. */
  #enqueue(key: string): void {
    if (this.#options.find(key) !== undefined) this.#options.enqueue(key, 'high')
  }

  /** Runs everything once: that is all that a lost change could have led to. Once in a while only, however many are lost. */
  #catchUp(): void {
    if (this.#cancelCatchUp !== undefined || this.#isStopped) return
    this.#options.log.warn('Too many changes wait for a mapper that fails; every object will run instead')
    this.#cancelCatchUp = this.#options.clock.after(CATCH_UP_MS, () => {
      this.#cancelCatchUp = undefined
      for (const { key } of this.#options.entries()) this.#options.enqueue(key, 'low')
    })
  }
}

const CATCH_UP_MS = 30_000
