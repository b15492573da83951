import type { ControlLoop } from '../control-loop.ts'
import type { ControllerContext } from '../controller-context.ts'
import { controllerKeyOf } from './ownership.ts'

/** Gives the controller of each written object of a storage a turn, where it is of this kind. The answer ends it. */
export function enqueueOwner(
  { store, objects }: ControllerContext,
  storage: string,
  kind: string,
  loop: ControlLoop,
): () => void {
  return store.watch(storage, ({ stored }) => {
    const key = controllerKeyOf(objects.parse(stored), kind)
    if (key !== undefined) loop.add(key)
  })
}
