import { isSameOrLater } from '../kube/resource-version.ts'
import type { Clock } from '../util/clock.ts'
import { LeastRecentlyUsed } from './least-recently-used.ts'

/** What this controller wrote last to an object: `json` as the API server answered, or its deletion. */
export interface Written {
  /** Of the kind, which `json` is written in. */
  readonly version: string
  readonly uid: string
  /** Of a deletion: the last one known before it, or empty. */
  readonly resourceVersion: string
  /** Undefined: deleted. */
  readonly json: string | undefined
}

/** One version of one object. */
export interface Version {
  readonly uid: string
  readonly resourceVersion: string
}

/** Who reads, and what the cache holds for that object. */
export interface OverlayReader {
  /** Of the kind. */
  readonly version: string
  /** null or undefined: nothing. */
  readonly cached: Version | null | undefined
}

interface Held extends Written {
  /** -Infinity: nobody knows whether the cache has it. */
  readonly atMs: number
}

/**
 * A controller's own writes, laid over cached reads until the cache has caught up: a handler that reads what it just
 * wrote sees it. An entry goes when the cache shows that resourceVersion or a later one, or the object's deletion;
 * after MAX_AGE_MS, or a relist, a read goes to the API server once instead. A reader of another version of the kind
 * cannot be given the text, and reads live too.
 */
export class Overlay {
  /** Oldest first; at most MAX_ENTRIES, beyond which the oldest is forgotten, and for MAX_AGE_MS all reads of others are live. */
  readonly #written = new Map<string, Held>()
  /** Lengths of the texts in #written, oldest first; together at most MAX_CHARS, beyond which reads of the oldest go live. */
  readonly #lengths = new Map<string, number>()
  #chars = 0
  /** Objects that the cache has seen go while writes are under way, in the last version known: their answers are no news. */
  readonly #gone = new LeastRecentlyUsed<string, Version>(MAX_GONE)
  #underWay = 0
  /** When a write was forgotten that the cache may not show yet. */
  #overflowedAtMs = Number.NEGATIVE_INFINITY
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#written.size
  }

  /** Characters of all texts held. */
  get chars(): number {
    return this.#chars
  }

  /** Writes are missing that the cache may not show yet. */
  get isIncomplete(): boolean {
    return this.#clock.now() - this.#overflowedAtMs < MAX_AGE_MS
  }

  /** Writes may be under way from now on, until the function that it answers is called. */
  writing(): () => void {
    this.#underWay++
    return () => {
      if (--this.#underWay === 0) this.#gone.clear()
    }
  }

  record(key: string, written: Written): void {
    this.#drop(key)
    if (isOver(written, this.#gone.get(key))) return
    const { json } = written
    this.#written.set(key, { ...written, atMs: this.#clock.now() })
    if (this.#written.size > MAX_ENTRIES) this.#dropOldest()
    if (json === undefined) return
    this.#lengths.set(key, json.length)
    this.#chars += json.length
    while (this.#chars > MAX_CHARS) this.#dropText(this.#lengths.keys().next().value as string)
  }

  /** The cache now shows this version of the object. */
  observed(key: string, resourceVersion: string): void {
    this.#gone.delete(key)
    const written = this.#written.get(key)
    if (written?.json !== undefined && isSameOrLater(resourceVersion, written.resourceVersion)) this.#drop(key)
  }

  /** The cache shows that the object is gone; after a relist, its last version may have been a later one than this. */
  removed(key: string, { uid, resourceVersion }: Version): void {
    this.#drop(key)
    if (this.#underWay > 0) this.#gone.set(key, { uid, resourceVersion })
  }

  /** The cache was filled anew: what it lacks of these writes may have come and gone. */
  relisted(prefix: string): void {
    for (const [key, written] of this.#written) {
      if (key.startsWith(prefix)) this.#written.set(key, { ...written, atMs: Number.NEGATIVE_INFINITY })
    }
  }

  /** What to read in place of the cache: the write, `expired` for a live read, or undefined for the cache itself. */
  lookup(key: string, reader?: OverlayReader): Written | 'expired' | undefined {
    const written = this.#written.get(key)
    if (written === undefined) return this.isIncomplete ? 'expired' : undefined
    if (reader?.cached && isOutdated(written, reader.cached)) {
      this.#drop(key)
      return undefined
    }
    if (this.#clock.now() - written.atMs >= MAX_AGE_MS) {
      this.#drop(key)
      return 'expired'
    }
    if (written.json === undefined) return written
    const isReadable = this.#lengths.has(key) && (reader === undefined || reader.version === written.version)
    return isReadable ? written : 'expired'
  }

  /** Objects whose writes the cache may not show yet. */
  keys(): IterableIterator<string> {
    return this.#written.keys()
  }

  #dropOldest(): void {
    const [key, { atMs }] = this.#written.entries().next().value as [string, Held]
    this.#drop(key)
    if (this.#clock.now() - atMs < MAX_AGE_MS) this.#overflowedAtMs = this.#clock.now()
  }

  #drop(key: string): void {
    this.#dropText(key)
    this.#written.delete(key)
  }

  /** That it was written stays known. */
  #dropText(key: string): void {
    const length = this.#lengths.get(key)
    const written = this.#written.get(key)
    if (length === undefined || written === undefined) return
    this.#chars -= length
    this.#lengths.delete(key)
    this.#written.set(key, { ...written, json: '' })
  }
}

/** The write was to an object that is gone, or to one before that. */
function isOver({ uid, resourceVersion }: Written, gone: Version | undefined): boolean {
  return gone !== undefined && (gone.uid === uid || isSameOrLater(gone.resourceVersion, resourceVersion))
}

/** The cache holds this write or what came after it; after a deletion, another object of that name. */
function isOutdated({ uid, resourceVersion, json }: Written, cached: Version): boolean {
  const isLater = isSameOrLater(cached.resourceVersion, resourceVersion)
  if (json !== undefined) return isLater
  return cached.uid !== uid && (isLater || resourceVersion === '')
}

const MAX_ENTRIES = 10_000
/** What a cache that lags by seconds leaves behind, with objects of a few KiB; not thousands at an object's limit of 1.5 MiB. */
const MAX_CHARS = 16 << 20
const MAX_GONE = 10_000
const MAX_AGE_MS = 60_000
