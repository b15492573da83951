import type { Clock } from '../util/clock.ts'

export interface CircuitBreakerOptions {
  readonly clock: Clock
  /** A turn that was held is due. */
  onDue(key: string): void
  /** The key is slowed down from now on: changes made it run so often, in so long. */
  onOpened(key: string, hot: { readonly runs: number; readonly overMs: number }): void
  /** Changes let the key rest for as long as it was held last: it runs at once again. */
  onClosed(key: string): void
}

/** How often changes made a key run; absent once PER_SECOND has used that up. */
interface Load {
  readonly sinceMs: number
  runs: number
}

interface Slowed {
  /** From the beginning of one turn to that of the next. */
  delayMs: number
  /** When its last turn began. */
  ranAtMs: number
  /** The last change since then; one turn is held for all of them. */
  heldAtMs: number | undefined
  /** Its turn has been handed to onDue() and not begun. */
  isDue: boolean
  cancel: () => void
}

/**
 * Slows down, by itself, each key that changes make run over and over: a handler that changes its own object in every run, or
 * that disagrees with another writer, would otherwise go on as fast as the API server answers.
 *
 * Open while a key ran more than BURST times beyond PER_SECOND. Then its turns begin a delay apart, and every change in
 * between is held for the next one, so none is lost. A loop falls silent while it is held: the delay doubles. Changes that
 * come in the second half of a delay too are not answers to the run before it: the delay goes back by half, so that an object
 * which others change all the time waits for a second and not for half a minute. A delay without any change closes it.
 *
 * Only runs for changes count, and only they are held; whatever else makes a key run passes by, and covers what is held.
 * Nothing is kept of keys at rest, and at most what forget() drops of a key that is gone.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions
  readonly #loads = new Map<string, Load>()
  readonly #slowed = new Map<string, Slowed>()
  /** Set while #loads has any. */
  #cancelSweep: (() => void) | undefined

  constructor(options: CircuitBreakerOptions) {
    this.#options = options
  }

  /** Keys that are slowed down. */
  get size(): number {
    return this.#slowed.size
  }

  /** A change asks for a turn of the key: true when it has to wait, until onDue() or any other turn of it. */
  holds(key: string): boolean {
    const slowed = this.#slowed.get(key)
    if (slowed === undefined || slowed.isDue) return false
    slowed.heldAtMs = this.#options.clock.now()
    return true
  }

  /** A turn of the key begins. */
  ran(key: string, isForChange: boolean): void {
    const slowed = this.#slowed.get(key)
    if (slowed === undefined) return isForChange ? this.#count(key) : undefined
    // What was held is done by this turn, whyever it runs.
    if (isForChange || slowed.isDue || slowed.heldAtMs !== undefined) this.#rest(key, slowed)
  }

  /** Drops all that is kept of the key, a held turn too. */
  forget(key: string): void {
    this.#loads.delete(key)
    this.#slowed.get(key)?.cancel()
    this.#slowed.delete(key)
  }

  clear(): void {
    for (const { cancel } of this.#slowed.values()) cancel()
    this.#slowed.clear()
    this.#loads.clear()
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #count(key: string): void {
    const now = this.#options.clock.now()
    const load = this.#loads.get(key)
    if (load === undefined || excessOf(load, now) <= 0) {
      this.#loads.set(key, { sinceMs: now, runs: 1 })
      return this.#sweepLater()
    }
    load.runs++
    if (excessOf(load, now) > BURST) this.#open(key, { runs: load.runs, overMs: now - load.sinceMs })
  }

  #open(key: string, hot: { runs: number; overMs: number }): void {
    this.#loads.delete(key)
    const slowed = { delayMs: MIN_DELAY_MS, ranAtMs: 0, heldAtMs: undefined, isDue: false, cancel: () => {} }
    this.#slowed.set(key, slowed)
    this.#rest(key, slowed)
    this.#options.onOpened(key, hot)
  }

  #rest(key: string, slowed: Slowed): void {
    slowed.cancel()
    slowed.ranAtMs = this.#options.clock.now()
    slowed.heldAtMs = undefined
    slowed.isDue = false
    slowed.cancel = this.#options.clock.after(slowed.delayMs, () => this.#rested(key, slowed))
  }

  #rested(key: string, slowed: Slowed): void {
    const { delayMs, ranAtMs, heldAtMs } = slowed
    if (heldAtMs === undefined) {
      this.#slowed.delete(key)
      return this.#options.onClosed(key)
    }
    const isFed = heldAtMs - ranAtMs > delayMs / 2
    slowed.delayMs = isFed ? Math.max(MIN_DELAY_MS, delayMs / 2) : Math.min(MAX_DELAY_MS, delayMs * 2)
    slowed.isDue = true
    this.#options.onDue(key)
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#options.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined
      const now = this.#options.clock.now()
      for (const [key, load] of this.#loads) if (excessOf(load, now) <= 0) this.#loads.delete(key)
      if (this.#loads.size > 0) this.#sweepLater()
    })
  }
}

/** Runs beyond PER_SECOND. */
function excessOf({ sinceMs, runs }: Load, nowMs: number): number {
  return runs - ((nowMs - sinceMs) / 1000) * PER_SECOND
}

/**
 * Never slowed down, for however long: an object that somebody changes every second, with two writes of the handler's own
 * in answer. Loops run at the pace of round trips, ten and more a second.
 */
const PER_SECOND = 3
/**
 * No loop yet: a parent with twenty children, each of which changes five times while it comes up. A loop of 10 ms is past it
 * within a second.
 */
const BURST = 100
/** So that a loop past PER_SECOND, which answers within a third of a second, is silent in the second half of it. */
const MIN_DELAY_MS = 1000
/** Two writes a minute are no load; a handler mended elsewhere (its settings, the other writer) is seen to rest soon enough. */
const MAX_DELAY_MS = 30_000
const SWEEP_MS = 10_000
