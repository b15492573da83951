import type { WatchConfig } from '../config/schema.ts'
import type { Entry } from '../informer/entry.ts'
import { formatGvk } from '../util/gvk.ts'
import type { SecondaryEvent } from './secondaries.ts'

/** Changes of one watched object that its mapper is to be told of, in their order. */
export interface Mapping {
  /** In the controller's queue; no object's key has a space in it. */
  readonly key: string
  readonly watch: WatchConfig
  /** At least two: each is mapped together with the one before it. Undefined: there was none. */
  readonly states: readonly (Entry | undefined)[]
  /** The last state is that of an object which is gone. */
  readonly isGone: boolean
}

/**
 * What waits to be mapped, by the key of its source. A change that comes while others wait joins them, and what could not
 * be mapped is put back before what came meanwhile. No version in between is skipped: what it pointed to may have read it.
 *
 * Bounded in both ways that can grow: versions of one object, and objects that are gone (those that live are bounded by
 * the cache). What has to go at a bound is answered as lost: then everything that a mapper could name is to be run.
 */
export class Mappings {
  readonly #waiting = new Map<string, Mapping>()
  /** The watches there are, once they have changed: what is in a caller's hands may be of one that is no more. */
  #kept: ReadonlySet<string> | undefined
  /** Keys whose object is gone, the one that waits longest first. */
  readonly #gone = new Set<string>()

  get size(): number {
    return this.#waiting.size
  }

  keys(): string[] {
    return [...this.#waiting.keys()]
  }

  /** `isLost`: something had to make room; `isFull`: the next change of this object has to. */
  add(watch: WatchConfig, { entry, old, isGone }: SecondaryEvent): { key: string; isLost: boolean; isFull: boolean } {
    const key = `${formatGvk(watch.gvk)} ${watch.map} ${entry.key}`
    const before = this.#waiting.get(key)?.states ?? [old]
    const isKnown = before.length > 1 && before.at(-1) === entry
    const states = isKnown ? before : [...before, entry]
    return { key, isLost: this.#set({ key, watch, states, isGone }), isFull: states.length >= MAX_STATES }
  }

  /** What is to be mapped for the key, now in the caller's hands. */
  take(key: string): Mapping | undefined {
    const mapping = this.#waiting.get(key)
    this.#drop(key)
    return mapping
  }

  /** Puts back what could not be mapped, if its watch is there still; true when something had to make room. */
  restore(mapping: Mapping): boolean {
    if (this.#kept?.has(nameOf(mapping.watch)) === false) return false
    const later = this.#waiting.get(mapping.key)
    if (later === undefined) return this.#set(mapping)
    const [first, ...rest] = later.states
    const isJoined = first === undefined || mapping.states.at(-1) === first
    return this.#set({ ...later, states: [...mapping.states, ...(isJoined ? [] : [first]), ...rest] })
  }

  /** Drops what belongs to other watches than these. */
  retain(watches: readonly WatchConfig[]): void {
    const kept = new Set(watches.map(nameOf))
    this.#kept = kept
    for (const { key, watch } of [...this.#waiting.values()]) if (!kept.has(nameOf(watch))) this.#drop(key)
  }

  #set(mapping: Mapping): boolean {
    const { key, states, isGone } = mapping
    const isTooLong = states.length > MAX_STATES
    const kept = isTooLong ? [states[0], ...states.slice(1 - MAX_STATES)] : states
    this.#waiting.set(key, { ...mapping, states: kept })
    if (isGone) this.#gone.add(key)
    else this.#gone.delete(key)
    if (this.#gone.size <= MAX_GONE) return isTooLong
    this.#drop(this.#gone.values().next().value as string)
    return true
  }

  #drop(key: string): void {
    this.#waiting.delete(key)
    this.#gone.delete(key)
  }
}

function nameOf({ gvk, map }: WatchConfig): string {
  return `${formatGvk(gvk)} ${map}`
}

/** Of one object; each is a whole text that the cache has let go of. */
const MAX_STATES = 8
/** As many as last states for `deleted`. */
const MAX_GONE = 1000
