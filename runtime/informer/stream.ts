import type { Clock } from '../util/clock.ts'

/** Why a stream was given up: nothing came for `limitMs`. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError'
  constructor(limitMs: number) {
    super(`No sign of life for ${Math.round(limitMs / 1000)} s`)
  }
}

/**
 * One request of its own lifetime, read batch by batch, each within a limit. Closing it ends the request, also when the
 * source does not listen to its signal.
 */
export class Stream<T> {
  readonly openedAtMs: number
  readonly #iterator: AsyncIterator<T>
  readonly #own = new AbortController()
  readonly #clock: Clock
  readonly #outer: AbortSignal
  readonly #onOuterAbort = () => this.close(this.#outer.reason)
  /** Settles the read in progress. Not a promise raced against each read: that would gather reactions for the stream's life. */
  #rejectRead: ((reason: unknown) => void) | undefined

  constructor(open: (signal: AbortSignal) => AsyncIterable<T>, outer: AbortSignal, clock: Clock) {
    this.openedAtMs = clock.now()
    this.#clock = clock
    this.#outer = outer
    this.#iterator = open(this.#own.signal)[Symbol.asyncIterator]()
    outer.addEventListener('abort', this.#onOuterAbort, { once: true })
  }

  /** The next batch; rejects with SilenceError, and closes the stream, when there is none within `limitMs`. */
  next(limitMs: number): Promise<IteratorResult<T>> {
    if (this.#outer.aborted) this.close(this.#outer.reason)
    if (this.#own.signal.aborted) return Promise.reject(this.#own.signal.reason)
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(limitMs, () => this.close(new SilenceError(limitMs)))
      this.#rejectRead = (reason) => {
        cancel()
        reject(reason)
      }
      this.#iterator.next().then(resolve, reject).finally(cancel)
    })
  }

  close(reason: unknown = new Error('The stream was closed')): void {
    this.#outer.removeEventListener('abort', this.#onOuterAbort)
    if (this.#own.signal.aborted) return
    this.#own.abort(reason)
    this.#rejectRead?.(reason)
    // A source in the middle of a read answers later, or never; either way nobody waits for it.
    Promise.resolve(this.#iterator.return?.()).catch(() => {})
  }
}
