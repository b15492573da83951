import { type ApiObject, isJsonObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { rfc3339 } from '../timestamp.ts'
import type { DeleteOptions } from './delete-options.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

/** Nothing holds it any more: neither finalizers nor the time to end in peace. */
export function isFinished({ kind, apiVersion, metadata, spec }: ApiObject): boolean {
  if (metadata.deletionTimestamp === undefined || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false
  if ((metadata.finalizers ?? []).length > 0) return false
  return !(kind === 'Namespace' && apiVersion === 'v1' && hasFinalizers(spec))
}

/** A namespace has finalizers of its own, beside those of all objects. */
function hasFinalizers(spec: unknown): boolean {
  return isJsonObject(spec) && Array.isArray(spec.finalizers) && spec.finalizers.length > 0
}

/**
 * Marks an object as being deleted, with the finalizers that the policy asks for; it is changed in place.
 * Answers `held` when it stays for now, `marked` when it goes after it has been seen so, `gone` when it goes at once.
 * source: apiserver pkg/registry/generic/registry/store.go Delete, pkg/registry/rest/delete.go
 */
export function beginDeletion(
  resource: ApiResource,
  object: ApiObject,
  options: DeleteOptions,
  nowMs: number,
): 'held' | 'marked' | 'gone' {
  const { metadata } = object
  applyPropagation(resource, object, options)
  if (metadata.deletionTimestamp === undefined) resource.strategy.prepareForDelete?.(object)
  const isNamespace = resource.group === '' && resource.kind === 'Namespace'
  const graceSeconds = graceOf(resource, object, options)
  const isHeld = (metadata.finalizers ?? []).length > 0 || (isNamespace && hasFinalizers(object.spec))
  // Kinds that end in peace are marked even where there is nothing to wait for.
  if (!isHeld && graceSeconds === 0 && resource.strategy.gracePeriodSeconds === undefined) return 'gone'
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = rfc3339(nowMs + graceSeconds * 1000)
    if (!isNamespace) metadata.deletionGracePeriodSeconds = graceSeconds
    if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1
  } else if (graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0)) {
    const before = metadata.deletionGracePeriodSeconds ?? 0
    const end = Date.parse(metadata.deletionTimestamp) + (graceSeconds - before) * 1000
    metadata.deletionTimestamp = rfc3339(Math.max(end, nowMs))
    metadata.deletionGracePeriodSeconds = graceSeconds
  }
  if (isNamespace) object.status = { ...(isJsonObject(object.status) ? object.status : {}), phase: 'Terminating' }
  return isHeld || graceSeconds > 0 ? 'held' : 'marked'
}

/** Seconds; kinds without a grace period of their own know none, whatever is asked. */
function graceOf({ strategy }: ApiResource, object: ApiObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (strategy.gracePeriodSeconds === undefined) return 0
  const { deletionTimestamp, deletionGracePeriodSeconds: pending = 0 } = object.metadata
  // Once it is being deleted, the time can only be made shorter.
  if (deletionTimestamp !== undefined) return Math.min(gracePeriodSeconds ?? pending, pending)
  return strategy.gracePeriodSeconds(object, gracePeriodSeconds)
}

/** source: store.go deletionFinalizersForGarbageCollection: what the request says beats what stands there. */
function applyPropagation({ strategy }: ApiResource, { metadata }: ApiObject, { policy }: DeleteOptions): void {
  if (strategy.defaultPropagation === 'None') return
  const before = metadata.finalizers ?? []
  const orphans =
    policy === 'Orphan' ||
    (policy === undefined &&
      (before.includes(ORPHAN) || (!before.includes(FOREGROUND) && strategy.defaultPropagation === 'Orphan')))
  const inForeground = policy === 'Foreground' || (policy === undefined && !orphans && before.includes(FOREGROUND))
  const others = before.filter((each) => each !== ORPHAN && each !== FOREGROUND)
  const finalizers = [...others, ...(orphans ? [ORPHAN] : []), ...(inForeground ? [FOREGROUND] : [])]
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
}
