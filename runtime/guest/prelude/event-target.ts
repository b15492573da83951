import { logUncaught } from './log.ts'
import { performance } from './performance.ts'
import { apply, PrimordialString, SafeMap } from './primordials.ts'

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }
interface ListenerOptions {
  capture?: boolean
  once?: boolean
  passive?: boolean
  signal?: { readonly aborted: boolean; addEventListener(type: 'abort', listener: () => void, options: object): void }
}
interface Registered {
  readonly listener: Listener
  readonly capture: boolean
  readonly once: boolean
}

/** Sets what only the dispatch may set; handed out once, by Event itself. */
let setTarget: (event: Event, target: EventTarget | null) => void
let stopped: (event: Event) => boolean

/** The web's Event, without a tree to bubble in. */
export class Event {
  readonly type: string
  readonly bubbles: boolean
  readonly cancelable: boolean
  readonly composed = false
  readonly isTrusted = false
  readonly timeStamp = performance.now()
  #target: EventTarget | null = null
  #prevented = false
  #stopped = false

  static {
    setTarget = (event, target) => {
      event.#target = target
    }
    stopped = (event) => event.#stopped
  }

  constructor(type: unknown, options: { bubbles?: boolean; cancelable?: boolean } = {}) {
    this.type = PrimordialString(type)
    this.bubbles = Boolean(options.bubbles)
    this.cancelable = Boolean(options.cancelable)
  }

  get target(): EventTarget | null {
    return this.#target
  }
  get currentTarget(): EventTarget | null {
    return this.#target
  }
  get defaultPrevented(): boolean {
    return this.#prevented
  }
  preventDefault(): void {
    if (this.cancelable) this.#prevented = true
  }
  stopPropagation(): void {}
  stopImmediatePropagation(): void {
    this.#stopped = true
  }
}

/** The web's CustomEvent. */
export class CustomEvent extends Event {
  readonly detail: unknown

  constructor(type: unknown, options: { bubbles?: boolean; cancelable?: boolean; detail?: unknown } = {}) {
    super(type, options)
    this.detail = options.detail ?? null
  }
}

/** The web's EventTarget. What a listener throws is logged, as in browsers: the others still run. */
export class EventTarget {
  readonly #listeners = new SafeMap<string, readonly Registered[]>()

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    if (listener === null || listener === undefined) return
    const { capture = false, once = false, signal } = typeof options === 'boolean' ? { capture: options } : options
    if (signal?.aborted) return
    const present = this.#listeners.get(type) ?? []
    if (present.some((other) => other.listener === listener && other.capture === capture)) return
    this.#listeners.set(type, [...present, { listener, capture, once }])
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener, { capture }), { once: true })
  }

  removeEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    const { capture = false } = typeof options === 'boolean' ? { capture: options } : options
    const present = this.#listeners.get(type)
    if (present === undefined) return
    const left = present.filter((other) => other.listener !== listener || other.capture !== capture)
    if (left.length === 0) this.#listeners.delete(type)
    else this.#listeners.set(type, left)
  }

  dispatchEvent(event: Event): boolean {
    setTarget(event, this)
    const present = this.#listeners.get(event.type) ?? []
    for (let i = 0; i < present.length && !stopped(event); i++) {
      const { listener, capture, once } = present[i] as Registered
      if (!this.#has(event.type, present[i] as Registered)) continue
      if (once) this.removeEventListener(event.type, listener, { capture })
      this.#invoke(listener, event)
    }
    return !event.defaultPrevented
  }

  /** A listener that an earlier one removed is not called. */
  #has(type: string, registered: Registered): boolean {
    return this.#listeners.get(type)?.includes(registered) ?? false
  }

  #invoke(listener: Listener, event: Event): void {
    try {
      if (typeof listener === 'function') apply(listener, this, [event])
      else listener.handleEvent(event)
    } catch (error) {
      logUncaught(`a listener of "${event.type}"`, error)
    }
  }
}
