import type { ApiObject, OwnerReference } from '../json.ts'
import type { StoredObject } from '../storage/store.ts'

/** What the garbage collector has to know of an object that has owners or is going. */
export interface OwnedObject {
  readonly owners: readonly OwnerReference[]
  readonly isBeingDeleted: boolean
  /** Goes once all dependents that block it are gone. */
  readonly isDeletingDependents: boolean
  readonly isOrphaning: boolean
}

export const FOREGROUND_FINALIZER = 'foregroundDeletion'
export const ORPHAN_FINALIZER = 'orphan'

const PLAIN: OwnedObject = { owners: [], isBeingDeleted: false, isDeletingDependents: false, isOrphaning: false }

/** Who owns whom, by uid. Of an object with neither owners nor an end in sight it keeps what the store has anyway. */
export class OwnerGraph {
  readonly #objects = new Map<string, StoredObject>()
  /** Absent: PLAIN. */
  readonly #owned = new Map<string, OwnedObject>()
  /** Owner to dependents; the owner need not be there. */
  readonly #dependents = new Map<string, Set<string>>()

  get(uid: string): StoredObject | undefined {
    return this.#objects.get(uid)
  }

  of(uid: string): OwnedObject {
    return this.#owned.get(uid) ?? PLAIN
  }

  dependentsOf(uid: string): string[] {
    return [...(this.#dependents.get(uid) ?? [])]
  }

  /** Dependents whose reference holds up the owner's foreground deletion. */
  blockingDependentsOf(uid: string): string[] {
    const blocks = (owner: OwnerReference) => owner.uid === uid && owner.blockOwnerDeletion === true
    return this.dependentsOf(uid).filter((dependent) => this.of(dependent).owners.some(blocks))
  }

  /** Answers what was known before. */
  set(stored: StoredObject): OwnedObject {
    const { uid } = stored
    const old = this.of(uid)
    const owned = readOwned(stored.text)
    this.#objects.set(uid, stored)
    if (owned === PLAIN) this.#owned.delete(uid)
    else this.#owned.set(uid, owned)
    this.#relink(uid, old.owners, owned.owners)
    return old
  }

  /** Answers what was known. */
  delete(uid: string): OwnedObject {
    const old = this.of(uid)
    this.#objects.delete(uid)
    this.#owned.delete(uid)
    this.#relink(uid, old.owners, [])
    return old
  }

  #relink(uid: string, before: readonly OwnerReference[], after: readonly OwnerReference[]): void {
    for (const owner of before) {
      const dependents = this.#dependents.get(owner.uid)
      dependents?.delete(uid)
      if (dependents?.size === 0) this.#dependents.delete(owner.uid)
    }
    for (const owner of after) {
      const dependents = this.#dependents.get(owner.uid)
      if (dependents === undefined) this.#dependents.set(owner.uid, new Set([uid]))
      else dependents.add(uid)
    }
  }
}

/** Parses only what can matter: most objects have neither word in their text. */
function readOwned(text: string): OwnedObject {
  if (!text.includes('"ownerReferences"') && !text.includes('"deletionTimestamp"')) return PLAIN
  const { metadata } = JSON.parse(text) as ApiObject
  const isBeingDeleted = metadata.deletionTimestamp !== undefined
  const owners = metadata.ownerReferences ?? []
  if (!isBeingDeleted && owners.length === 0) return PLAIN
  const finalizers = metadata.finalizers ?? []
  return {
    owners,
    isBeingDeleted,
    isDeletingDependents: isBeingDeleted && finalizers.includes(FOREGROUND_FINALIZER),
    isOrphaning: isBeingDeleted && finalizers.includes(ORPHAN_FINALIZER),
  }
}
