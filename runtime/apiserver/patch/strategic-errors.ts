import { goText } from '../go-text.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { ApiError } from '../status.ts'

/** source: apimachinery pkg/util/mergepatch/errors.go; all end with 400. */
export const PATCH_FORMAT = {
  primitiveList: 'invalid patch format of primitive list',
  retainKeys: 'invalid patch format of retainKeys',
  setElementOrder: 'invalid patch format of setElementOrder list',
} as const

export function unsupportedPatch(directive: JsonValue, patch: JsonObject): ApiError {
  return failed(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`)
}

/** Of what the real server does not take for the client's fault: a 500 with the bare message. */
export function notMergeable(expected: string, found: JsonValue): ApiError {
  return failed(`expected a ${expected}, but received a ${goTypeOf(found)}`)
}

notMergeable.order = (change: readonly JsonValue[], order: readonly JsonValue[]): ApiError =>
  failed(
    `The order in patch list:\n${goText([...change])}\n doesn't match $setElementOrder list:\n${goText([...order])}\n`,
  )

notMergeable.noKey = (item: JsonObject, mergeKey: string): ApiError =>
  failed(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`)

notMergeable.listWithoutKey = (items: Schema | undefined): ApiError =>
  failed(`cannot merge lists without merge key for ${items?.properties === undefined ? 'map' : 'struct'}`)

notMergeable.mergedList = (): ApiError => failed('merging lists cannot yet be specified in the patch')

notMergeable.noElements = (): ApiError => failed('no elements in any of the given slices')

notMergeable.mixedElements = (lists: readonly (readonly JsonValue[])[]): ApiError =>
  failed(`list element types are not identical: ${goText(lists.map((each) => [...each]))}`)

notMergeable.noStruct = (): ApiError => failed('merging an object in json but data type is not struct, instead is: map')

notMergeable.noField = (schema: Schema, name: string): ApiError => {
  const kind = schema['x-kubernetes-group-version-kind']?.[0]?.kind ?? ''
  return failed(`unable to find api field in struct ${kind} for the json field ${JSON.stringify(name)}`)
}

function failed(message: string): ApiError {
  return new ApiError(500, undefined, message)
}

/** Go's %T. */
function goTypeOf(value: JsonValue): string {
  if (value === null) return '%!s(<nil>)'
  if (Array.isArray(value)) return '[]interface {}'
  if (isJsonObject(value)) return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}
