import type { Clock } from './clock.ts'

/** Allows `perSecond` tokens a second, up to `burst` at once; what is taken beyond that has to be waited for, or is refused. */
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
    this.#fill()
    this.#tokens -= count
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  /** A clock that is set back fills nothing. */
  #fill(): void {
    const now = this.#clock.now()
    const seconds = Math.max(0, now - this.#filledAt) / 1000
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond)
    this.#filledAt = now
  }
}
