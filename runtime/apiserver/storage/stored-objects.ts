import type { ApiObject } from '../json.ts'
import type { Store, StoredObject } from './store.ts'

/** What the store holds, parsed once a version for as long as that version is in use. */
export class StoredObjects {
  readonly #store: Store
  /** Goes with the stored object: nothing to invalidate, nothing to bound. */
  readonly #parsed = new WeakMap<StoredObject, ApiObject>()

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * in: `storage` as `GROUP/PLURAL`, `namespace` empty for what is cluster-scoped; `T`: what the caller knows the kind to look like.
   * The answer is shared, not to be changed.
   */
  get<T extends ApiObject>(storage: string, namespace: string, name: string): T | undefined {
    const stored = this.#store.get(storage, namespace, name)
    return stored === undefined ? undefined : this.parse<T>(stored)
  }

  /** An object as it is by now; as it was known when it is gone. */
  latest<T extends ApiObject>(storage: string, object: T): T {
    const { namespace = '', name = '' } = object.metadata
    return this.get<T>(storage, namespace, name) ?? object
  }

  list<T extends ApiObject>(storage: string, namespace?: string): T[] {
    return this.#store.list(storage, namespace).map((stored) => this.parse<T>(stored))
  }

  parse<T extends ApiObject>(stored: StoredObject): T {
    const known = this.#parsed.get(stored)
    if (known !== undefined) return known as T
    const object = JSON.parse(stored.text) as T
    this.#parsed.set(stored, object)
    return object
  }
}
