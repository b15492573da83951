import type { ControllerConfig } from '../config/schema.ts'
import { changedParts } from '../informer/changed-parts.ts'
import type { Entry } from '../informer/entry.ts'

/** A change of a primary enqueues it. Changes of deletionTimestamp and finalizers always do; the rest by `on`. */
export function enqueuesSelf(on: ControllerConfig['on'], entry: Entry, old: Entry): boolean {
  if (on === undefined || entry.deletionTimestamp !== old.deletionTimestamp) return true
  if (entry.finalizers.join() !== old.finalizers.join()) return true
  return changedParts(old, entry, on).length > 0
}
