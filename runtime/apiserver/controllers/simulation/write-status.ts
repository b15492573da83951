import { isDeepStrictEqual } from 'node:util'
import type { ApiObject } from '../../json.ts'
import type { ControllerContext } from '../controller-context.ts'
import { type ResourcePath, unlessCode } from '../object-client.ts'

/** Writes what differs from the status there is; gone meanwhile is fine. errors: 409 as RequestFailure, for another turn */
export async function writeStatus(
  { client }: ControllerContext,
  resource: ResourcePath,
  object: ApiObject,
  status: object,
): Promise<void> {
  const plain: unknown = JSON.parse(JSON.stringify(status))
  if (isDeepStrictEqual(object.status, plain)) return
  await unlessCode(client.update(resource, { ...object, status: plain }, 'status'), 404)
}

/** A count that is left out when it is 0, as Go's `omitempty` does. */
export function positive<K extends string>(field: K, count: number): { [P in K]?: number } {
  return (count > 0 ? { [field]: count } : {}) as { [P in K]?: number }
}

/** Which generation of the object this status is of. */
export function observed({ metadata: { generation } }: ApiObject): { observedGeneration?: number } {
  return generation === undefined ? {} : { observedGeneration: generation }
}
