import { sayMissing } from '../kube/rbac-rule.ts'
import type { Resource } from '../kube/resource.ts'
import { isForbidden, KubeStatusError } from '../kube/status-error.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'
import { parseIdentity } from '../util/identity.ts'
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

/** Whose informer it is and where: what a refusal is about. */
export interface Reader {
  /** '' for the host's own. */
  readonly identity?: string | undefined
  readonly namespace?: string | undefined
}

/** The state that a failure leads to; `resource` is undefined while the kind is looked up. */
export function stateOfFailure(error: unknown, resource: Resource | undefined, reader: Reader): InformerState {
  if (isForbidden(error)) return { kind: 'Forbidden', message: forbiddenMessage(error, resource, reader) }
  const isUnfit = error instanceof KubeStatusError && (error.code === 400 || error.code === 422)
  return { kind: isUnfit ? 'ConfigError' : 'Unreachable', message: messageOf(error) }
}

/** What the API server itself says comes last: it knows the host's user, or that the host may not act as another. */
function forbiddenMessage(error: KubeStatusError, resource: Resource | undefined, reader: Reader): string {
  if (resource === undefined) return `Cannot discover kinds: ${error.message}`
  const { group, plural, namespaced } = resource
  const namespace = namespaced ? reader.namespace : undefined
  const missing = READING_VERBS.map((verb) => ({ verb, group, plural, namespace }))
  return `${sayMissing(parseIdentity(reader.identity ?? ''), missing)} (${error.message})`
}

/** What a controller needs for each kind that it follows; `get` is for its live reads. */
export const READING_VERBS = ['get', 'list', 'watch']

/** Why a kind that is served cannot be followed; undefined when it can. */
export function whyUnfit(resource: Resource, namespace?: string): string | undefined {
  const name = formatGvk(resource)
  if (!resource.namespaced && namespace !== undefined) {
    return `"${name}" is cluster-scoped, so it cannot be watched in namespace "${namespace}"`
  }
  const lacking = ['list', 'watch'].find((verb) => !resource.verbs.includes(verb))
  return lacking === undefined ? undefined : `"${name}" cannot be watched: the API server has no ${lacking} for it`
}
