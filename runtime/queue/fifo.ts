/**
 * A first-in first-out list whose push and shift cost the same at any length (Array.shift copies).
 * A ring that doubles when it is full and is dropped when it runs empty after having been large.
 */
export class Fifo<T> {
  /** Length is a power of two, so that wrapping is a mask. */
  #ring: (T | undefined)[] = new Array(MIN_CAPACITY)
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (this.#size === this.#ring.length) this.#resize(this.#ring.length * 2)
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = item
    this.#size++
  }

  /** The oldest item, taken out; undefined when there is none. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#size--
    if (this.#size === 0 && this.#ring.length > MIN_CAPACITY) this.#resize(MIN_CAPACITY)
    return item
  }

  #resize(capacity: number): void {
    const next = new Array<T | undefined>(capacity)
    for (let i = 0; i < this.#size; i++) next[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]
    this.#ring = next
    this.#head = 0
  }
}

const MIN_CAPACITY = 16
