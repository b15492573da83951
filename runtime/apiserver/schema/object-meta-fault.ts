import { goNameOf } from '../http/go-names.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'

/** A field of metadata that has not its type, in Go's words: `number`, `name`, `string`. */
export interface ObjectMetaFault {
  readonly found: string
  readonly field: string
  readonly wanted: string
}

const TEXT_FIELDS = new Set([
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'selfLink',
])
const TEXT_MAPS = new Set(['labels', 'annotations'])

/** The first fault of those fields that everything later relies on. Takes nulls out, as Go does. */
export function objectMetaFault(metadata: JsonObject): ObjectMetaFault | undefined {
  for (const [field, value] of Object.entries(metadata)) {
    if (value === null) {
      delete metadata[field]
      continue
    }
    const fault = faultOf(field, value)
    if (fault !== undefined) return { field, ...fault }
  }
  return undefined
}

function faultOf(field: string, value: JsonValue): Omit<ObjectMetaFault, 'field'> | undefined {
  if (TEXT_FIELDS.has(field))
    return typeof value === 'string' ? undefined : { found: goNameOf(value), wanted: 'string' }
  if (TEXT_MAPS.has(field)) {
    if (!isJsonObject(value)) return { found: goNameOf(value), wanted: 'map[string]string' }
    const odd = Object.values(value).find((each) => each !== null && typeof each !== 'string')
    return odd === undefined ? undefined : { found: goNameOf(odd), wanted: 'string' }
  }
  if (field === 'finalizers') {
    if (!Array.isArray(value)) return { found: goNameOf(value), wanted: '[]string' }
    const odd = value.findIndex((each) => typeof each !== 'string')
    return odd < 0 ? undefined : { found: goNameOf(value[odd] ?? null), wanted: 'string' }
  }
  if (field !== 'ownerReferences' && field !== 'managedFields') return undefined
  if (Array.isArray(value) && value.every(isJsonObject)) return undefined
  const wanted = field === 'ownerReferences' ? '[]v1.OwnerReference' : '[]v1.ManagedFieldsEntry'
  return { found: goNameOf(value), wanted }
}
