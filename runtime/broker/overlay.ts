import { isSameOrLater } from '../kube/resource-version.ts'
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
  /** Oldest first; bounded by MAX_ENTRIES, beyond which the oldest goes and its next read is live. */
  readonly #written = new Map<string, Written & { readonly atMs: number }>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#written.size
  }

  record(key: string, written: Written): void {
    this.#written.delete(key)
    this.#written.set(key, { ...written, atMs: this.#clock.now() })
    if (this.#written.size > MAX_ENTRIES) this.#written.delete(this.#written.keys().next().value as string)
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
    if (written === undefined) return undefined
    if (this.#clock.now() - written.atMs < MAX_AGE_MS) return written
    this.#written.delete(key)
    return 'expired'
  }

  /** Every write that the cache may not show yet, with its key. */
  entries(): IterableIterator<[string, Written]> {
    return this.#written.entries()
  }
}

const MAX_ENTRIES = 10_000
const MAX_AGE_MS = 60_000
