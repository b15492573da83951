import type { ApiClient } from './api-client.ts'

/** A kind as the API server serves it. */
export interface KindAt {
  /** As kubectl says it: `configmap`, `deployment.apps`. */
  readonly said: string
  /** Of all its objects, in a namespace where it has any. */
  pathOf(namespace: string): string
}

export interface Kinds {
  find(object: { readonly apiVersion: string; readonly kind: string }): KindAt | undefined
  /** By plural, singular or short name. errors: Error in kubectl's words */
  named(name: string): KindAt
}

/** Every kind of every group, in the preferred order, by aggregated discovery. */
export async function readKinds(client: ApiClient): Promise<Kinds> {
  const lists = await Promise.all(['/api', '/apis'].map((path) => client.request('GET', path, undefined, AGGREGATED)))
  const all = lists.flatMap(({ status, body }) => {
    if (status !== 200) throw new Error(`Cannot discover: ${status} ${JSON.stringify(body)}`)
    return (body as { items: Group[] }).items.flatMap(served)
  })
  return {
    find: ({ apiVersion, kind }) => all.find((each) => each.apiVersion === apiVersion && each.kind === kind),
    named(name) {
      const found = all.find(({ names }) => names.includes(name.toLowerCase()))
      if (found === undefined) throw new Error(`error: the server doesn't have a resource type "${name}"`)
      return found
    },
  }
}

const AGGREGATED = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }

interface Group {
  /** Without a name: the core group. */
  readonly metadata?: { readonly name?: string }
  readonly versions: readonly { readonly version: string; readonly resources?: readonly Resource[] }[]
}

interface Resource {
  readonly resource: string
  readonly responseKind?: { readonly kind: string }
  readonly scope: 'Namespaced' | 'Cluster'
  readonly singularResource: string
  readonly shortNames?: readonly string[]
}

interface Served extends KindAt {
  readonly apiVersion: string
  readonly kind: string
  readonly names: readonly string[]
}

function served({ metadata, versions }: Group): Served[] {
  const group = metadata?.name ?? ''
  return versions.flatMap(({ version, resources = [] }) => {
    const apiVersion = group === '' ? version : `${group}/${version}`
    const base = group === '' ? `/api/${version}` : `/apis/${apiVersion}`
    return resources.map(({ resource, responseKind, scope, singularResource, shortNames = [] }) => ({
      ...{ apiVersion, kind: responseKind?.kind ?? '', names: [resource, singularResource, ...shortNames] },
      said: group === '' ? singularResource : `${singularResource}.${group}`,
      pathOf: (namespace: string) =>
        scope === 'Namespaced' ? `${base}/namespaces/${namespace}/${resource}` : `${base}/${resource}`,
    }))
  })
}
