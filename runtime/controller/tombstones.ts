import type { Entry } from '../informer/entry.ts'

/**
 * Last states of objects that are gone, until `deleted` has run for them; several of one key when it was re-created and
 * deleted again meanwhile. Bounded: they cannot be read again from anywhere, and nobody may delete faster than they are
 * worked off for ever.
 */
export class Tombstones {
  /** By key, the one that waits longest first; each list in the order in which its objects went, and never empty. */
  readonly #entries = new Map<string, Entry[]>()
  /** Over all keys. */
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The next one makes the oldest go. */
  get isFull(): boolean {
    return this.#size >= MAX_TOMBSTONES
  }

  /** The one to work off next. */
  get(key: string): Entry | undefined {
    return this.#entries.get(key)?.[0]
  }

  /** Another object lived, and went, under the key after this one. */
  hasLater({ key }: Entry): boolean {
    return (this.#entries.get(key)?.length ?? 0) > 1
  }

  /** Keeps a last state; answers the key whose oldest had to go for it, if any. */
  add(entry: Entry): string | undefined {
    const others = this.#entries.get(entry.key)
    if (others === undefined) this.#entries.set(entry.key, [entry])
    else others.push(entry)
    this.#size++
    if (this.#size <= MAX_TOMBSTONES) return undefined
    const oldest = this.#entries.keys().next().value as string
    this.#shift(oldest)
    return oldest
  }

  list(): Entry[] {
    return [...this.#entries.values()].flat()
  }

  keys(): string[] {
    return [...this.#entries.keys()]
  }

  clear(): void {
    this.#entries.clear()
    this.#size = 0
  }

  /** Drops the last state of this object, if it is the next one still. */
  remove(entry: Entry): void {
    if (this.get(entry.key) === entry) this.#shift(entry.key)
  }

  #shift(key: string): void {
    const entries = this.#entries.get(key)
    if (entries?.shift() !== undefined) this.#size--
    if (entries?.length === 0) this.#entries.delete(key)
  }
}

const MAX_TOMBSTONES = 1000
