import type { Resource } from '../kube/resource.ts'
import { isForbidden, KubeStatusError } from '../kube/status-error.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'
import { messageOf } from '../util/message-of.ts'

/** Where an informer stands; `message` is for people and names what is missing. */
export type InformerState =
  /** The first list is under way. */
  | { readonly kind: 'Syncing' }
  /** The first list is complete; stays while a broken watch is taken up again. */
  | { readonly kind: 'Synced' }
  /** The API server does not serve the kind. */
  | { readonly kind: 'WaitingForCRD'; readonly message: string }
  | { readonly kind: 'Forbidden'; readonly message: string }
  /** The first list does not succeed. */
  | { readonly kind: 'Unreachable'; readonly message: string }
  /** The kind, or a selector, cannot be watched as configured. */
  | { readonly kind: 'ConfigError'; readonly message: string }
  | { readonly kind: 'Stopped' }

export function waitingForKind(gvk: Gvk): InformerState {
  return { kind: 'WaitingForCRD', message: `The API server does not serve "${formatGvk(gvk)}" yet` }
}

/** The state that a failure leads to; `resource` is undefined while the kind is looked up. */
export function stateOfFailure(error: unknown, resource: Resource | undefined, namespace?: string): InformerState {
  if (isForbidden(error)) return { kind: 'Forbidden', message: forbiddenMessage(error, resource, namespace) }
  const isUnfit = error instanceof KubeStatusError && (error.code === 400 || error.code === 422)
  return { kind: isUnfit ? 'ConfigError' : 'Unreachable', message: messageOf(error) }
}

function forbiddenMessage(error: KubeStatusError, resource: Resource | undefined, namespace?: string): string {
  if (resource === undefined) return `Cannot discover kinds: ${error.message}`
  const where = namespace === undefined ? 'in all namespaces' : `in namespace "${namespace}"`
  const holder = namespace === undefined ? 'ClusterRole' : 'Role'
  return (
    `Cannot list and watch "${resource.plural}" of group "${resource.group}"${resource.namespaced ? ` ${where}` : ''}: ` +
    `the ${resource.namespaced ? holder : 'ClusterRole'} lacks the rule ` +
    `{apiGroups: ["${resource.group}"], resources: ["${resource.plural}"], verbs: ["list", "watch"]}`
  )
}

/** Why a kind that is served cannot be followed; undefined when it can. */
export function whyUnfit(resource: Resource, namespace?: string): string | undefined {
  const name = formatGvk(resource)
  if (!resource.namespaced && namespace !== undefined) {
    return `"${name}" is cluster-scoped, so it cannot be watched in namespace "${namespace}"`
  }
  const lacking = ['list', 'watch'].find((verb) => !resource.verbs.includes(verb))
  return lacking === undefined ? undefined : `"${name}" cannot be watched: the API server has no ${lacking} for it`
}
