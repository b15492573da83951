import { goText } from '../go-text.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { strategicMergePatch } from './strategic-patch.ts'

/**
 * What kube-apiserver says of a strategic merge patch whose result is no such object: the patch as Go prints a map, without
 * the lists whose order the patch gives (they have been taken out by then), and its converter's words in place of the JSON decoder's.
 * source: apiserver pkg/endpoints/handlers/patch.go applyPatchToObject
 */
export function describeStrategicRefusal(
  schema: Schema | undefined,
  target: JsonObject,
  patch: JsonValue,
  message: string,
): { badValue: string; detail: string } {
  const left = structuredClone(patch)
  if (isJsonObject(left)) strategicMergePatch(schema, target, left, { takesPatch: true })
  return { badValue: goText(left), detail: converterMessage(message) }
}

const UNMARSHAL =
  /^json: cannot unmarshal (string|number|bool|object|array)(?: \S+)? into Go struct field \S+ of type (\S+)$/
const KINDS: Readonly<Record<string, string>> = { object: 'map', array: 'slice', number: 'int64' }
const BASIC = /^(u?int\d*|float\d+|string|bool)$/

/** source: apimachinery pkg/runtime/converter.go fromUnstructured */
function converterMessage(message: string): string {
  const [, json = '', type = ''] = UNMARSHAL.exec(message) ?? []
  if (json === '') return message
  const kind = KINDS[json] ?? json
  if (type.startsWith('[]')) return `cannot restore slice from ${kind}`
  if (type.startsWith('map[')) return `cannot restore map from ${kind}`
  if (json === 'number' && type === 'string') return 'cannot convert int64 to string'
  if (json === 'number' && type.startsWith('int')) return `cannot convert float64 to ${type}`
  if (BASIC.test(type)) return `unrecognized type: ${type}`
  // A named type: a structure takes every object, so one that does not is a string.
  return json === 'object' ? 'unrecognized type: string' : `cannot restore struct from: ${kind}`
}
