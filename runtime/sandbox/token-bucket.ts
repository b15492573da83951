import type { Clock } from '../util/clock.ts'

/** Allows `rate` tokens a second, and as many at once; what is taken beyond that has to be waited for. */
export class TokenBucket {
  readonly #rate: number
  readonly #clock: Clock
  /** At most #rate; below 0 by what has been taken too early. */
  #tokens: number
  #filledAt: number

  constructor(rate: number, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate
    this.#filledAt = clock.now()
  }

  /** Takes `count` tokens in any case; answers for how many milliseconds no more should be taken. */
  take(count: number): number {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate) - count
    this.#filledAt = now
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000
  }
}
