import type { Store } from '../storage/store.ts'
import type { ControlLoop } from './control-loop.ts'
import { keyOf } from './object-key.ts'

/** Gives each object of a storage a turn: those that are written from now on, and those that are there. The answer ends it. */
export function enqueueSelf(store: Store, storage: string, loop: ControlLoop): () => void {
  const cancel = store.watch(storage, ({ stored }) => loop.add(keyOf(stored)))
  for (const stored of store.list(storage)) loop.add(keyOf(stored))
  return cancel
}
