import type { Answer } from '../http/answer.ts'
import { ApiError } from '../status.ts'
import { deleteObject } from './delete.ts'
import { readDeleteOptions } from './delete-options.ts'
import { selectPage } from './list.ts'
import { readListOptions } from './list-options.ts'
import { listAnswer } from './represent.ts'
import type { RestContext, RestRequest } from './rest-request.ts'
import { readText } from './versions.ts'

/** Deletes what a list with the same query would show, and answers that list. */
export async function deleteCollection(context: RestContext, request: RestRequest): Promise<Answer> {
  const listed = readListOptions(request.query, false)
  const options = await readDeleteOptions(request)
  const { page, meta } = await selectPage(context, request, listed)
  const texts: string[] = []
  for (const { stored } of page) {
    texts.push(await readText(request.resource, stored))
    try {
      await deleteObject(context, request, options, stored.namespace, stored.name)
    } catch (error) {
      // Somebody else was quicker.
      if (!(error instanceof ApiError && error.code === 404)) throw error
    }
  }
  return listAnswer(request, texts, meta, context.now())
}
