import type { Clock } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import { LeastRecentlyUsed } from './least-recently-used.ts'

/**
 * How many events one source may record about one object: a burst, then one in a while. Bounded: of the objects that
 * have not been heard of for longest nothing is remembered.
 * source:  client-go tools/record/events_cache.go, EventSourceObjectSpamFilter
 */
export class EventBudget {
  readonly #clock: Clock
  readonly #buckets = new LeastRecentlyUsed<string, TokenBucket>(MAX_OBJECTS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes a token for the object; false when there is none. */
  tryTake(object: string): boolean {
    const bucket = this.#buckets.get(object) ?? new TokenBucket(this.#clock, 1 / SECONDS_PER_TOKEN, BURST)
    this.#buckets.set(object, bucket)
    return bucket.tryTake()
  }
}

const BURST = 25
const SECONDS_PER_TOKEN = 5 * 60
const MAX_OBJECTS = 4096
