import type { Answer } from '../http/answer.ts'
import { badRequest, expired } from '../status.ts'
import type { StoredObject } from '../storage/store.ts'
import { awaitRevision } from './await-revision.ts'
import { continueExpired, readContinueToken, writeContinueToken } from './continue-token.ts'
import { fieldSelectorOf, type ListOptions, readListOptions, readRevision } from './list-options.ts'
import { createObjectFilter, type ObjectFilter, StoredView } from './object-filter.ts'
import { type ListMeta, listAnswer } from './represent.ts'
import type { RestContext, RestRequest } from './rest-request.ts'
import { readText } from './versions.ts'

/** Objects of one revision, from a place in their order on. */
interface Snapshot {
  readonly objects: readonly StoredObject[]
  readonly revision: number
}

export async function listObjects(context: RestContext, request: RestRequest): Promise<Answer> {
  const { page, meta } = await selectPage(context, request, readListOptions(request.query, false))
  const texts = await Promise.all(page.map(({ stored }) => readText(request.resource, stored)))
  return listAnswer(request, texts, meta, context.now())
}

/** What the request's selectors, limit and token leave. errors: ApiError 400, 410, 504 */
export async function selectPage(
  context: RestContext,
  request: RestRequest,
  options: ListOptions,
): Promise<{ page: StoredView[]; meta: ListMeta }> {
  const { resource, info, query } = request
  const filter = createObjectFilter(
    resource,
    query.get('labelSelector') ?? '',
    fieldSelectorOf(info, query),
    info.namespace,
  )
  if (options.continueToken === '')
    await awaitRevision(context, resource.storage, readRevision(options.resourceVersion, false))
  const snapshot = takeSnapshot(context, request, options)
  // Revision 0 is answered from kube-apiserver's cache, which knows no pages.
  const limit = options.resourceVersion === '0' && options.continueToken === '' ? 0 : options.limit
  return cutPage(snapshot, filter, limit, info.namespace)
}

function takeSnapshot({ store }: RestContext, { resource, info }: RestRequest, options: ListOptions): Snapshot {
  if (options.continueToken !== '') {
    const { revision, start } = readContinueToken(options.continueToken)
    if (options.resourceVersion !== '' && options.resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue')
    const at = revision < 0 ? store.revision : revision
    const objects = store.listAt(at, resource.storage, info.namespace)
    if (objects === undefined) throw continueExpired(start)
    return { objects: objects.filter((each) => startOf(each, info.namespace) > start.replace(/\0$/, '')), revision: at }
  }
  const asked = readRevision(options.resourceVersion, false)
  const { limit, resourceVersionMatch: match } = options
  // Pages of before there was a match: whoever names a version wants that one.
  const isExact = match === 'Exact' || (match === '' && limit > 0 && asked > 0)
  const revision = isExact ? asked : store.revision
  const objects = store.listAt(revision, resource.storage, info.namespace)
  if (objects === undefined) throw expired('The resourceVersion for the provided list is too old.')
  return { objects, revision }
}

function cutPage({ objects, revision }: Snapshot, filter: ObjectFilter, limit: number, namespace: string | undefined) {
  const page: StoredView[] = []
  let at = 0
  for (; at < objects.length && (limit === 0 || page.length < limit); at++) {
    const view = new StoredView(objects[at] as StoredObject)
    if (filter.matches(view)) page.push(view)
  }
  const left = objects.length - at
  const meta: ListMeta = {
    resourceVersion: String(revision),
    ...(left > 0 && {
      continue: writeContinueToken({ revision, start: `${startOf(objects[at - 1] as StoredObject, namespace)}\0` }),
    }),
    ...(left > 0 && filter.matchesAll && { remainingItemCount: left }),
  }
  return { page, meta }
}

/** The key of an object, as kube-apiserver's tokens have it. */
function startOf({ namespace: own, name }: StoredObject, namespace: string | undefined): string {
  return namespace !== undefined || own === '' ? `/${name}` : `/${own}/${name}`
}
