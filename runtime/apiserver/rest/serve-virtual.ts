import type { VirtualResources } from '../access/virtual-resource.ts'
import { trackUpdate } from '../apply/managed-fields.ts'
import { type Answer, jsonText } from '../http/answer.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { SCALE_COLUMNS } from '../kinds/columns/scale-columns.ts'
import { methodNotAllowed, pathNotFound } from '../status.ts'
import { decodeObject } from './decode-object.ts'
import { fillNamespace } from './object-identity.ts'
import { completeObject } from './object-rules.ts'
import { fieldManagerOf, type RestContext, type RestRequest } from './rest-request.ts'
import { readWriteOptions } from './write-options.ts'

/** A review or token request, which is answered and not kept; undefined where the path is none. */
export async function serveVirtual(
  context: RestContext,
  request: RestRequest,
  virtualResources: VirtualResources,
): Promise<Answer | undefined> {
  const { resource, info, user } = request
  const id = [resource.group, resource.plural, ...(info.subresource === undefined ? [] : [info.subresource])].join('/')
  const answer = virtualResources.get(id)
  if (answer === undefined) return undefined
  // Nothing is kept, so nothing has a name.
  if (info.name !== undefined && info.subresource === undefined) throw pathNotFound()
  if (info.verb !== 'create') throw methodNotAllowed()
  const expected = kindOf(context, request)
  const options = readWriteOptions(request.query, 'CreateOptions')
  const object = await decodeObject(context, request, options, expected)
  fillNamespace(resource, object, info.namespace)
  const complete = info.subresource === undefined ? completeObject(request, object) : object
  trackReview(context, request, expected, complete)
  return jsonText(201, JSON.stringify(answer({ user, info, isDryRun: options.isDryRun }, complete)))
}

/** Though it is not kept, who has sent what is told. */
function trackReview({ now }: RestContext, request: RestRequest, resource: ApiResource, object: ApiObject): void {
  const manager = fieldManagerOf(request)
  const subresource = request.info.subresource ?? ''
  trackUpdate({ resource, old: undefined, object, manager, subresource, now: new Date(now()) })
}

/** A subresource's body has a kind of its own. */
export function kindOf({ registry }: RestContext, { resource, info }: RestRequest): ApiResource {
  const subresource = info.subresource === undefined ? undefined : resource.subresources.get(info.subresource)
  if (subresource === undefined) return resource
  const { group = resource.group, version = resource.version, kind } = subresource
  const known = registry.findKind(group, version, kind)
  return (
    known ?? {
      ...resource,
      group,
      version,
      kind,
      schema: undefined,
      columns: kind === 'Scale' ? SCALE_COLUMNS : resource.columns,
      isCustom: false,
      strategy: { hasGeneration: false, hasStatus: false },
    }
  )
}
