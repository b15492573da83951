import type { FieldError } from '../field-error.ts'
import { type ApiObject, isJsonObject, type JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { badRequest, internalError } from '../status.ts'
import { type ScalePaths, valueAt } from './definition.ts'

/** Of the custom resources that are served. */
const pathsOf = new WeakMap<ApiResource, ScalePaths>()

export function rememberScalePaths(resource: ApiResource, paths: ScalePaths): void {
  pathsOf.set(resource, paths)
}

/** Undefined: no custom resource, or one without a scale subresource. */
export function scalePathsOf(resource: ApiResource): ScalePaths | undefined {
  return pathsOf.get(resource)
}

/** autoscaling/v1 Scale of a custom resource. Throws ApiError when the object has no number of replicas. */
export function readScale(object: ApiObject, paths: ScalePaths): ApiObject {
  if (integerAt(object, paths.specReplicasPath) === undefined)
    throw internalError(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`)
  return scaleOf(object, paths)
}

/** Of an object that has no number of replicas yet, too. */
export function scaleOf(object: ApiObject, paths: ScalePaths): ApiObject {
  const replicas = integerAt(object, paths.specReplicasPath) ?? 0
  const selector = paths.labelSelectorPath === undefined ? undefined : valueAt(object, paths.labelSelectorPath)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: { ...(replicas !== 0 && { replicas }) },
    status: {
      replicas: integerAt(object, paths.statusReplicasPath) ?? 0,
      ...(typeof selector === 'string' && selector !== '' && { selector }),
    },
  }
}

/** Changes the object as the Scale says. Throws ApiError when that has no number. */
export function writeScale(object: ApiObject, scale: ApiObject, paths: ScalePaths): void {
  const replicas = valueAt(scale, '.spec.replicas') ?? 0
  if (typeof replicas !== 'number')
    throw badRequest(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} cannot be empty`)
  const keys = paths.specReplicasPath.replace(/^\./, '').split('.')
  const last = keys.pop() ?? ''
  let at = object as Record<string, unknown>
  for (const key of keys) {
    at[key] ??= {}
    at = at[key] as Record<string, unknown>
  }
  at[last] = replicas
}

/** What the scale's fields of a custom resource must be. source: pkg/registry/customresource/validator.go */
export function validateScale(object: ApiObject, paths: ScalePaths, parts: 'all' | 'status'): FieldError[] {
  const spec = parts === 'all' ? validateReplicas(object, paths.specReplicasPath) : []
  const { labelSelectorPath } = paths
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath)
  const errors = [...spec, ...validateReplicas(object, paths.statusReplicasPath)]
  if (labelSelectorPath === undefined || selector === undefined || typeof selector === 'string') return errors
  return [...errors, accessorError(labelSelectorPath, '', selector, 'string')]
}

const MAX_REPLICAS = 2 ** 31 - 1

function validateReplicas(object: ApiObject, path: string): FieldError[] {
  const blocked = blockedAt(object, path)
  if (blocked !== undefined) return [accessorError(path, 0, blocked, 'map[string]interface{}')]
  const value = valueAt(object, path)
  if (value === undefined) return []
  if (typeof value !== 'number' || !Number.isInteger(value)) return [accessorError(path, 0, value, 'int64')]
  const invalid = (detail: string): FieldError[] => [
    { reason: 'FieldValueInvalid', field: path, badValue: value, detail },
  ]
  if (value < 0) return invalid('should be a non-negative integer')
  return value > MAX_REPLICAS ? invalid(`should be less than or equal to ${MAX_REPLICAS}`) : []
}

/** What stands on the way and is no object. */
function blockedAt(object: ApiObject, path: string): JsonValue | undefined {
  const keys = path.replace(/^\./, '').split('.')
  for (let count = 1; count < keys.length; count++) {
    const value = valueAt(object, keys.slice(0, count).join('.'))
    if (value !== undefined && !isJsonObject(value)) return value
  }
  return undefined
}

function accessorError(path: string, badValue: JsonValue, value: JsonValue, expected: string): FieldError {
  const type = Array.isArray(value)
    ? '[]interface {}'
    : typeof value === 'object'
      ? 'map[string]interface {}'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'int64'
          : 'float64'
        : typeof value === 'boolean'
          ? 'bool'
          : 'string'
  const detail = `${path.startsWith('.') ? path : `.${path}`} accessor error: ${JSON.stringify(value).replace(/^"|"$/g, '')} is of the type ${type}, expected ${expected}`
  return { reason: 'FieldValueInvalid', field: path, badValue, detail }
}

function integerAt(object: ApiObject, path: string): number | undefined {
  const value = valueAt(object, path)
  return typeof value === 'number' ? value : undefined
}
