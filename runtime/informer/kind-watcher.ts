import type { Resource } from '../kube/resource.ts'
import { isForbidden } from '../kube/status-error.ts'
import type { Clock } from '../util/clock.ts'
import type { Gvk } from '../util/gvk.ts'
import { createBackoff, withBackoff } from './backoff.ts'
import type { ListWatch } from './list-watch.ts'
import { type ReflectorEvent, reflect } from './reflector.ts'

/** What is asked of discovery (kube/discovery.ts). */
export interface KindDiscovery {
  /** Undefined when the API server does not serve the kind. */
  resolve(gvk: Gvk): Promise<Resource | undefined>
  /** The next question asks the server anew. */
  invalidate(): void
}

export interface KindWatcherOptions {
  readonly discovery: KindDiscovery
  /** CustomResourceDefinitions, as metadata only. */
  readonly crds: ListWatch
  readonly clock: Clock
  readonly random?: () => number
  /** Looks that failed; each is repeated. */
  readonly onError?: (error: unknown) => void
}

/** The collection that the CRDs are watched in, as metadata only: that one changed is all there is to know. */
export const CRD_RESOURCE: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  verbs: ['list', 'watch'],
  subresources: [],
}

const FIRST_LOOK_MS = 1_000
const LONGEST_LOOK_MS = 30_000
/** After a CRD of the group changed: discovery follows within a second or so. */
const SOON_MS = 100
/** Where watching CRDs is forbidden, one try in a while is enough: discovery finds the kinds too. */
const FORBIDDEN_RETRY_MS = 30_000

interface Waiter {
  readonly gvk: Gvk
  readonly found: (resource: Resource) => void
}

/**
 * Finds kinds that are not served yet; one for the host. While anybody waits, discovery is asked after 1 s, doubling to
 * 30 s, as kinds also come by aggregated API servers; a change in a CRD of an awaited group brings the next look forward.
 */
export class KindWatcher {
  readonly #options: KindWatcherOptions
  readonly #waiters = new Set<Waiter>()
  /** Wait before the next look. */
  #delayMs = FIRST_LOOK_MS
  #isLooking = false
  #cancelLook = () => {}
  /** Lives while there are waiters. */
  #crdWatch: AbortController | undefined

  constructor(options: KindWatcherOptions) {
    this.#options = options
  }

  /** As discovery shows the kind; `fresh` when what it knows has just been refuted. */
  resolve(gvk: Gvk, fresh: boolean): Promise<Resource | undefined> {
    if (fresh) this.#options.discovery.invalidate()
    return this.#options.discovery.resolve(gvk)
  }

  /** Resolves once the kind is served; rejects with the signal's reason. */
  whenServed(gvk: Gvk, signal: AbortSignal): Promise<Resource> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => {
        this.#forget(waiter)
        reject(signal.reason)
      }
      const waiter: Waiter = {
        gvk,
        found: (resource) => {
          signal.removeEventListener('abort', onAbort)
          this.#forget(waiter)
          resolve(resource)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#await(waiter)
    })
  }

  #await(waiter: Waiter): void {
    this.#waiters.add(waiter)
    this.#lookWithin(FIRST_LOOK_MS)
    if (this.#crdWatch !== undefined) return
    this.#crdWatch = new AbortController()
    void this.#watchCrds(this.#crdWatch.signal)
  }

  #forget(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    if (this.#waiters.size > 0) return
    this.#cancelLook()
    this.#crdWatch?.abort(new Error('No kind is awaited any more'))
    this.#crdWatch = undefined
  }

  #lookWithin(delayMs: number): void {
    this.#delayMs = delayMs
    if (!this.#isLooking) this.#schedule()
  }

  #schedule(): void {
    this.#cancelLook()
    this.#cancelLook = this.#options.clock.after(this.#delayMs, () => void this.#look())
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_LOOK_MS)
  }

  async #look(): Promise<void> {
    const { discovery, onError } = this.#options
    this.#isLooking = true
    discovery.invalidate()
    for (const waiter of [...this.#waiters]) {
      try {
        const resource = await discovery.resolve(waiter.gvk)
        if (resource !== undefined) waiter.found(resource)
      } catch (error) {
        onError?.(error)
      }
    }
    this.#isLooking = false
    if (this.#waiters.size > 0) this.#schedule()
  }

  async #watchCrds(signal: AbortSignal): Promise<void> {
    const { crds: source, clock, random = Math.random, onError } = this.#options
    const backoff = createBackoff({ clock, random })
    const delayOf = (event: ReflectorEvent) =>
      event.kind === 'error' ? backoff.nextDelayMs(isForbidden(event.error) ? FORBIDDEN_RETRY_MS : 0) : undefined
    for await (const event of withBackoff(reflect({ source, signal, clock, random }), delayOf, clock, signal)) {
      if (event.kind === 'error' && !isForbidden(event.error)) onError?.(event.error)
      if ('entry' in event) this.#onCrd(event.entry.name)
    }
  }

  /** CRDs are named `plural.group`. */
  #onCrd(name: string): void {
    const group = name.slice(name.indexOf('.') + 1)
    if ([...this.#waiters].some(({ gvk }) => gvk.group === group)) this.#lookWithin(SOON_MS)
  }
}
