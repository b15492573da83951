import type { Resource } from './resource.ts'

/** One version of a group, as a discovery answer shows it. */
export interface DiscoveredVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly Resource[]
  /** The server behind an aggregated APIService does not answer: what is listed may be old or empty. */
  readonly stale: boolean
}

/** apidiscovery.k8s.io/v2, as far as it is read. */
interface APIGroupDiscoveryList {
  readonly kind: 'APIGroupDiscoveryList'
  readonly items?: readonly {
    /** Without name for the core group. */
    readonly metadata?: { readonly name?: string }
    readonly versions?: readonly {
      readonly version: string
      readonly freshness?: 'Current' | 'Stale'
      readonly resources?: readonly {
        readonly resource: string
        readonly responseKind?: { readonly kind?: string }
        readonly scope?: 'Namespaced' | 'Cluster'
        readonly verbs?: readonly string[]
        readonly subresources?: readonly { readonly subresource: string }[]
      }[]
    }[]
  }[]
}

/** The older form, one document per group and version. */
interface APIResourceList {
  readonly resources?: readonly {
    /** `pods`, and `pods/status` for a subresource. */
    readonly name: string
    readonly kind: string
    readonly namespaced?: boolean
    readonly verbs?: readonly string[]
  }[]
}

export function isAggregated(document: unknown): document is APIGroupDiscoveryList {
  return (document as { kind?: string }).kind === 'APIGroupDiscoveryList'
}

export function readAggregated({ items = [] }: APIGroupDiscoveryList): DiscoveredVersion[] {
  return items.flatMap(({ metadata, versions = [] }) => {
    const group = metadata?.name ?? ''
    return versions.map(({ version, freshness, resources = [] }) => ({
      group,
      version,
      stale: freshness === 'Stale',
      resources: resources.flatMap((found) =>
        found.responseKind?.kind === undefined
          ? []
          : {
              group,
              version,
              kind: found.responseKind.kind,
              plural: found.resource,
              namespaced: found.scope === 'Namespaced',
              verbs: found.verbs ?? [],
              subresources: (found.subresources ?? []).map(({ subresource }) => subresource),
            },
      ),
    }))
  })
}

/** The versions that a legacy `/api` (APIVersions) or `/apis` (APIGroupList) names. */
export function readLegacyVersions(document: unknown): { readonly group: string; readonly version: string }[] {
  const { versions = [], groups = [] } = document as {
    versions?: string[]
    groups?: { name: string; versions?: { version: string }[] }[]
  }
  return [
    ...versions.map((version) => ({ group: '', version })),
    ...groups.flatMap((group) => (group.versions ?? []).map(({ version }) => ({ group: group.name, version }))),
  ]
}

export function readLegacyResources(
  at: { readonly group: string; readonly version: string },
  document: unknown,
): DiscoveredVersion {
  const { resources = [] } = document as APIResourceList
  const subresourcesOf = (plural: string) =>
    resources.flatMap(({ name }) => (name.startsWith(`${plural}/`) ? [name.slice(plural.length + 1)] : []))
  return {
    group: at.group,
    version: at.version,
    stale: false,
    resources: resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced, verbs }) => ({
        group: at.group,
        version: at.version,
        kind,
        plural: name,
        namespaced: namespaced === true,
        verbs: verbs ?? [],
        subresources: subresourcesOf(name),
      })),
  }
}
