import type { Answer } from '../http/answer.ts'
import { badRequest, notFound } from '../status.ts'
import type { StoredObject } from '../storage/store.ts'
import { awaitRevision } from './await-revision.ts'
import { readRevision } from './list-options.ts'
import { objectAnswer } from './represent.ts'
import { groupResourceOf, type RestContext, type RestRequest } from './rest-request.ts'
import { readFreshText, readText } from './versions.ts'

export async function getObject(context: RestContext, request: RestRequest): Promise<Answer> {
  if (request.query.has('export'))
    throw badRequest('the export parameter, deprecated since v1.14, is no longer supported')
  const asked = readRevision(request.query.get('resourceVersion') ?? '', true)
  await awaitRevision(context, request.resource.storage, asked)
  const stored = findStored(context, request)
  // Whoever asks for no version gets what is stored now, and converted now.
  const read = asked === 0 && !request.query.get('resourceVersion') ? readFreshText : readText
  return objectAnswer(request, 200, await read(request.resource, stored), context.now())
}

/** errors: ApiError 404 */
export function findStored({ store }: RestContext, { resource, info }: RestRequest): StoredObject {
  const name = info.name ?? ''
  const stored = store.get(resource.storage, info.namespace ?? '', name)
  if (stored === undefined) throw notFound(groupResourceOf(resource), name)
  return stored
}
