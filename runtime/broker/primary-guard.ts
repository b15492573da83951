import type { Resource } from '../kube/resource.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import type { CallScope } from './call-scope.ts'

/** What a write goes to. */
export interface GuardedTarget {
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

/**
 * The uid that a write by a name is meant for: that of the object in hand, if it is the target. Its name may belong to
 * another object by now, made anew while the call ran, which the write must not land on.
 */
export function expectedUid({ resource, namespace, name }: GuardedTarget, { primary }: CallScope): string | undefined {
  const isPrimary =
    resource.kind === primary.gvk.kind &&
    resource.group === primary.gvk.group &&
    namespace === primary.namespace &&
    name === primary.name
  return isPrimary && primary.uid !== '' ? primary.uid : undefined
}

/**
 * The whole object, or the merge patch, with the uid in it: the API server answers 422 where it is another's. On `/status`
 * it ignores the uid of a merge patch or an apply; there a JSON patch is the guarded form.
 */
export function withUid(body: unknown, uid: string | undefined): unknown {
  if (uid === undefined || !isJsonObject(body)) return body
  const { metadata = {} } = body
  return isJsonObject(metadata) ? { ...body, metadata: { uid, ...metadata } } : body
}

/** The JSON patch with a test of the uid before all else: the API server answers 422 where it is another's. */
export function withUidTest(body: unknown, uid: string | undefined): unknown {
  if (uid === undefined || !Array.isArray(body)) return body
  return [{ op: 'test', path: '/metadata/uid', value: uid }, ...body]
}

/** Options of a delete, with the uid as a precondition: the API server answers 409 where it is another's. */
export function withUidPrecondition(options: JsonObject, uid: string | undefined): JsonObject {
  if (uid === undefined) return options
  const { preconditions = {} } = options
  return isJsonObject(preconditions) ? { ...options, preconditions: { uid, ...preconditions } } : options
}
