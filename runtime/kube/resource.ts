import { RuntimeError } from '../errors.ts'
import { apiVersionOf, type Gvk } from '../util/gvk.ts'

/** A kind as the API server serves it. */
export interface Resource extends Gvk {
  /** The path's word for the kind: `deployments`. */
  readonly plural: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  /** `status`, `scale` …, as discovery shows them. */
  readonly subresources: readonly string[]
}

/** What a path points at; without `name` it is the collection, without `namespace` the one of all namespaces. */
export interface ResourcePlace {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

/**
 * The URL path of an object or a collection: `/apis/apps/v1/namespaces/default/deployments/web/status`.
 * A `namespace` given with a cluster-scoped kind is left out.
 * errors:  REQUEST_INVALID for a name that cannot be one path segment, and for a namespaced object without namespace
 */
export function pathOf(resource: Resource, { namespace, name, subresource }: ResourcePlace = {}): string {
  if (resource.namespaced && name !== undefined && namespace === undefined)
    throw new RuntimeError('REQUEST_INVALID', `Cannot address ${resource.kind} "${name}": it needs a namespace`)
  let path = `${resource.group === '' ? '/api' : '/apis'}/${apiVersionOf(resource)}`
  if (resource.namespaced && namespace !== undefined) path += `/namespaces/${segment('namespace', namespace)}`
  path += `/${resource.plural}`
  if (name !== undefined) path += `/${segment('name', name)}`
  if (name !== undefined && subresource !== undefined) path += `/${segment('subresource', subresource)}`
  return path
}

/**
 * The API server decodes a path before it splits it, so an encoded `a/status` is object `a`, subresource `status`: another
 * request than the one that was asked for and checked. Kubernetes allows none of these in a name (path segment names).
 */
function segment(what: string, value: string): string {
  if (value === '' || value === '.' || value === '..' || /[/%]/.test(value))
    throw new RuntimeError(
      'REQUEST_INVALID',
      `Cannot use ${JSON.stringify(value)} as a ${what}: it is empty, ".", ".." or contains "/" or "%"`,
    )
  return encodeURIComponent(value)
}
