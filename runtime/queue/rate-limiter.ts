import type { TokenBucket } from '../util/token-bucket.ts'

export interface BackoffOptions {
  readonly baseDelayMs: number
  readonly maxDelayMs: number
}

/**
 * How long a failed key waits: per key exponential with full jitter, and never sooner than the bucket allows.
 * source: client-go util/workqueue/default_rate_limiters.go (MaxOf); jitter: AWS Architecture Blog, "Exponential
 * Backoff And Jitter"
 */
export class RateLimiter {
  /** Failures in a row; a key without any is absent. */
  readonly #failures = new Map<string, number>()
  readonly #bucket: TokenBucket
  readonly #random: () => number
  #options: BackoffOptions

  constructor(options: BackoffOptions, bucket: TokenBucket, random: () => number = Math.random) {
    this.#options = options
    this.#bucket = bucket
    this.#random = random
  }

  set options(options: BackoffOptions) {
    this.#options = options
  }

  /** Counts a failure and answers the wait before the next attempt, in ms. */
  when(key: string): number {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    return Math.max(this.#random() * backoffCapMs(failures, this.#options), this.#bucket.take())
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }
}

/** The longest wait after so many earlier failures: base · 2^failures, up to the maximum. */
export function backoffCapMs(failures: number, { baseDelayMs, maxDelayMs }: BackoffOptions): number {
  return Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures, 60))
}
