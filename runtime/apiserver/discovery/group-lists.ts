import { createHash } from 'node:crypto'
import { apiVersionOf } from '../../util/gvk.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { distilledResourceOf } from '../kinds/distilled-kinds.ts'
import type { ApiGroup, ApiGroupVersion } from './api-groups.ts'

/** `/api`; `serverAddress` is HOST:PORT. */
export function apiVersions(serverAddress: string): object {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress }]
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs }
}

/** `/apis` */
export function apiGroupList(groups: readonly ApiGroup[]): object {
  const named = groups.filter(({ name }) => name !== '')
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(groupFields) }
}

/** `/apis/GROUP` */
export function apiGroup(group: ApiGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) }
}

function groupFields({ name, versions }: ApiGroup): object {
  const listed = versions.map(({ group, version }) => ({ groupVersion: apiVersionOf({ group, version }), version }))
  return { name, versions: listed, preferredVersion: listed[0] }
}

/** `/api/v1` and `/apis/GROUP/VERSION` */
export function apiResourceList({ group, version, resources }: ApiGroupVersion): object {
  const groupVersion = apiVersionOf({ group, version })
  const kind = 'APIResourceList'
  // The core group's list has none, as it has had from the start.
  const apiVersion = group === '' ? {} : { apiVersion: 'v1' }
  return { kind, ...apiVersion, groupVersion, resources: resources.flatMap(resourceEntries) }
}

function resourceEntries(resource: ApiResource): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources } = resource
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(verbs.includes('watch') && { storageVersionHash: storageVersionHash(resource) }),
  }
  const below = [...subresources].map(([name, { group, version, kind, verbs }]) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...(group !== undefined && { group, version }),
    kind,
    verbs,
  }))
  return [own, ...below]
}

/** source: apiserver pkg/endpoints/discovery/storageversionhash.go */
function storageVersionHash(resource: ApiResource): string {
  const { storageApiVersion, kind } = resource
  const recorded = distilledResourceOf(resource)?.storageVersionHash
  if (recorded !== undefined) return recorded
  const groupVersion = storageApiVersion.includes('/') ? storageApiVersion : `/${storageApiVersion}`
  return createHash('sha256').update(`${groupVersion}/${kind}`).digest().subarray(0, 8).toString('base64')
}
