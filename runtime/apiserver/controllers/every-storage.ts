import type { Registry } from '../kinds/registry.ts'
import type { Store, StoreEvent } from '../storage/store.ts'

/** Watches all storages there are and those that custom kinds bring; the answer ends it. The listener must not throw, wait or write. */
export function watchEveryStorage(store: Store, registry: Registry, listener: (event: StoreEvent) => void): () => void {
  const watched = new Map<string, () => void>()
  const watchNew = () => {
    for (const { storage } of registry.list()) {
      if (!watched.has(storage)) watched.set(storage, store.watch(storage, listener))
    }
  }
  watchNew()
  const unsubscribe = registry.onChange(watchNew)
  return () => {
    unsubscribe()
    for (const cancel of watched.values()) cancel()
  }
}
