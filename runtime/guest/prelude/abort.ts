import { DOMException } from './dom-exception.ts'
import { Event, EventTarget } from './event-target.ts'
import { PrimordialTypeError } from './primordials.ts'
import { setTimeout } from './timers.ts'

/** Only AbortController and the static functions make signals. */
const token = {}
let abortSignal: (signal: AbortSignal, reason: unknown) => void

/** The web's AbortSignal. */
export class AbortSignal extends EventTarget {
  onabort: ((event: Event) => unknown) | null = null
  #aborted = false
  #reason: unknown

  static {
    abortSignal = (signal, reason) => signal.#abort(reason)
  }

  constructor(key?: unknown) {
    if (key !== token) throw new PrimordialTypeError('Illegal constructor')
    super()
  }

  get aborted(): boolean {
    return this.#aborted
  }
  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  #abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    const event = new Event('abort')
    if (typeof this.onabort === 'function') this.addEventListener('abort', this.onabort, { once: true })
    this.dispatchEvent(event)
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(token)
    abortSignal(signal, reason)
    return signal
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal(token)
    const expire = () =>
      abortSignal(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    setTimeout(expire, delayMs)
    return signal
  }

  /** Aborts with the first of `signals`; it stays registered with the others until they go. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals]
    const aborted = all.find((signal) => signal.aborted)
    if (aborted !== undefined) return AbortSignal.abort(aborted.reason)
    const controller = new AbortController()
    for (const signal of all)
      signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true, signal: controller.signal })
    return controller.signal
  }
}

/** The web's AbortController. */
export class AbortController {
  readonly signal = new AbortSignal(token)

  abort(reason?: unknown): void {
    abortSignal(this.signal, reason)
  }
}
