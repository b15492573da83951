import { logUncaught } from './log.ts'
import { performance } from './performance.ts'
import { apply, defineOwn, PrimordialString, SafeMap, SafeSet } from './primordials.ts'

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
  readonly #listeners: Map<string, Set<Registered>> = new SafeMap()

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    if (listener === null || listener === undefined) return
    const { capture = false, once = false, signal } = typeof options === 'boolean' ? { capture: options } : options
    if (signal?.aborted || this.#find(type, listener, capture) !== undefined) return
    const present = this.#listeners.get(type) ?? new SafeSet<Registered>()
    this.#listeners.set(type, present.add({ listener, capture, once }))
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener, capture), { once: true })
  }

  removeEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    const capture = typeof options === 'boolean' ? options : (options.capture ?? false)
    const found = this.#find(type, listener, capture)
    const present = this.#listeners.get(type)
    if (found === undefined || present === undefined) return
    present.delete(found)
    if (present.size === 0) this.#listeners.delete(type)
  }

  dispatchEvent(event: Event): boolean {
    setTarget(event, this)
    // those of now: one that is added meanwhile is not called, nor one that an earlier one removes
    const present: Registered[] = []
    this.#listeners.get(event.type)?.forEach((registered) => {
      defineOwn(present, present.length, registered)
    })
    for (let i = 0; i < present.length && !stopped(event); i++) {
      const { listener, capture, once } = present[i] as Registered
      if (this.#find(event.type, listener, capture) === undefined) continue
      if (once) this.removeEventListener(event.type, listener, capture)
      this.#invoke(listener, event)
    }
    return !event.defaultPrevented
  }

  #find(type: string, listener: Listener | null, capture: boolean): Registered | undefined {
    let found: Registered | undefined
    this.#listeners.get(type)?.forEach((other) => {
      if (other.listener === listener && other.capture === capture) found = other
    })
    return found
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
