import type { Answer, StreamAnswer } from '../http/answer.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { methodNotAllowed, notFound, notImitated, pathNotFound } from '../status.ts'
import { createFromRequest } from './create.ts'
import { deleteFromRequest } from './delete.ts'
import { deleteCollection } from './delete-collection.ts'
import { findStored, getObject } from './get.ts'
import { listObjects } from './list.ts'
import { patchFromRequest } from './patch.ts'
import { groupResourceOf, type RestContext, type RestRequest } from './rest-request.ts'
import { updateFromRequest } from './update.ts'
import { watchObjects } from './watch.ts'

/** Answers a subresource that is not the object itself. `undefined`: not one of its own. errors: ApiError */
export type ServeSubresource = (context: RestContext, request: RestRequest) => Promise<Answer> | undefined

type Verb = (context: RestContext, request: RestRequest) => Promise<Answer> | StreamAnswer

const VERBS: Readonly<Record<string, Verb>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create: createFromRequest,
  update: updateFromRequest,
  patch: patchFromRequest,
  delete: deleteFromRequest,
  deletecollection: deleteCollection,
}

/** Of a node or a running process: there is neither. */
const NOT_IMITATED = new Set(['log', 'exec', 'attach', 'portforward', 'proxy', 'checkpoint'])

/** The verb of a request, on the objects of a resource. errors: ApiError 404 and 405 where there is no such thing */
export async function serveResource(
  context: RestContext,
  request: RestRequest,
  serveSubresource: ServeSubresource,
): Promise<Answer | StreamAnswer> {
  const { resource, info } = request
  if (info.subresource !== undefined) return serveSubresourceOf(context, request, serveSubresource)
  // A Binding by a path of its own is its pod's: nothing of it is kept.
  const own = resource.group === '' && resource.plural === 'bindings' ? serveSubresource(context, request) : undefined
  if (own !== undefined) return own
  // By name, without its namespace: there is no such path, whatever the method.
  if (resource.namespaced && info.name !== undefined && info.namespace === undefined) throw pathNotFound()
  const verb = VERBS[info.verb]
  if (verb === undefined || !resource.verbs.includes(info.verb) || !fitsPath(resource, request))
    throw methodNotAllowed()
  return verb(context, request)
}

async function serveSubresourceOf(
  context: RestContext,
  request: RestRequest,
  serveSubresource: ServeSubresource,
): Promise<Answer | StreamAnswer> {
  const { resource, info } = request
  const name = info.subresource as string
  const subresource = resource.subresources.get(name)
  if (subresource === undefined && resource.isCustom) throw notFound(groupResourceOf(resource), info.name ?? '')
  if (subresource === undefined || (info.rest.length > 0 && name !== 'proxy')) throw pathNotFound()
  if (!subresource.verbs.includes(info.verb)) throw methodNotAllowed()
  if (NOT_IMITATED.has(name)) {
    findStored(context, request)
    throw notImitated(`${resource.plural}/${name}`)
  }
  const own = serveSubresource(context, request)
  if (own !== undefined) return own
  if (name !== 'status') throw notImitated(`${resource.plural}/${name}`)
  const verb = VERBS[info.verb]
  if (verb === undefined || !['get', 'update', 'patch'].includes(info.verb)) throw methodNotAllowed()
  return verb(context, request)
}

/** Objects are made in a namespace, changed by name, and listed without one. */
function fitsPath({ namespaced, isCustom }: ApiResource, { info }: RestRequest): boolean {
  // A namespace's own path reads as one inside it.
  const isInNamespace = info.namespace !== undefined && !(info.group === '' && info.plural === 'namespaces')
  switch (info.verb) {
    case 'list':
    case 'watch':
      return true
    case 'create':
      // Of a custom resource's path nobody looks at the name.
      return (info.name === undefined || isCustom) && isInNamespace === namespaced
    case 'deletecollection':
      return isInNamespace === namespaced
    default:
      return info.name !== undefined && isInNamespace === namespaced
  }
}
