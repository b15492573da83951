import type { ApiObject } from '../../json.ts'
import type { ApiResource } from '../../kinds/api-resource.ts'
import type { Registry } from '../../kinds/registry.ts'
import { matchesSelector } from '../../label-selector.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import { convertObject } from '../request-match.ts'
import type { ParamKind, ParamRef } from './policy.ts'

/** A policy or binding cannot be used as it is. */
export class PolicyConfigurationError extends Error {
  override readonly name = 'PolicyConfigurationError'
}

/** errors: PolicyConfigurationError for a kind that is not served */
export function findParamResource(registry: Registry, { apiVersion, kind }: ParamKind): ApiResource {
  const { group, version } = parseApiVersion(apiVersion)
  const found = registry.findKind(group, version, kind)
  if (found !== undefined) return found
  const named = `${group}/${version}, Kind=${kind}`
  throw new PolicyConfigurationError(`failed to find resource referenced by paramKind: '${named}'`)
}

export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [first = '', second] = apiVersion.split('/')
  return second === undefined ? { group: '', version: first } : { group: first, version: second }
}

/**
 * What a binding gives its policy: each is asked about by itself; null stands for no parameter.
 * errors: PolicyConfigurationError
 * source: apiserver plugin/policy/generic CollectParams
 */
export async function collectParams(
  objects: StoredObjects,
  resource: ApiResource | undefined,
  paramRef: ParamRef | undefined,
  requestNamespace: string,
): Promise<(ApiObject | null)[]> {
  if (resource === undefined || paramRef === undefined) return [null]
  const namespace = namespaceOf(resource, paramRef, requestNamespace)
  const found = findParams(objects, resource, paramRef, namespace)
  if (found.length === 0 && paramRef.parameterNotFoundAction === 'Deny')
    throw new PolicyConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  return Promise.all(found.map((each) => inVersion(resource, each)))
}

function namespaceOf({ namespaced }: ApiResource, { namespace = '' }: ParamRef, requestNamespace: string): string {
  if (!namespaced && namespace !== '')
    throw new PolicyConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  if (!namespaced) return ''
  if (namespace !== '' || requestNamespace !== '') return namespace || requestNamespace
  throw new PolicyConfigurationError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  )
}

function findParams(
  objects: StoredObjects,
  { storage }: ApiResource,
  { name = '', selector }: ParamRef,
  namespace: string,
): ApiObject[] {
  if (name === '')
    return objects.list(storage, namespace).filter(({ metadata }) => matchesSelector(selector, metadata.labels))
  const found = objects.get(storage, namespace, name)
  return found === undefined ? [] : [found]
}

async function inVersion(resource: ApiResource, object: ApiObject): Promise<ApiObject> {
  const stored = { ...resource, ...parseApiVersion(object.apiVersion ?? '') }
  const param = structuredClone(await convertObject(stored, resource, object))
  resource.strategy.prepareForRead?.(param)
  return param
}
