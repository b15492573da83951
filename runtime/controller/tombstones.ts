import type { Entry } from '../informer/entry.ts'

/**
 * Last states of objects that are gone, until `deleted` has run for them. Bounded: they cannot be read again from
 * anywhere, and nobody may delete faster than they are worked off for ever.
 */
export class Tombstones {
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** Keeps a last state; answers the key that had to go for it, if any. */
  add(entry: Entry): string | undefined {
    this.#entries.delete(entry.key)
    this.#entries.set(entry.key, entry)
    if (this.#entries.size <= MAX_TOMBSTONES) return undefined
    const oldest = this.#entries.keys().next().value as string
    this.#entries.delete(oldest)
    return oldest
  }

  keys(): string[] {
    return [...this.#entries.keys()]
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Drops the last state of this object, unless a later one has taken its place. */
  remove(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key)
  }
}

const MAX_TOMBSTONES = 1000
