import type { Clock } from '../util/clock.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'
import { Informer, type InformerHooks, type KindSource } from './informer.ts'
import { createListWatch, type StreamClient } from './list-watch.ts'

/** What an informer is shared by; two versions of a kind are two informers. */
export interface InformerSpec {
  /** Whose rights the requests have; '' for the host's own. */
  readonly identity: string
  readonly gvk: Gvk
  /** Undefined: all namespaces. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface InformerLease {
  readonly informer: Informer
  /** The last one to release stops the informer and frees its objects; a second call does nothing. */
  release(): void
}

export interface InformersOptions {
  readonly clientOf: (identity: string) => StreamClient
  readonly kinds: KindSource
  readonly clock: Clock
  readonly random?: () => number
  readonly hooksOf?: (spec: InformerSpec) => Partial<InformerHooks>
}

interface Shared {
  readonly spec: InformerSpec
  readonly informer: Informer
  /** Leases not released; above 0. */
  users: number
}

/**
 * The host's informers, each shared by all who ask for the same. Who replaces one lease by another takes the new one
 * before it releases the old, so that what both share is never listed again.
 */
export class Informers {
  readonly #options: InformersOptions
  readonly #shared = new Map<string, Shared>()

  constructor(options: InformersOptions) {
    this.#options = options
  }

  acquire(spec: InformerSpec): InformerLease {
    const id = idOf(spec)
    const shared = this.#shared.get(id) ?? this.#start(id, spec)
    shared.users++
    let isReleased = false
    return {
      informer: shared.informer,
      release: () => {
        if (isReleased) return
        isReleased = true
        if (--shared.users === 0) this.#stop(id, shared)
      },
    }
  }

  /** All that run, for probes and metrics. */
  all(): readonly { readonly spec: InformerSpec; readonly informer: Informer; readonly users: number }[] {
    return [...this.#shared.values()]
  }

  /** Stops all, whoever holds them. */
  close(): void {
    for (const [id, shared] of this.#shared) this.#stop(id, shared)
  }

  #start(id: string, spec: InformerSpec): Shared {
    const { clientOf, kinds, clock, random, hooksOf } = this.#options
    const client = clientOf(spec.identity)
    const informer = new Informer({
      gvk: spec.gvk,
      namespace: spec.namespace,
      identity: spec.identity,
      kinds,
      sourceOf: (resource) => createListWatch(client, resource, spec),
      clock,
      ...(random !== undefined && { random }),
      ...(hooksOf !== undefined && { hooks: hooksOf(spec) }),
    })
    const shared: Shared = { spec, informer, users: 0 }
    this.#shared.set(id, shared)
    informer.start()
    return shared
  }

  #stop(id: string, shared: Shared): void {
    shared.informer.stop()
    if (this.#shared.get(id) === shared) this.#shared.delete(id)
  }
}

function idOf({ identity, gvk, namespace, labelSelector, fieldSelector }: InformerSpec): string {
  return JSON.stringify([identity, formatGvk(gvk), namespace ?? null, labelSelector || null, fieldSelector || null])
}
