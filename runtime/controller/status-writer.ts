import type { Overlay } from '../broker/overlay.ts'
import { recordStored, withoutManagedFields } from '../broker/stored-object.ts'
import type { KubeRequest } from '../kube/client.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import { isInvalid, isNotFound, overtaken } from '../kube/status-error.ts'
import type { JsonObject } from '../util/json.ts'
import { mergeStatus } from './status.ts'

/** One version of the object whose status is written. */
export interface StatusTarget {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  /** The generation that the handler saw. */
  readonly generation: number | undefined
  readonly json: string
}

export interface StatusWriterOptions {
  readonly controller: string
  readonly overlay: Overlay
  send(request: KubeRequest): Promise<{ code: number; text: string }>
  now(): number
}

/**
 * Merges what a handler returned into the object's status and writes it, as a JSON patch that begins with a test of the
 * uid: in a merge patch or an apply on `/status` the API server ignores a wrong uid. A test of the resourceVersion
 * follows, so that the merge is never laid over somebody else's later write; then the merge is done anew on the live
 * object.
 * out:     `gone` when the object with that uid is no more; `unchanged` when nothing differs, and nothing was sent
 * errors:  KubeStatusError of a refused write (422: the status does not fit the schema; 409: others were always faster),
 *          API_UNREACHABLE
 */
export async function writeStatus(
  options: StatusWriterOptions,
  target: StatusTarget,
  returned: JsonObject,
): Promise<'written' | 'unchanged' | 'gone'> {
  let current = target
  for (let attempt = 1; ; attempt++) {
    const merged = mergeInto(current, returned, target.generation, options.now())
    if (merged === undefined) return 'unchanged'
    try {
      await send(options, current, merged)
      return 'written'
    } catch (error) {
      // Of the object, or of the subresource alone: its CRD may have lost it since discovery.
      if (isNotFound(error)) {
        if ((await readLive(options, target)) === undefined) return 'gone'
        throw error
      }
      // A failed test and a status that does not fit the schema are one and the same code: the live object tells.
      if (!isInvalid(error)) throw error
      const live = await readLive(options, target)
      if (live === undefined) return 'gone'
      if (live.resourceVersion === current.resourceVersion) throw error
      if (attempt === MAX_ATTEMPTS) throw overtaken(attempt)
      current = live
    }
  }
}

function mergeInto(
  target: StatusTarget,
  returned: JsonObject,
  generation: number | undefined,
  nowMs: number,
): JsonObject | undefined {
  const { status } = JSON.parse(target.json) as { status?: unknown }
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return mergeStatus({ status, generation, now }, returned)
}

async function send(options: StatusWriterOptions, target: StatusTarget, status: JsonObject): Promise<void> {
  const { resource, namespace, name, uid, resourceVersion } = target
  const subresource = resource.subresources.includes('status') ? 'status' : undefined
  const { text } = await options.send({
    method: 'PATCH',
    path: pathOf(resource, { namespace, name, subresource }),
    query: { fieldManager: `ostler-${options.controller}` },
    contentType: 'application/json-patch+json',
    body: JSON.stringify([
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/status', value: status },
    ]),
  })
  recordStored(options.overlay, resource, { namespace, name }, withoutManagedFields(text))
}

async function readLive(options: StatusWriterOptions, target: StatusTarget): Promise<StatusTarget | undefined> {
  const { resource, namespace, name, uid } = target
  try {
    const { text } = await options.send({ method: 'GET', path: pathOf(resource, { namespace, name }) })
    const { json, resourceVersion } = withoutManagedFields(text)
    const { metadata } = JSON.parse(json) as { metadata: { uid: string } }
    return metadata.uid === uid ? { ...target, json, resourceVersion } : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** As client-go's retry.DefaultRetry. */
const MAX_ATTEMPTS = 5
