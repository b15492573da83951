import type { Clock } from '../util/clock.ts'
import { apiVersionOf, formatGvk, type Gvk } from '../util/gvk.ts'
import type { KubeClient } from './client.ts'
import {
  type DiscoveredVersion,
  isAggregated,
  readAggregated,
  readLegacyResources,
  readLegacyVersions,
} from './discovery-document.ts'
import type { Resource } from './resource.ts'
import { KubeStatusError } from './status-error.ts'

/** Of the client, what discovery needs. */
export type DiscoveryClient = Pick<KubeClient, 'request'>

/** A kind that is missing may be asked for by every controller at every retry: one look a second answers them all. */
const MIN_REFETCH_MS = 1_000

/** Both forms in one request: servers before 1.26 do not know the aggregated one and answer the last. */
const ACCEPT = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',')

type GroupVersion = Pick<DiscoveredVersion, 'group' | 'version'>

/** What kinds the API server serves, kept until a kind is missed or someone says that it changed. */
export class Discovery {
  readonly #client: DiscoveryClient
  readonly #clock: Clock
  /** By `apps/v1`; from the last look, and from earlier ones for what was stale in it. */
  #versions: ReadonlyMap<string, DiscoveredVersion> = new Map()
  /** By formatGvk(); derived from #versions. */
  #resources: ReadonlyMap<string, Resource> = new Map()
  /** When the last look that is still good began. */
  #lookedAt = Number.NEGATIVE_INFINITY
  /** False before the first look and after invalidate(). */
  #valid = false
  /** The look under way, shared by all who wait for one. */
  #looking: Promise<void> | undefined

  constructor(client: DiscoveryClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** The resource of a kind; undefined when the server does not serve it now. Errors: as KubeClient.request(). */
  async resolve(gvk: Gvk): Promise<Resource | undefined> {
    await this.#ensure()
    const found = this.#resources.get(formatGvk(gvk))
    if (found !== undefined || this.#clock.now() - this.#lookedAt < MIN_REFETCH_MS) return found
    await this.#look()
    return this.#resources.get(formatGvk(gvk))
  }

  /** Every kind that can be addressed. */
  async all(): Promise<readonly Resource[]> {
    await this.#ensure()
    return [...this.#resources.values()]
  }

  /** The next question asks the server again: a CRD came, went or changed. */
  invalidate(): void {
    this.#valid = false
  }

  /** A look that began before invalidate() does not count; the loop ends with the first that was not overtaken. */
  async #ensure(): Promise<void> {
    while (!this.#valid) await this.#look()
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookNow(): Promise<void> {
    this.#valid = true
    const startedAt = this.#clock.now()
    try {
      const found = (await Promise.all([this.#read('/api'), this.#read('/apis')])).flat()
      this.#versions = withoutStale(found, this.#versions)
      this.#resources = indexByKind(this.#versions.values())
      this.#lookedAt = startedAt
    } catch (error) {
      this.#valid = false
      throw error
    }
  }

  async #read(path: '/api' | '/apis'): Promise<DiscoveredVersion[]> {
    const document = await this.#get(path, ACCEPT)
    if (isAggregated(document)) return readAggregated(document)
    return Promise.all(readLegacyVersions(document).map((at) => this.#readVersion(path, at)))
  }

  /** A group whose server is down answers 503; only that group is stale then. */
  async #readVersion(path: string, at: GroupVersion): Promise<DiscoveredVersion> {
    try {
      return readLegacyResources(at, await this.#get(`${path}/${apiVersionOf(at)}`))
    } catch (error) {
      if (!(error instanceof KubeStatusError)) throw error
      return { ...at, resources: [], stale: true }
    }
  }

  async #get(path: string, accept?: string): Promise<unknown> {
    const { text } = await this.#client.request({ method: 'GET', path, ...(accept === undefined ? {} : { accept }) })
    return JSON.parse(text)
  }
}

function withoutStale(
  found: readonly DiscoveredVersion[],
  before: ReadonlyMap<string, DiscoveredVersion>,
): ReadonlyMap<string, DiscoveredVersion> {
  return new Map(
    found.map((version) => {
      const key = apiVersionOf(version)
      const known = version.stale && version.resources.length === 0 ? before.get(key) : undefined
      return [key, known ?? version]
    }),
  )
}

/** Where two resources bear one kind (a list of templates and a thing that is only created), the one that lists is meant. */
function indexByKind(versions: Iterable<DiscoveredVersion>): ReadonlyMap<string, Resource> {
  const resources = new Map<string, Resource>()
  for (const version of versions)
    for (const resource of version.resources) {
      const key = formatGvk(resource)
      const known = resources.get(key)
      if (known === undefined || (!known.verbs.includes('list') && resource.verbs.includes('list')))
        resources.set(key, resource)
    }
  return resources
}
