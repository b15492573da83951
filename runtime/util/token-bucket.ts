import type { Clock } from './clock.ts'

/** Allows `perSecond` tokens a second, up to `burst` at once; what is taken beyond that has to be waited for. */
export class TokenBucket {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #burst: number
  /** At most #burst; below 0 by what has been taken too early. */
  #tokens: number
  #filledAt: number

  constructor(clock: Clock, perSecond: number, burst = perSecond) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAt = clock.now()
  }

  /** Takes `count` tokens in any case; answers how long to wait before using them, in ms. */
  take(count = 1): number {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond) - count
    this.#filledAt = now
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000
  }
}
