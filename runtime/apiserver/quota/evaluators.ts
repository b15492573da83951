import type { ApiResource } from '../kinds/api-resource.ts'
import { CLAIM_USAGE } from './claim-usage.ts'
import { countName, type Evaluator } from './evaluator.ts'
import { POD_USAGE } from './pod-usage.ts'
import { SERVICE_USAGE } from './service-usage.ts'

type Named = Pick<ApiResource, 'group' | 'plural'>

const OWN: Readonly<Record<string, Evaluator>> = {
  '/pods': POD_USAGE,
  '/services': SERVICE_USAGE,
  '/persistentvolumeclaims': CLAIM_USAGE,
}
/** Those that had a name of their own before all could be counted. */
const ALIASES = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']
/** Never counted. source: kubernetes pkg/quota/v1/install */
const IGNORED = ['/events', 'events.k8s.io/events', '/bindings', 'authorization.k8s.io/localsubjectaccessreviews']
const NEEDED_VERBS = ['create', 'list', 'watch', 'delete']

/** undefined: objects of this resource are not counted. */
export function evaluatorOf(resource: Named): Evaluator | undefined {
  const id = `${resource.group}/${resource.plural}`
  return IGNORED.includes(id) ? undefined : (OWN[id] ?? countOf(resource))
}

/** Those whose objects can be counted: they are kept, and in namespaces. */
export function isCountable({ namespaced, verbs }: Pick<ApiResource, 'namespaced' | 'verbs'>): boolean {
  return namespaced && NEEDED_VERBS.every((verb) => verbs.includes(verb))
}

function countOf(resource: Named): Evaluator {
  const isAliased = resource.group === '' && ALIASES.includes(resource.plural)
  const counted = [countName(resource), ...(isAliased ? [resource.plural] : [])]
  return {
    handles: ({ operation, subresource }) => subresource === undefined && operation === 'CREATE',
    matching: (names) => names.filter((name) => counted.includes(name)),
    usage: () => Object.fromEntries(counted.map((name) => [name, '1'])),
  }
}
