import type { ApiObject } from '../json.ts'

/** One object as it is kept: the text that is sent out, and what is asked of it without parsing. */
export interface StoredObject {
  /** `group/plural`. */
  readonly storage: string
  /** Empty: cluster-scoped. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Its resourceVersion. */
  readonly revision: number
  /** JSON in the storage version. */
  readonly text: string
}

/** A change, in the order of its revision. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  /** As it is now; for DELETED its last state, with the revision of the deletion. */
  readonly stored: StoredObject
  /** As it was before; undefined for ADDED. */
  readonly old: StoredObject | undefined
}

export interface StoreOptions {
  /** How much of the past watches can resume from. What is beyond either bound is dropped: then 410. */
  readonly maxHistoryEvents?: number
  readonly maxHistoryBytes?: number
  /** Hears of each change before anyone else; what it throws keeps the change from being made. */
  readonly onCommit?: (event: StoreEvent) => void
}

/** kube-apiserver keeps five minutes in etcd, and at most 100,000 events a resource in its watch cache. */
const MAX_HISTORY_EVENTS = 20_000
const MAX_HISTORY_BYTES = 64 * 1024 * 1024

/** The object is not, or no longer, as the writer believed it to be. */
export class RevisionConflict extends Error {
  override readonly name = 'RevisionConflict'
}

/**
 * All objects, in memory, with one revision counter for all of them as etcd has it. Every write is synchronous and whole;
 * who waited between reading and writing names the revision that was read.
 */
export class Store {
  readonly #options: Required<Omit<StoreOptions, 'onCommit'>> & Pick<StoreOptions, 'onCommit'>
  /** By storage, then by `namespace/name`. */
  readonly #objects = new Map<string, Map<string, StoredObject>>()
  /** Keys of a storage in order; dropped when one comes or goes. */
  readonly #sorted = new Map<string, readonly string[]>()
  /** Oldest first, from #historyStart on; consecutive revisions. */
  #history: StoreEvent[] = []
  #historyStart = 0
  #historyBytes = 0
  /** Of the newest change. 1, as an empty etcd has it. */
  #revision = 1
  readonly #watchers = new Map<string, Set<(event: StoreEvent) => void>>()

  constructor(options: StoreOptions = {}) {
    this.#options = { maxHistoryEvents: MAX_HISTORY_EVENTS, maxHistoryBytes: MAX_HISTORY_BYTES, ...options }
  }

  get revision(): number {
    return this.#revision
  }

  /** Changes after this revision are all still known. */
  get oldestRevision(): number {
    const oldest = this.#history[this.#historyStart]
    return oldest === undefined ? this.#revision : oldest.revision - 1
  }

  get(storage: string, namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(storage)?.get(keyOf(namespace, name))
  }

  count(storage: string): number {
    return this.#objects.get(storage)?.size ?? 0
  }

  /** In the order of namespace and name. */
  list(storage: string, namespace?: string): StoredObject[] {
    const objects = this.#objects.get(storage)
    if (objects === undefined) return []
    const all = this.#keysOf(storage, objects).map((key) => objects.get(key) as StoredObject)
    return namespace === undefined ? all : all.filter((object) => object.namespace === namespace)
  }

