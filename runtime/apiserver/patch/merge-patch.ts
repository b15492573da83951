import { goNameOf } from '../http/go-names.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { badRequest } from '../status.ts'

/**
 * A JSON merge patch (RFC 7386). Neither argument is changed.
 * errors: ApiError 400 for a patch that is no object
 * source: evanphx/json-patch merge.go, as kube-apiserver uses it
 */
export function mergePatch(target: JsonObject, patch: JsonValue): JsonObject {
  if (patch === null) throw badRequest('Invalid JSON Patch')
  if (!isJsonObject(patch)) {
    const message = `json: cannot unmarshal ${goNameOf(patch)} into Go value of type map[string]interface {}`
    throw badRequest(`error decoding patch: ${message}`)
  }
  return mergeObjects(target, patch)
}

function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = { ...target }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergeValue(merged[name], value)
  }
  return merged
}

function mergeValue(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(target)) return withoutNulls(patch)
  return isJsonObject(patch) ? mergeObjects(target, patch) : patch
}

/** Nulls of objects go, also in lists; those that are items of lists stay. */
export function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isJsonObject(value)) return value
  const present = Object.entries(value).filter(([, each]) => each !== null)
  return Object.fromEntries(present.map(([name, each]) => [name, withoutNulls(each)]))
}
