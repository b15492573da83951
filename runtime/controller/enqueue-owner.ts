import type { Entry, EntryOwner } from '../informer/entry.ts'
import { type Gvk, gvkOf } from '../util/gvk.ts'
import type { SecondaryEvent } from './secondaries.ts'

export interface EnqueueOwnerOptions {
  /** The primaries' kind. */
  readonly gvk: Gvk
  /** A primary as the cache has it now. */
  find(key: string): Entry | undefined
  enqueue(key: string): void
}

/**
 * Enqueues the primary that is the controller of an owned object, before the change or after it. The owner is matched by
 * group, kind and uid: an owner reference survives a change of version, and an owner that was re-created is another one.
 * One that the cache does not have (yet) is left out: it is enqueued as created when it comes.
 * source:  controller-runtime pkg/handler/enqueue_owner.go, with OnlyControllerOwner() as Owns() has it
 */
export function enqueueOwner({ entry, old }: SecondaryEvent, options: EnqueueOwnerOptions): void {
  const keys = [...ownersOf(entry), ...(old === undefined ? [] : ownersOf(old))]
    .filter(({ owner }) => isController(owner, options.gvk))
    .flatMap(({ owner, namespace }) => keysOf(owner, namespace).filter((key) => options.find(key)?.uid === owner.uid))
  for (const key of new Set(keys)) options.enqueue(key)
}

function ownersOf({ owners, namespace }: Entry): { owner: EntryOwner; namespace: string | undefined }[] {
  return owners.map((owner) => ({ owner, namespace }))
}

function isController(owner: EntryOwner, { group, kind }: Gvk): boolean {
  return owner.controller && owner.kind === kind && gvkOf(owner).group === group
}

/** An owner lives in the namespace of what it owns, or in none; the uid says which. */
function keysOf({ name }: EntryOwner, namespace: string | undefined): string[] {
  return namespace === undefined ? [name] : [`${namespace}/${name}`, name]
}
