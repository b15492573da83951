import type { ApiResource } from '../kinds/api-resource.ts'
import type { ApiGroup } from './api-groups.ts'

export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** All groups with all their resources in one document: what kubectl and client-go ask for since 1.26. */
export function aggregatedDiscovery(groups: readonly ApiGroup[]): object {
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items: groups.map(item) }
}

function item({ name, versions }: ApiGroup): object {
  return {
    metadata: name === '' ? {} : { name },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map(resourceItem),
      freshness: 'Current',
    })),
  }
}

function resourceItem(resource: ApiResource): object {
  const { plural, kind, namespaced, singular, verbs, shortNames, categories, subresources } = resource
  const below = [...subresources].map(([subresource, { group, version, kind, verbs }]) => ({
    subresource,
    responseKind: group === undefined ? responseKind(resource, kind) : { group, version, kind },
    verbs,
  }))
  return {
    resource: plural,
    responseKind: responseKind(resource, kind),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(below.length > 0 && { subresources: below }),
  }
}

/** Built-in kinds leave group and version to be read from around them. */
function responseKind({ isCustom, group, version }: ApiResource, kind: string): object {
  return isCustom ? { group, version, kind } : { group: '', version: '', kind }
}