  /** As it was at that revision; undefined when the history does not reach so far. */
  listAt(revision: number, storage: string, namespace?: string): StoredObject[] | undefined {
    if (revision < this.oldestRevision) return undefined
    if (revision >= this.#revision) return this.list(storage, namespace)
    const objects = new Map(
      this.list(storage, namespace).map((object) => [keyOf(object.namespace, object.name), object]),
    )
    for (let i = this.#history.length - 1; i >= this.#historyStart; i--) {
      const event = this.#history[i] as StoreEvent
      if (event.revision <= revision) break
      const { stored, old } = event
      if (stored.storage !== storage || (namespace !== undefined && stored.namespace !== namespace)) continue
      const key = keyOf(stored.namespace, stored.name)
      if (old === undefined) objects.delete(key)
      else objects.set(key, old)
    }
    return [...objects.entries()].sort(([a], [b]) => compareKeys(a, b)).map(([, object]) => object)
  }

  /**
   * Creates or replaces an object and sets its resourceVersion. Throws RevisionConflict unless what is there has
   * `expectedRevision` (0: nothing is there).
   */
  put(storage: string, object: ApiObject, expectedRevision: number): StoredObject {
    const { namespace = '', name = '', uid = '' } = object.metadata
    const old = this.#expect(storage, namespace, name, expectedRevision)
    const revision = this.#revision + 1
    object.metadata.resourceVersion = String(revision)
    const stored = { storage, namespace, name, uid, revision, text: JSON.stringify(object) }
    this.#commit({ type: old === undefined ? 'ADDED' : 'MODIFIED', revision, stored, old })
    return stored
  }

  /** Throws RevisionConflict like put(). `last`: the last state to tell, where it differs from what is stored. */
  delete(storage: string, namespace: string, name: string, expectedRevision: number, last?: ApiObject): StoredObject {
    const old = this.#expect(storage, namespace, name, expectedRevision)
    if (old === undefined) throw new RevisionConflict(`${storage} ${namespace}/${name} is not there`)
    const revision = this.#revision + 1
    const object = last ?? (JSON.parse(old.text) as ApiObject)
    object.metadata.resourceVersion = String(revision)
    const stored = { ...old, revision, text: JSON.stringify(object) }
    this.#commit({ type: 'DELETED', revision, stored, old })
    return stored
  }

  /** Tells every change of a storage from now on; the answer ends it. Listeners must not throw, wait or write. */
  watch(storage: string, listener: (event: StoreEvent) => void): () => void {
    const watchers = this.#watchers.get(storage) ?? new Set()
    this.#watchers.set(storage, watchers)
    watchers.add(listener)
    return () => watchers.delete(listener)
  }

  /** The changes of a storage after a revision; undefined when the history does not reach so far. */
  since(revision: number, storage: string): StoreEvent[] | undefined {
    if (revision < this.oldestRevision) return undefined
    const first = this.#historyStart + (revision - this.oldestRevision)
    return this.#history.slice(first).filter(({ stored }) => stored.storage === storage)
  }

  /** Every object of every storage. */
  *all(): Generator<StoredObject> {
    for (const objects of this.#objects.values()) yield* objects.values()
  }

  /** Takes over what a journal kept; for a store that has not been used yet. There is no history before it. */
  restore(objects: Iterable<StoredObject>, revision: number): void {
    for (const object of objects) this.#objectsOf(object.storage).set(keyOf(object.namespace, object.name), object)
    this.#revision = Math.max(this.#revision, revision)
  }

  /** Drops the history, as an etcd that has been compacted. */
  compact(): void {
    this.#history = []
    this.#historyStart = 0
    this.#historyBytes = 0
  }

  #expect(storage: string, namespace: string, name: string, expectedRevision: number): StoredObject | undefined {
    const old = this.get(storage, namespace, name)
    if ((old?.revision ?? 0) === expectedRevision) return old
    throw new RevisionConflict(
      `${storage} ${namespace}/${name} is at ${old?.revision ?? 'nothing'}, not ${expectedRevision}`,
    )
  }

  #commit(event: StoreEvent): void {
    this.#options.onCommit?.(event)
    const { storage, namespace, name } = event.stored
    const objects = this.#objectsOf(storage)
    const key = keyOf(namespace, name)
    if (event.type === 'DELETED') objects.delete(key)
    else objects.set(key, event.stored)
    if (event.type !== 'MODIFIED') this.#sorted.delete(storage)
    this.#revision = event.revision
    this.#remember(event)
    for (const listener of this.#watchers.get(storage) ?? []) listener(event)
  }

  #remember(event: StoreEvent): void {
    this.#history.push(event)
    this.#historyBytes += event.stored.text.length
    const { maxHistoryEvents, maxHistoryBytes } = this.#options
    while (this.#history.length - this.#historyStart > maxHistoryEvents || this.#historyBytes > maxHistoryBytes) {
      this.#historyBytes -= (this.#history[this.#historyStart] as StoreEvent).stored.text.length
      this.#historyStart++
    }
    // Moved down once in a while, not with each change.
    if (this.#historyStart <= maxHistoryEvents) return
    this.#history = this.#history.slice(this.#historyStart)
    this.#historyStart = 0
  }

  #keysOf(storage: string, objects: ReadonlyMap<string, StoredObject>): readonly string[] {
    const known = this.#sorted.get(storage)
    if (known !== undefined) return known
    const keys = [...objects.keys()].sort(compareKeys)
    this.#sorted.set(storage, keys)
    return keys
  }

  #objectsOf(storage: string): Map<string, StoredObject> {
    const known = this.#objects.get(storage)
    if (known !== undefined) return known
    const objects = new Map<string, StoredObject>()
    this.#objects.set(storage, objects)
    return objects
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
