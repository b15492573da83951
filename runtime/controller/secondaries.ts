import type { OwnCache } from '../broker/call-scope.ts'
import type { WatchConfig } from '../config/schema.ts'
import type { Entry } from '../informer/entry.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'
import { createScopeReader, type Scope } from './scopes.ts'

/** A kind of `owns`, or of `watches` with its mapper. */
export interface SecondarySource {
  readonly gvk: Gvk
  /** Undefined: owned. */
  readonly map?: string
}

/** What became of an object of such a kind. */
export interface SecondaryEvent {
  /** As it is now; its last state when it is gone. */
  readonly entry: Entry
  /** What was held until now; undefined for one that is new. */
  readonly old: Entry | undefined
  readonly isGone: boolean
  /** Part of a first list, or there when the source was added. */
  readonly isInitial: boolean
}

export interface SecondariesOptions {
  /** The informers of a kind in the controller's namespaces. */
  acquire(gvk: Gvk): readonly Scope[]
  /** Subscribes to one of them; the answer ends that. */
  subscribe(source: SecondarySource, scope: Scope): () => void
}

interface Followed {
  readonly source: SecondarySource
  readonly scopes: readonly Scope[]
  readonly unsubscribes: readonly (() => void)[]
}

/** What a controller follows beside its own kind; each source holds its informers by itself, which are shared by identity. */
export class Secondaries {
  readonly #options: SecondariesOptions
  /** By what makes a source the same one after a change of the config. */
  #followed: ReadonlyMap<string, Followed> = new Map()

  constructor(options: SecondariesOptions) {
    this.#options = options
  }

  get scopes(): readonly Scope[] {
    return [...this.#followed.values()].flatMap(({ scopes }) => scopes)
  }

  /** Follows these from now on. What stays is not touched, and new leases are taken before old ones are released. */
  follow(config: { readonly owns: readonly Gvk[]; readonly watches: readonly WatchConfig[] }): void {
    const before = this.#followed
    const sources = new Map(sourcesOf(config).map((source) => [idOf(source), source]))
    const acquired = [...sources].map(([id, source]) => ({ id, source, held: before.get(id) }))
    const next = new Map<string, Followed>()
    for (const { id, source, held } of acquired) {
      next.set(id, held ?? { source, scopes: this.#options.acquire(source.gvk), unsubscribes: [] })
    }
    this.#followed = next
    for (const [id, followed] of next) {
      if (before.has(id)) continue
      const unsubscribes = followed.scopes.map((scope) => this.#options.subscribe(followed.source, scope))
      next.set(id, { ...followed, unsubscribes })
    }
    for (const [id, followed] of before) if (!next.has(id)) letGo(followed)
  }

  /** A cache for each kind that is followed. */
  caches(): OwnCache[] {
    return [...this.#followed.values()].map(({ source, scopes }) => createScopeReader(scopes, source.gvk, false))
  }

  unsubscribe(): void {
    for (const { unsubscribes } of this.#followed.values()) for (const unsubscribe of unsubscribes) unsubscribe()
  }

  release(): void {
    for (const followed of this.#followed.values()) letGo(followed)
    this.#followed = new Map()
  }
}

export function sourcesOf({
  owns,
  watches,
}: {
  readonly owns: readonly Gvk[]
  readonly watches: readonly WatchConfig[]
}): SecondarySource[] {
  return [...owns.map((gvk) => ({ gvk })), ...watches]
}

function idOf({ gvk, map }: SecondarySource): string {
  return `${formatGvk(gvk)} ${map ?? ''}`
}

function letGo({ unsubscribes, scopes }: Followed): void {
  for (const unsubscribe of unsubscribes) unsubscribe()
  for (const scope of scopes) scope.release()
}
