import { DelayingQueue } from '../queue/delaying-queue.ts'
import { type BackoffOptions, RateLimiter } from '../queue/rate-limiter.ts'
import type { Clock } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'
import type { Failure, Outcome } from './outcome.ts'
import type { Suspects } from './suspects.ts'

export interface RetriesOptions {
  readonly clock: Clock
  readonly backoff: BackoffOptions
  /** Keys that were in hand when their guest died. */
  readonly suspects: Suspects
  readonly log: { warn(message: string, fields: object): void; error(message: string, fields: object): void }
  /** A failed key was given another attempt. */
  retried(): void
  /** The key's time has come. */
  onDue(key: string): void
}

/**
 * When a key runs again by itself, objects' keys and mappers' alike: one timer a key at most, set or cleared by each
 * outcome. Failures live here and nowhere else; of a key that went well nothing is kept.
 */
export class Retries {
  readonly #options: RetriesOptions
  readonly #timers: DelayingQueue
  readonly #limiter: RateLimiter
  readonly #suspects: Suspects

  constructor(options: RetriesOptions) {
    const { clock, backoff, suspects, onDue } = options
    this.#options = options
    this.#suspects = suspects
    this.#timers = new DelayingQueue(clock, onDue)
    this.#limiter = new RateLimiter(backoff, new TokenBucket(clock, RETRIES_PER_SECOND, RETRY_BURST))
  }

  set backoff(backoff: BackoffOptions) {
    this.#limiter.options = backoff
  }

  /** The number of the key's next attempt, from 1. */
  attempt(key: string): number {
    return this.#limiter.failures(key) + 1
  }

  /** Runs the key anew, uncounted, when what cut its call short is not known to be its fault; true when that was so. */
  excuse(key: string, outcome: Outcome, what: 'key' | 'mapper'): boolean {
    const ranAlone = this.#suspects.delete(key)
    if (outcome.kind === 'again') {
      this.#options.log.warn(`${outcome.failure.message}; the ${what} runs again`, { key })
      this.#timers.addAfter(key, outcome.delayMs * (0.5 + Math.random()))
      return true
    }
    if (outcome.kind !== 'died' || ranAlone) return false
    this.#options.log.warn(`${outcome.failure.message}; the ${what} runs again, alone`, { key })
    this.#suspects.add(key)
    this.#timers.addAfter(key, 0)
    return true
  }

  /** Counts a failure, says it, and sets the key's timer. */
  retry({ key, attempt, ...failed }: FailedCall): void {
    const delayMs = this.#limiter.when(key)
    this.#options.retried()
    this.say({ key, attempt, ...failed }, `again in ${formatMs(delayMs)}`)
    this.#timers.addAfter(key, delayMs)
  }

  /** The file is named always: of a result, a timeout or a death there is no stack that does. */
  say({ what, key, attempt, handler, failure, note = '' }: FailedCall, next: string): void {
    const { name, message, stack } = failure
    const fields = { key, attempt, handler, ...(stack === undefined ? {} : { stack }) }
    const how = `attempt ${attempt}, ${next}${note}`
    this.#options.log.error(`${what} of "${key}" failed (${how}): ${name}: ${message}`, fields)
  }

  /** The call went well, or is given up: nothing runs by itself. */
  end(key: string): void {
    this.#limiter.forget(key)
    this.#timers.clear(key)
  }

  /** The call went well and is to be repeated. */
  requeue(key: string, delayMs: number): void {
    this.#limiter.forget(key)
    this.#timers.addAfter(key, delayMs)
  }

  /** Counts from the start again; a timer stays. */
  restart(key: string): void {
    this.#limiter.forget(key)
  }

  /** The turn had nothing to call. */
  skip(key: string): void {
    this.#suspects.delete(key)
    this.#limiter.forget(key)
  }

  /** Drops everything that is kept of the key. */
  forget(key: string): void {
    this.#suspects.delete(key)
    this.end(key)
  }

  /** What died does not run any more. */
  acquit(): void {
    this.#suspects.clear()
  }

  clearTimers(): void {
    this.#timers.clearAll()
  }
}

/** A call that failed, for its line in the log. */
export interface FailedCall {
  /** What was called. */
  readonly what: string
  readonly key: string
  readonly attempt: number
  /** The handler's file. */
  readonly handler: string
  readonly failure: Failure
  /** What else comes of it. */
  readonly note?: string
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`
}

/** client-go's overall limit of its default rate limiter. */
const RETRIES_PER_SECOND = 10
const RETRY_BURST = 100
