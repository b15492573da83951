import { Fifo } from './fifo.ts'

/** `high`: live changes, due timers, retries. `low`: the initial list, resync and reload. */
export type Priority = 'high' | 'low'

/** What a queue tells its observer; all times are the observer's affair. */
export interface QueueMetrics {
  added(key: string): void
  taken(key: string): void
  done(key: string): void
  /** A turn that was asked for is not wanted any more. */
  removed(key: string): void
}

export interface WorkQueueOptions {
  /** Called, synchronously, whenever a key can be taken that could not before. */
  readonly onReady?: () => void
  readonly metrics?: QueueMetrics
}

/**
 * Keys in the order they are to be worked on, each at most once, none in two hands.
 *
 * add() of a key that waits already changes nothing, but that `high` lifts it out of `low`. add() of a key in a
 * worker's hands gives it exactly one more turn once done() is called, however often it was added.
 *
 * source: client-go util/workqueue/queue.go; two lanes for the order that controller-runtime's priority queue brought
 */
export class WorkQueue {
  /** Hand-out order, a lane a priority. A key stands in the lane that #dirty names, and perhaps, stale, in another. */
  readonly #ready: Record<Priority, Fifo<string>> = { high: new Fifo(), low: new Fifo() }
  /** Keys that need a turn, with their lane. */
  readonly #dirty = new Map<string, Priority>()
  /** Keys in a worker's hands; a key also in #dirty gets one more turn at done(). */
  readonly #processing = new Set<string>()
  /** Keys in #dirty and not in #processing: what take() can hand out. */
  #waiting = 0
  /** Takes from `high` in a row while `low` waited. */
  #passedOver = 0
  readonly #onReady: () => void
  readonly #metrics: QueueMetrics

  constructor({ onReady = () => {}, metrics = noMetrics }: WorkQueueOptions = {}) {
    this.#onReady = onReady
    this.#metrics = metrics
  }

  /** Keys that wait to be taken. */
  get depth(): number {
    return this.#waiting
  }

  /** Keys in workers' hands. */
  get processing(): number {
    return this.#processing.size
  }

  /** True when the key waits, or will once the worker that holds it is done. */
  isDirty(key: string): boolean {
    return this.#dirty.has(key)
  }

  add(key: string, priority: Priority = 'high'): void {
    const present = this.#dirty.get(key)
    if (present === priority || present === 'high') return
    this.#dirty.set(key, priority)
    if (present === undefined) this.#metrics.added(key)
    if (this.#processing.has(key)) return
    this.#ready[priority].push(key)
    if (present !== undefined) return
    this.#waiting++
    this.#onReady()
  }

  /** The next key, now in the caller's hands until done(); undefined when none waits. */
  take(): string | undefined {
    if (this.#waiting === 0) return undefined
    const key = this.#shift(this.#nextLane()) ?? this.#shift('high') ?? this.#shift('low')
    if (key === undefined) return undefined
    this.#dirty.delete(key)
    this.#processing.add(key)
    this.#waiting--
    if (this.#waiting === 0) this.#dropStale()
    this.#metrics.taken(key)
    return key
  }

  /** Gives a taken key back; it waits again at once if it was added meanwhile. */
  done(key: string): void {
    if (!this.#processing.delete(key)) return
    this.#metrics.done(key)
    const priority = this.#dirty.get(key)
    if (priority === undefined) return
    this.#ready[priority].push(key)
    this.#waiting++
    this.#onReady()
  }

  /** Takes back a turn that was asked for and not begun. */
  remove(key: string): void {
    if (!this.#dirty.delete(key)) return
    this.#metrics.removed(key)
    if (this.#processing.has(key)) return
    this.#waiting--
    this.#dropStale()
  }

  /**
   * Keys removed while nothing is taken, as on standby, would pile up in the lanes, and with nothing left to take they and the
   * lifted ones would stay. Half stale at most, at rest none: each is moved once.
   */
  #dropStale(): void {
    const { high, low } = this.#ready
    const held = high.size + low.size
    if (held === 0 || (this.#waiting > 0 && held < MIN_STALE + 2 * this.#waiting)) return
    for (const lane of ['high', 'low'] as const) {
      const kept = new Set<string>()
      for (let key = this.#shift(lane); key !== undefined; key = this.#shift(lane)) kept.add(key)
      for (const key of kept) this.#ready[lane].push(key)
    }
  }

  #nextLane(): Priority {
    if (this.#ready.low.size === 0 || this.#passedOver < LOW_SHARE) {
      this.#passedOver = this.#ready.low.size === 0 ? 0 : this.#passedOver + 1
      return 'high'
    }
    this.#passedOver = 0
    return 'low'
  }

  /** The first key of a lane that still belongs there; a lifted or removed one is passed over. */
  #shift(lane: Priority): string | undefined {
    for (let key = this.#ready[lane].shift(); key !== undefined; key = this.#ready[lane].shift()) {
      if (this.#dirty.get(key) === lane && !this.#processing.has(key)) return key
    }
    return undefined
  }
}

const MIN_STALE = 64

/** One take in so many goes to the low lane, so that a stream of live changes cannot hold up an initial list for ever. */
const LOW_SHARE = 16

const noMetrics: QueueMetrics = { added() {}, taken() {}, done() {}, removed() {} }
