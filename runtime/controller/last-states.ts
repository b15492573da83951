import type { Entry } from '../informer/entry.ts'
import type { Parking } from './parking.ts'
import { Tombstones } from './tombstones.ts'

/**
 * What is still to be done for objects that went, in the order in which those of one key went.
 *
 * A parked `deleted` stands for the first last state of its key; they go together. What another object lives or lived under
 * the key is never held up by one that cannot be worked off.
 */
export class LastStates {
  readonly #tombstones = new Tombstones()
  readonly #parking: Parking
  readonly #dropped: (key: string) => void
  /** Not every object that left the selector could be kept in mind. */
  #hasMissed = false

  /** `dropped` is told the key of each that had to make room. */
  constructor(parking: Parking, dropped: (key: string) => void) {
    this.#parking = parking
    this.#dropped = dropped
  }

  /** The one that the key's next turn is about. */
  due(key: string): Entry | undefined {
    return this.#parking.has(key, 'deleted') ? undefined : this.#tombstones.get(key)
  }

  has(key: string): boolean {
    return this.#tombstones.get(key) !== undefined
  }

  isFirst(entry: Entry): boolean {
    return this.#tombstones.get(entry.key) === entry
  }

  list(): readonly Entry[] {
    return this.#tombstones.list()
  }

  keys(): string[] {
    return this.#tombstones.keys()
  }

  clear(): void {
    this.#tombstones.clear()
  }

  /** The object went now; a parked one of its name makes room for it. */
  add(entry: Entry): void {
    if (this.#parking.free(entry.key, 'deleted')) this.#dropFirst(entry.key)
    this.#bury(entry)
  }

  /** As add(), of one that went unseen; false when there is no room for more of them now. */
  addUnseen(entry: Entry): 'added' | 'known' | 'full' {
    if (this.#tombstones.isFull) {
      this.#hasMissed = true
      return 'full'
    }
    if (this.#tombstones.get(entry.key)?.uid === entry.uid) return 'known'
    this.#bury(entry)
    return 'added'
  }

  /** It is there again before anything was done about its going. */
  cameBack({ key, uid }: Entry): void {
    const tombstone = this.#tombstones.get(key)
    if (tombstone?.uid !== uid) return
    this.#tombstones.remove(tombstone)
    this.#parking.free(key, 'deleted')
  }

  /** Worked off. */
  finish(entry: Entry): void {
    this.#tombstones.remove(entry)
  }

  /** Drops the first of its key where another one waits behind it; false where it may stay, parked. */
  makeWay(entry: Entry): boolean {
    if (!this.#tombstones.hasLater(entry)) return false
    this.#dropFirst(entry.key)
    return true
  }

  /** True, once, when there is room for those that there was none for. */
  takeMissed(): boolean {
    if (!this.#hasMissed || this.#tombstones.size > 0) return false
    this.#hasMissed = false
    return true
  }

  #bury(entry: Entry): void {
    const displaced = this.#tombstones.add(entry)
    if (displaced === undefined) return
    this.#parking.free(displaced, 'deleted')
    this.#hasMissed = true
    this.#dropped(displaced)
  }

  #dropFirst(key: string): void {
    const entry = this.#tombstones.get(key)
    if (entry === undefined) return
    this.#tombstones.remove(entry)
    this.#dropped(key)
  }
}
