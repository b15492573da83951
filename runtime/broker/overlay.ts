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
 * after MAX_AGE_MS a read goes to the API server once instead, and the text is kept no longer.
 */
export class Overlay {
  /** Oldest first, none above MAX_AGE_MS when it is looked at; bounded by MAX_ENTRIES, beyond which the oldest goes. */
  readonly #written = new Map<string, Written & { readonly atMs: number }>()
  /** resourceVersions of those that were too old and that nobody has read since; bounded likewise. No key is in #written too. */
  readonly #expired = new Map<string, string>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#written.size + this.#expired.size
  }

  record(key: string, written: Written): void {
    this.#expire()
    this.#expired.delete(key)
    // Last in the order.
    this.#written.delete(key)
    this.#written.set(key, { ...written, atMs: this.#clock.now() })
    dropOldest(this.#written)
  }

  /** The cache now shows this version of the object; undefined when it shows that the object is gone. */
  observed(key: string, resourceVersion: string | undefined): void {
    this.#expire()
    const written = this.#written.get(key)?.resourceVersion ?? this.#expired.get(key)
    if (written === undefined) return
    if (resourceVersion !== undefined && !isSameOrLater(resourceVersion, written)) return
    this.#written.delete(key)
    this.#expired.delete(key)
  }

  /**
   * The cache does not have the object with this uid any more, whatever was written to it: its deletion may have been
   * observed before the answer to a write came.
   */
  gone(key: string, uid: string): void {
    const json = this.#written.get(key)?.json
    if (json !== undefined && uidOf(json) === uid) this.#written.delete(key)
  }

  /** What to read in place of the cache: the write, `expired` for one live read, or undefined for the cache itself. */
  lookup(key: string): Written | 'expired' | undefined {
    this.#expire()
    return this.#written.get(key) ?? (this.#expired.delete(key) ? 'expired' : undefined)
  }

  /** Of every write that the cache may not show yet. */
  keys(): string[] {
    return [...this.#written.keys(), ...this.#expired.keys()]
  }

  #expire(): void {
    const nowMs = this.#clock.now()
    for (const [key, { resourceVersion, atMs }] of this.#written) {
      if (nowMs - atMs < MAX_AGE_MS) return
      this.#written.delete(key)
      this.#expired.set(key, resourceVersion)
      dropOldest(this.#expired)
    }
  }
}

function dropOldest(entries: Map<string, unknown>): void {
  if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string)
}

function uidOf(json: string): string | undefined {
  return (JSON.parse(json) as { metadata?: { uid?: string } }).metadata?.uid
}

const MAX_ENTRIES = 10_000
const MAX_AGE_MS = 60_000
