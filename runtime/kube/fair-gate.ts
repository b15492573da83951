/** Sizes of a FairGate. */
export interface FairGateOptions {
  /** How many runs may be under way at once, over all users. */
  readonly slots: number
  /** How many of them one user may hold, so that there is always a slot another user gets at once. */
  readonly slotsPerUser: number
}

/** 24 of a client's 32 connections, so that the host's own requests (lists, the lease) never queue behind handlers. */
const DEFAULT_GATE: FairGateOptions = { slots: 24, slotsPerUser: 18 }

interface Waiter {
  readonly start: () => void
}

/**
 * A semaphore that hands out its slots in turn among the users that wait: a busy one delays itself, not the others.
 * Waiters are not counted: each user's are bounded by what it may have in flight (a guest's host calls).
 */
export class FairGate {
  readonly #options: FairGateOptions
  /** Slots taken, at most `slots`. */
  #taken = 0
  /** Slots each user holds, at most `slotsPerUser`; a user that holds none has no entry. */
  readonly #held = new Map<string, number>()
  /** Waiters of each user, oldest first; the order of users is the order of turns. No entry is empty. */
  readonly #waiting = new Map<string, Set<Waiter>>()

  constructor(options: FairGateOptions = DEFAULT_GATE) {
    this.#options = options
  }

  /** Runs waiting for a slot. */
  get waiting(): number {
    let count = 0
    for (const waiters of this.#waiting.values()) count += waiters.size
    return count
  }

  /** Calls `fn` once `user` has a slot, and gives the slot back when it settles; rejects with the signal's reason. */
  async run<T>(user: string, signal: AbortSignal | undefined, fn: () => Promise<T>): Promise<T> {
    await this.#enter(user, signal)
    try {
      return await fn()
    } finally {
      this.#leave(user)
    }
  }

  #enter(user: string, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#mayTake(user)) {
      this.#take(user)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#forget(user, waiter)
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const waiters = this.#waiting.get(user)
      if (waiters === undefined) this.#waiting.set(user, new Set([waiter]))
      else waiters.add(waiter)
    })
  }

  #mayTake(user: string): boolean {
    return this.#taken < this.#options.slots && (this.#held.get(user) ?? 0) < this.#options.slotsPerUser
  }

  #take(user: string): void {
    this.#taken++
    this.#held.set(user, (this.#held.get(user) ?? 0) + 1)
  }

  #leave(user: string): void {
    this.#taken--
    const held = (this.#held.get(user) ?? 0) - 1
    if (held === 0) this.#held.delete(user)
    else this.#held.set(user, held)
    this.#startNext()
  }

  /** The slot is taken before the waiter wakes, so that nobody can slip in between. */
  #startNext(): void {
    for (const [user, waiters] of this.#waiting) {
      if (!this.#mayTake(user)) continue
      const [waiter] = waiters
      if (waiter === undefined) continue
      this.#forget(user, waiter)
      const rest = this.#waiting.get(user)
      if (rest !== undefined) {
        this.#waiting.delete(user)
        this.#waiting.set(user, rest)
      }
      this.#take(user)
      waiter.start()
      return
    }
  }

  #forget(user: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(user)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiting.delete(user)
  }
}
