import type { Entry } from '../informer/entry.ts'
import { isSameOrLater } from '../kube/resource-version.ts'
import { finalizerOf } from './finalizer.ts'
import type { Outcome } from './outcome.ts'

/** What the host did to an object's finalizer, until the cache shows it. */
interface Written {
  /** As stored. */
  readonly entry: Entry
  readonly bears: boolean
}

/**
 * What one controller knows of its finalizer on the objects in its cache: the host's own writes ahead of the cache, and
 * whose deletion waits for a `finalize` that fails.
 */
export class Finalizers {
  readonly finalizer: string
  /** By key; none outlives its object, or the cache's catching up. */
  readonly #written = new Map<string, Written>()
  /** Keys of objects being deleted whose last `finalize` failed. */
  readonly #blocking = new Set<string>()

  constructor(controller: string) {
    this.finalizer = finalizerOf(controller)
  }

  /** Objects whose deletion waits for a `finalize` that fails. */
  get blocking(): number {
    return this.#blocking.size
  }

  bears({ key, uid, finalizers }: Entry): boolean {
    const written = this.#written.get(key)
    return written?.entry.uid === uid ? written.bears : finalizers.includes(this.finalizer)
  }

  /**
   * The newest version known: what the host wrote, as long as the cache is behind it. A call that was given that version
   * must not be tried again with an older one, for the event of what was written is no news any more.
   */
  newest(cached: Entry): Entry {
    const written = this.#written.get(cached.key)?.entry
    return written?.uid === cached.uid ? written : cached
  }

  /** The host wrote this version; `cached` is what the cache holds at that moment. */
  wrote(entry: Entry, cached: Entry | undefined): void {
    const { key, uid, resourceVersion, finalizers } = entry
    if (cached?.uid !== uid || isSameOrLater(cached.resourceVersion, resourceVersion)) return
    this.#written.set(key, { entry, bears: finalizers.includes(this.finalizer) })
  }

  /** The cache shows this version; true when it is the one that bears the finalizer just added, which a call was given. */
  observed({ key, uid, resourceVersion, finalizers }: Entry): boolean {
    const written = this.#written.get(key)
    if (written === undefined) return false
    const { entry, bears } = written
    const isCaughtUp = isSameOrLater(resourceVersion, entry.resourceVersion)
    if (isCaughtUp || entry.uid !== uid || finalizers.includes(this.finalizer) === bears) {
      this.#written.delete(key)
    }
    return bears && entry.uid === uid && entry.resourceVersion === resourceVersion
  }

  /** `finalize` ran for an object that is being deleted. */
  finalized({ key }: Entry, { kind }: Outcome): void {
    if (kind === 'retry' || kind === 'died' || kind === 'terminal') this.#blocking.add(key)
    else if (kind !== 'again') this.#blocking.delete(key)
  }

  forget(key: string): void {
    this.#written.delete(key)
    this.#blocking.delete(key)
  }
}
