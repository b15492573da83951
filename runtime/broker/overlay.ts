import type { Clock } from '../util/clock.ts'

/** What this controller wrote last to an object: `json` as the API server answered, or its deletion. */
export interface Written {
  readonly resourceVersion: string
  readonly json: string | undefined
}

/**
 * A controller's own writes, laid over cached reads until the cache has caught up: a handler that reads what it just
 * wrote sees it. An entry goes when the cache shows that resourceVersion or a later one, or the object's deletion;
 * after MAX_AGE_MS a read goes to the API server once instead.
 */
export class Overlay {
  /** Oldest first; bounded by MAX_ENTRIES, beyond which the oldest goes, and for MAX_AGE_MS all reads of others than these are live. */
  readonly #written = new Map<string, Written & { readonly atMs: number }>()
  readonly #clock: Clock
  /** When a write had to go that the cache may not show yet. */
  #overflowedAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#written.size
  }

  record(key: string, written: Written): void {
    this.#written.delete(key)
    this.#written.set(key, { ...written, atMs: this.#clock.now() })
    if (this.#written.size > MAX_ENTRIES) this.#dropOldest()
  }

  /** Writes are missing that the cache may not show yet. */
  get isIncomplete(): boolean {
    return this.#clock.now() - this.#overflowedAtMs < MAX_AGE_MS
  }

  #dropOldest(): void {
    const oldest = this.#written.entries().next().value
    if (oldest === undefined) return
    const [key, { atMs }] = oldest
    this.#written.delete(key)
    if (this.#clock.now() - atMs < MAX_AGE_MS) this.#overflowedAtMs = this.#clock.now()
  }

  /** The cache now shows this version of the object; undefined when it shows that the object is gone. */
  observed(key: string, resourceVersion: string | undefined): void {
    const written = this.#written.get(key)
    if (written === undefined) return
    if (resourceVersion === undefined || isSameOrLater(resourceVersion, written.resourceVersion))
      this.#written.delete(key)
  }

  /** What to read in place of the cache: the write, `expired` for one live read, or undefined for the cache itself. */
  lookup(key: string): Written | 'expired' | undefined {
    const written = this.#written.get(key)
    if (written === undefined) return this.isIncomplete ? 'expired' : undefined
    if (this.#clock.now() - written.atMs < MAX_AGE_MS) return written
    this.#written.delete(key)
    return 'expired'
  }

  /** Every write that the cache may not show yet, with its key. */
  entries(): IterableIterator<[string, Written]> {
    return this.#written.entries()
  }
}

/**
 * Versions compare as numbers since Kubernetes 1.35 says so (KEP-5504); of anything else, only equality is known.
 */
export function isSameOrLater(seen: string, written: string): boolean {
  if (seen === written) return true
  if (!/^\d+$/.test(seen) || !/^\d+$/.test(written)) return false
  return seen.length === written.length ? seen > written : seen.length > written.length
}

const MAX_ENTRIES = 10_000
const MAX_AGE_MS = 60_000
