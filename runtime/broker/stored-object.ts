import type { Resource } from '../kube/resource.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import { objectKey } from './object-key.ts'
import type { Overlay } from './overlay.ts'

/** An answer of the API server, without `managedFields`, and what the host reads of it. */
export interface StoredObject {
  readonly json: string
  readonly kind: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly uid: string
  readonly resourceVersion: string
  readonly isDeleting: boolean
  /** Being deleted, and nothing holds it any more: with this answer it went. */
  readonly isLast: boolean
}

export function withoutManagedFields(text: string): StoredObject {
  const parsed: unknown = JSON.parse(text)
  const object = isJsonObject(parsed) ? parsed : {}
  const metadata = isJsonObject(object.metadata) ? object.metadata : {}
  delete metadata.managedFields
  return {
    json: JSON.stringify(parsed),
    kind: textOf(object.kind),
    namespace: textOf(metadata.namespace),
    name: textOf(metadata.name),
    uid: textOf(metadata.uid) ?? '',
    resourceVersion: textOf(metadata.resourceVersion) ?? '',
    isDeleting: metadata.deletionTimestamp !== undefined,
    isLast: isLast(metadata, object.spec),
  }
}

/** Lays what the API server stored over the cache. */
export function recordStored(
  overlay: Overlay,
  resource: Resource,
  { namespace, name }: { readonly namespace: string | undefined; readonly name: string },
  { uid, resourceVersion, json, isLast }: StoredObject,
): void {
  const { version } = resource
  const written = { version, uid, resourceVersion, json: isLast ? undefined : json }
  overlay.record(objectKey(resource, namespace, name), written)
}

/** A pod has a time to end in; a namespace has finalizers in its spec too. */
function isLast({ deletionTimestamp, deletionGracePeriodSeconds, finalizers }: JsonObject, spec: unknown): boolean {
  if (deletionTimestamp === undefined || isFilled(finalizers)) return false
  if (isJsonObject(spec) && isFilled(spec.finalizers)) return false
  return typeof deletionGracePeriodSeconds !== 'number' || deletionGracePeriodSeconds === 0
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
