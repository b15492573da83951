import type { Clock } from '../util/clock.ts'
import { LeastRecentlyUsed } from './least-recently-used.ts'

interface Bucket {
  tokens: number
  /** When `tokens` was last brought up to date. */
  atMs: number
}

/**
 * How many events one source may record about one object: a burst, then one in a while. Bounded: of the objects that
 * have not been heard of for longest nothing is remembered.
 * source:  client-go tools/record/events_cache.go, EventSourceObjectSpamFilter
 */
export class EventBudget {
  readonly #clock: Clock
  readonly #buckets = new LeastRecentlyUsed<string, Bucket>(MAX_OBJECTS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes a token for the object; false when there is none. */
  tryTake(object: string): boolean {
    const nowMs = this.#clock.now()
    const bucket = this.#buckets.get(object) ?? { tokens: BURST, atMs: nowMs }
    bucket.tokens = Math.min(BURST, bucket.tokens + Math.max(0, nowMs - bucket.atMs) / MS_PER_TOKEN)
    bucket.atMs = nowMs
    this.#buckets.set(object, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }
}

const BURST = 25
const MS_PER_TOKEN = 5 * 60_000
const MAX_OBJECTS = 4096
