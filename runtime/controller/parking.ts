import type { Failure } from './outcome.ts'

/** A call that is not tried again by itself. */
export interface Parked {
  readonly key: string
  readonly uid: string
  readonly export: 'reconcile' | 'deleted'
  /** RFC 3339. */
  readonly since: string
  readonly attempts: number
  readonly failure: Failure
}

/** The parked calls of one controller, at most one a key and export; each goes with its object or its last state. */
export class Parking {
  readonly #parked = new Map<string, Parked>()

  has(key: string, name: Parked['export']): boolean {
    return this.#parked.has(slot(key, name))
  }

  park(parked: Parked): void {
    this.#parked.set(slot(parked.key, parked.export), parked)
  }

  /** True when the call was parked. */
  free(key: string, name: Parked['export']): boolean {
    return this.#parked.delete(slot(key, name))
  }

  freeAll(): void {
    this.#parked.clear()
  }

  list(): Parked[] {
    return [...this.#parked.values()]
  }
}

function slot(key: string, name: Parked['export']): string {
  return `${name} ${key}`
}
