import type { KubeRequest } from '../kube/client.ts'
import { isNotFound } from '../kube/status-error.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import { EventBudget } from './event-budget.ts'
import { createEvent, type EventSeries, eventName, type KubeEvent, microTime, patchSeries } from './events.ts'
import { LeastRecentlyUsed } from './least-recently-used.ts'

export interface EventRecorderOptions {
  readonly clock: Clock
  /** Throws KubeStatusError and API_UNREACHABLE. */
  send(request: KubeRequest): Promise<unknown>
  warn(message: string): void
  /** An event was left out, as there were too many about its object. */
  dropped(): void
}

/** One event and what came after it that says the same. */
interface Series {
  readonly name: string
  readonly event: KubeEvent
  count: number
  lastObservedMs: number
  /** What the API server was told last. */
  writtenCount: number
  writtenMs: number
  /** Requests about it, one after the other; rejects when the event could not be recorded. */
  writing: Promise<void>
}

/**
 * Records the events of one controller: the same one again within six minutes is counted in the first one's series, and
 * about one object there are only so many. A series is told at its second event, then at most once a minute.
 * source:  KEP-383; client-go tools/events/event_broadcaster.go, tools/record/events_cache.go
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #budget: EventBudget
  readonly #series = new LeastRecentlyUsed<string, Series>(MAX_SERIES)
  /** Objects about which events are being left out, which is said once. */
  readonly #limited = new LeastRecentlyUsed<string, true>(MAX_SERIES)
  /** Set while a series waits to be told. */
  #cancelFlush: (() => void) | undefined
  #isClosed = false

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#budget = new EventBudget(options.clock)
  }

  /** Errors: those of `send`. */
  async record(event: KubeEvent): Promise<void> {
    const id = idOf(event)
    const nowMs = this.#options.clock.now()
    const series = this.#series.get(id)
    if (series === undefined || nowMs - series.lastObservedMs >= SERIES_GAP_MS) return this.#begin(id, event)
    series.count++
    series.lastObservedMs = nowMs
    if (series.writtenCount === 1) return this.#write(series)
    this.#flushLater()
  }

  /** Nothing is sent after this; what a series counted since it was last told is not told any more. */
  close(): void {
    this.#isClosed = true
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    this.#series.clear()
  }

  async #begin(id: string, event: KubeEvent): Promise<void> {
    if (!this.#mayBegin(event)) return
    const nowMs = this.#options.clock.now()
    const name = eventName(event.regarding.name)
    const writing = this.#options.send(createEvent(event, name)).then(() => {})
    const series = { name, event, count: 1, lastObservedMs: nowMs, writtenCount: 1, writtenMs: nowMs, writing }
    this.#series.set(id, series)
    try {
      await writing
    } catch (error) {
      if (this.#series.get(id) === series) this.#series.delete(id)
      throw error
    }
  }

  #mayBegin({ regarding }: KubeEvent): boolean {
    const object = objectOf(regarding)
    if (this.#budget.tryTake(object)) {
      this.#limited.delete(object)
      return true
    }
    this.#options.dropped()
    const wasSaid = this.#limited.get(object) === true
    this.#limited.set(object, true)
    if (!wasSaid) this.#options.warn(`Too many events about ${regarding.kind} "${regarding.name}": some are left out`)
    return false
  }

  /** In turn with the request before. Nothing is told twice. */
  #write(series: Series): Promise<void> {
    series.writtenCount = series.count
    series.writtenMs = this.#options.clock.now()
    const { count, lastObservedMs } = series
    const told = { count, lastObservedTime: microTime(lastObservedMs) }
    series.writing = series.writing
      .then(() => this.#send(series, told))
      .catch((error) => {
        // What is not there cannot be counted on: the next one begins anew.
        if (this.#series.get(idOf(series.event)) === series) this.#series.delete(idOf(series.event))
        throw error
      })
    return series.writing
  }

  /** Events expire, after an hour by default: a series that goes on longer is written anew. */
  async #send({ event, name }: Series, told: EventSeries): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#options.send(patchSeries(event, name, told))
    } catch (error) {
      if (!isNotFound(error)) throw error
      await this.#options.send(createEvent(event, name, told))
    }
  }

  #flushLater(): void {
    this.#cancelFlush ??= this.#options.clock.after(FLUSH_MS, () => {
      this.#cancelFlush = undefined
      this.#flush()
    })
  }

  #flush(): void {
    const nowMs = this.#options.clock.now()
    for (const series of this.#series.values()) {
      if (series.writtenCount === series.count) continue
      if (nowMs - series.writtenMs < FLUSH_MS) {
        this.#flushLater()
        continue
      }
      const { reason } = series.event
      this.#write(series).catch((error) => {
        this.#options.warn(`Cannot record event ${JSON.stringify(reason)}: ${messageOf(error)}`)
      })
    }
  }
}

/** What makes events the same one; the object's version and the time do not. */
function idOf({ regarding, type, reason, action, note }: KubeEvent): string {
  return JSON.stringify([objectOf(regarding), type, reason, action, note])
}

function objectOf({ apiVersion, kind, namespace, name, uid }: KubeEvent['regarding']): string {
  return JSON.stringify([apiVersion, kind, namespace ?? '', name, uid ?? ''])
}

/** client-go: a series has ended when nothing came for so long. */
const SERIES_GAP_MS = 6 * 60_000
const FLUSH_MS = 60_000
const MAX_SERIES = 4096
