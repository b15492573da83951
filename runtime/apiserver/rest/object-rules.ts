import { isDeepStrictEqual } from 'node:util'
import type { FieldError } from '../field-error.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../kinds/strategies/object-meta.ts'
import { inWriteOrder } from './versions.ts'

/** What is done to whatever was decoded: unknown fields go, what was left out is filled in. errors: ApiError 400 */
export function completeObject({ resource }: { resource: ApiResource }, object: ApiObject): ApiObject {
  if (resource.isCustom) dropEmptyMetadata(object.metadata)
  resource.strategy.applyDefaults?.(object)
  return inWriteOrder(object)
}

export function completeApplied({ resource }: { resource: ApiResource }, object: ApiObject): ApiObject {
  const { completeApplied: complete } = resource.strategy
  if (complete === undefined) return completeObject({ resource }, object)
  dropEmptyMetadata(object.metadata)
  complete(object)
  return inWriteOrder(object)
}

/** As Go reads and writes metadata: what is empty is absent. Built-in kinds are wholly read so. */
function dropEmptyMetadata(metadata: ApiObject['metadata']): void {
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if (metadata[field] !== undefined && Object.keys(metadata[field]).length === 0) delete metadata[field]
  }
}

/** What the kind's create does before it is checked: status goes, generation begins; kinds without one take what is sent. */
export function prepareForCreate({ strategy }: ApiResource, object: ApiObject, nowMs: number): void {
  if (strategy.hasStatus && strategy.prepareForCreate === undefined) delete object.status
  if (strategy.hasGeneration) object.metadata.generation = 1
  strategy.prepareForCreate?.(object, nowMs)
}

/** Status belongs to its subresource; what changes beside it counts as a new generation. */
export function prepareForUpdate(resource: ApiResource, object: ApiObject, old: ApiObject, nowMs: number): void {
  const { strategy, isCustom } = resource
  if (strategy.hasStatus) replaceField(object, 'status', old)
  replaceMeta(object, 'generation', old)
  strategy.prepareForUpdate?.(object, old, nowMs)
  if (!isCustom && strategy.hasGeneration && !isSameBesideStatus(object, old))
    object.metadata.generation = (old.metadata.generation ?? 0) + 1
}

/** Only the status is written: all else stays as it is, but for what the kind says. */
export function prepareForStatusUpdate(resource: ApiResource, object: ApiObject, old: ApiObject, nowMs: number): void {
  replaceMeta(object, 'generation', old)
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (!['status', 'metadata', 'kind', 'apiVersion'].includes(field)) replaceField(object, field, old)
  }
  if (!resource.isCustom) replaceMeta(object, 'deletionTimestamp', old)
  resource.strategy.prepareForStatusUpdate?.(object, old, nowMs)
}

export function validateCreate(resource: ApiResource, object: ApiObject): FieldError[] {
  const { strategy, namespaced } = resource
  const { nameRule, takesPlainFinalizers = false } = strategy
  return [
    ...validateObjectMeta(object, { namespaced, takesPlainFinalizers, nameRule }),
    ...(strategy.validate?.(object) ?? []),
  ]
}

/** What becomes of an object when a subresource changes a part of it, and what else is checked of it. */
export interface PartRules {
  /** Puts back what is not the part's, whoever changed it: admission has been there. */
  prepare(object: ApiObject, old: ApiObject): void
  validate(object: ApiObject, old: ApiObject): readonly FieldError[]
}

export function validateUpdate(
  resource: ApiResource,
  object: ApiObject,
  old: ApiObject,
  scope: 'whole' | 'status' | 'part' | PartRules,
): FieldError[] {
  const { strategy } = resource
  const validations = { whole: strategy.validateUpdate, status: strategy.validateStatusUpdate, part: undefined }
  const own = typeof scope === 'object' ? scope.validate : validations[scope]
  // Twice, as kube-apiserver: once for all kinds, once by the kind's own rules; the causes show it.
  const faults = validateObjectMetaUpdate(object, old, strategy.takesPlainFinalizers ?? false)
  return [...faults, ...faults, ...(own?.(object, old) ?? [])]
}

function isSameBesideStatus(object: ApiObject, old: ApiObject): boolean {
  const { metadata: _, status: __, ...rest } = object
  const { metadata: ___, status: ____, ...before } = old
  return isDeepStrictEqual(rest, before)
}

function replaceField(object: ApiObject, field: string, old: ApiObject): void {
  if (old[field] === undefined) delete object[field]
  else object[field] = structuredClone(old[field])
}

function replaceMeta<K extends keyof ApiObject['metadata']>(object: ApiObject, field: K, old: ApiObject): void {
  if (old.metadata[field] === undefined) delete object.metadata[field]
  else object.metadata[field] = structuredClone(old.metadata[field])
}
