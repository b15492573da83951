import type { Entry } from './entry.ts'
import { type LabelSelector, matchesLabels } from './label-selector.ts'

/** Read access to a store. */
export interface Lister {
  /** By `namespace/name`, or `name` of a cluster-scoped object. */
  get(key: string): Entry | undefined
  list(filter?: ListFilter): Entry[]
  readonly size: number
  /** Length of all JSON texts; one byte a character unless an object holds text beyond Latin-1. */
  readonly bytes: number
}

export interface ListFilter {
  readonly namespace?: string | undefined
  readonly labelSelector?: LabelSelector | undefined
}

/**
 * The entries of one informer. A relist swaps them one by one: old content stays readable meanwhile, and there are never two
 * copies of the whole.
 */
export class Store implements Lister {
  /** Entries by namespace, then key: the namespace index is the store itself. '' holds cluster-scoped ones; no inner map is empty. */
  readonly #namespaces = new Map<string, Map<string, Entry>>()
  /** Keys held before the running list began and not seen in it since; undefined between lists. */
  #unseen: Set<string> | undefined
  #size = 0
  #bytes = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Entry | undefined {
    return this.#namespaces.get(namespaceOf(key))?.get(key)
  }

  list({ namespace, labelSelector }: ListFilter = {}): Entry[] {
    const found: Entry[] = []
    const maps = namespace === undefined ? this.#namespaces.values() : [this.#namespaces.get(namespace) ?? []]
    for (const map of maps) {
      for (const [, entry] of map) {
        if (labelSelector === undefined || matchesLabels(labelSelector, entry.labels)) found.push(entry)
      }
    }
    return found
  }

  /** Puts an entry in place of the one with its key, which is answered. */
  set(entry: Entry): Entry | undefined {
    const old = this.get(entry.key)
    this.#mapFor(entry.namespace ?? '').set(entry.key, entry)
    this.#bytes += entry.json.length - (old?.json.length ?? 0)
    if (old === undefined) this.#size++
    this.#unseen?.delete(entry.key)
    return old
  }

  delete(key: string): Entry | undefined {
    const namespace = namespaceOf(key)
    const map = this.#namespaces.get(namespace)
    const old = map?.get(key)
    if (map === undefined || old === undefined) return undefined
    map.delete(key)
    if (map.size === 0) this.#namespaces.delete(namespace)
    this.#size--
    this.#bytes -= old.json.length
    this.#unseen?.delete(key)
    return old
  }

  /** A list begins, or begins anew: what is held now is in doubt until seen. */
  beginList(): void {
    this.#unseen = new Set(this.list().map((entry) => entry.key))
  }

  /** Says that the list has this key; needed only where the entry is not set. */
  see(key: string): void {
    this.#unseen?.delete(key)
  }

  /** The list is complete: answers the keys that are not in it, still held. */
  endList(): string[] {
    const missing = [...(this.#unseen ?? [])]
    this.#unseen = undefined
    return missing
  }

  #mapFor(namespace: string): Map<string, Entry> {
    const held = this.#namespaces.get(namespace)
    if (held !== undefined) return held
    const map = new Map<string, Entry>()
    this.#namespaces.set(namespace, map)
    return map
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')))
}
