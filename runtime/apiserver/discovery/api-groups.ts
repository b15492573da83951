import type { ApiResource } from '../kinds/api-resource.ts'
import { compareVersions } from './version-order.ts'

/** What one group serves. */
export interface ApiGroup {
  /** Empty: the core group. */
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly ApiGroupVersion[]
}

export interface ApiGroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly ApiResource[]
}

/**
 * In kube-apiserver's order: built-in groups and their versions by the priorities that it gives them, which the registry
 * keeps; custom ones after them by name, their versions by stability.
 */
export function groupResources(resources: readonly ApiResource[]): ApiGroup[] {
  const byGroup = Map.groupBy(resources, ({ group }) => group)
  const groups = [...byGroup].map(([name, own]) => ({ name, isCustom: own.every((each) => each.isCustom), own }))
  const builtIn = groups.filter(({ isCustom }) => !isCustom)
  const custom = groups.filter(({ isCustom }) => isCustom).sort((a, b) => (a.name < b.name ? -1 : 1))
  return [...builtIn, ...custom].map(({ name, own }) => ({ name, versions: groupVersions(name, own) }))
}

function groupVersions(group: string, resources: readonly ApiResource[]): ApiGroupVersion[] {
  const byVersion = [...Map.groupBy(resources, ({ version }) => version)]
  const builtIn = byVersion.filter(([, own]) => own.some((each) => !each.isCustom))
  const custom = byVersion.filter(([, own]) => own.every((each) => each.isCustom))
  custom.sort(([a], [b]) => compareVersions(a, b))
  return [...builtIn, ...custom].map(([version, own]) => ({ group, version, resources: inOrder(own) }))
}

/** Custom resources of a group by name; the built-in ones stand in order already. */
function inOrder(resources: readonly ApiResource[]): ApiResource[] {
  const custom = resources.filter(({ isCustom }) => isCustom).sort((a, b) => (a.plural < b.plural ? -1 : 1))
  return [...resources.filter(({ isCustom }) => !isCustom), ...custom]
}
