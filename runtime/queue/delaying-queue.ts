import type { Clock } from '../util/clock.ts'

/**
 * At most one timer a key; when it fires, the key is handed to `onDue`.
 * source: client-go util/workqueue/delaying_queue.go, which keeps the earliest of several; here the last word counts
 */
export class DelayingQueue {
  /** What cancels the timer of each waiting key. */
  readonly #timers = new Map<string, () => void>()
  readonly #clock: Clock
  readonly #onDue: (key: string) => void

  constructor(clock: Clock, onDue: (key: string) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  get size(): number {
    return this.#timers.size
  }

  /** Sets the key's timer, in place of any it had. */
  addAfter(key: string, delayMs: number): void {
    this.clear(key)
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(key)
      this.#onDue(key)
    })
    this.#timers.set(key, cancel)
  }

  clear(key: string): void {
    this.#timers.get(key)?.()
    this.#timers.delete(key)
  }

  clearAll(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }
}
