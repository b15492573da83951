/** What the others of a process have to know of a controller. */
export interface SuspectsOptions {
  /** Keys in its hands. */
  inHand(): number
  /** Whether its handler runs: suspects of one that does not hold up nobody. */
  canRun(): boolean
  /** A key that had to wait for other controllers may be handed out now. */
  wake(): void
}

/**
 * The controllers whose calls run in one process. Which of the calls in flight brought about its death is not known: all
 * of them are suspects, and while there are any, keys are handed out one at a time among all these controllers.
 */
export class SharedProcess {
  /** In the order of their turns. */
  readonly #all = new Set<Suspects>()
  /** Somebody asked for a key in vain. */
  #holdsBack = false

  join(suspects: Suspects): void {
    this.#all.add(suspects)
  }

  leave(suspects: Suspects): void {
    this.#all.delete(suspects)
    this.released(suspects)
  }

  /** Whether one more key may be handed out. */
  get mayRun(): boolean {
    // No copies: this is asked for every key.
    let isWaiting = false
    let inHand = 0
    for (const one of this.#all) {
      isWaiting ||= one.isWaiting
      inHand += one.inHand
    }
    if (!isWaiting || inHand === 0) return true
    this.#holdsBack = true
    return false
  }

  /** `by` has finished a key, or cleared a suspect: whoever was held back may go on, those after it first. */
  released(by: Suspects): void {
    if (!this.#holdsBack) return
    this.#holdsBack = false
    const all = [...this.#all]
    const next = all.indexOf(by) + 1
    for (const one of [...all.slice(next), ...all.slice(0, next)]) one.wake()
  }
}

/** Keys of one controller that were in hand when their guest died; the one that kills a guest alone is blamed. */
export class Suspects {
  readonly #options: SuspectsOptions
  readonly #keys = new Set<string>()
  #process: SharedProcess

  constructor(options: SuspectsOptions, process = new SharedProcess()) {
    this.#options = options
    this.#process = process
    process.join(this)
  }

  /** Whose calls share the guest from now on. */
  set process(process: SharedProcess) {
    if (process === this.#process) return
    this.#process.leave(this)
    this.#process = process
    process.join(this)
    // It may have been held back in the one before.
    this.wake()
  }

  get isWaiting(): boolean {
    return this.#keys.size > 0 && this.#options.canRun()
  }

  get inHand(): number {
    return this.#options.inHand()
  }

  /** Whether one more key may be handed out, as far as suspects go. */
  get mayRun(): boolean {
    return this.#process.mayRun
  }

  add(key: string): void {
    this.#keys.add(key)
  }

  /** Whether it was one. */
  delete(key: string): boolean {
    const wasSuspect = this.#keys.delete(key)
    if (wasSuspect) this.released()
    return wasSuspect
  }

  clear(): void {
    this.#keys.clear()
    this.released()
  }

  /** A key is out of hand. */
  released(): void {
    this.#process.released(this)
  }

  wake(): void {
    this.#options.wake()
  }

  leave(): void {
    this.#process.leave(this)
  }
}
