import type { RequestInfo } from '../request-info.ts'
import { ApiError, formatGroupResource, type StatusCause } from '../status.ts'
import { nameOf } from './rbac-rule.ts'
import type { User } from './user.ts'

/** Why something about an object may not be done. source: apimachinery pkg/api/errors NewForbidden */
export function forbidden(
  of: { readonly group: string; readonly resource: string },
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): ApiError {
  const what = of.resource === '' ? '' : `${formatGroupResource(of)}${name === '' ? '' : ` "${name}"`} is `
  return new ApiError(403, 'Forbidden', `${what}forbidden: ${why}`, {
    ...(name !== '' && { name }),
    ...(of.group !== '' && { group: of.group }),
    ...(of.resource !== '' && { kind: of.resource }),
    ...(causes !== undefined && { causes }),
  })
}

/** The user has no right to make this request. source: apiserver endpoints/handlers/responsewriters/errors.go */
export function notAuthorized(user: User, info: RequestInfo, reason: string): ApiError {
  const why = `User ${JSON.stringify(user.name)} cannot ${info.verb} ${describe(info)}`
  const text = reason === '' ? why : `${why}: ${reason}`
  return info.isResource
    ? forbidden({ group: info.group, resource: info.plural }, nameOf(info), text)
    : forbidden({ group: '', resource: '' }, '', text)
}

function describe(info: RequestInfo): string {
  if (!info.isResource) return `path ${JSON.stringify(info.path)}`
  const resource = info.subresource === undefined ? info.plural : `${info.plural}/${info.subresource}`
  const place =
    (info.namespace ?? '') === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(info.namespace)}`
  return `resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)} ${place}`
}
