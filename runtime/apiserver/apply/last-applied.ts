import type { ApiObject, JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { compareTyped } from './compare-typed.ts'
import { difference, type FieldSet, hasPath, union } from './field-set.ts'
import { withoutManagedFields, writerOf } from './managed-fields.ts'
import { mergeTypeOf } from './merge-type.ts'
import { fieldSetOfValue } from './typed-field-set.ts'
import type { Conflict } from './updater.ts'
import { assertTyped } from './validate-typed.ts'

/** Where kubectl keeps what it applied from the client's side. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** All annotations of an object together, names and values. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** The conflicts that are left when fields that kubectl applied from the client's side, and nobody changed, are none. */
export function allowConflicts(
  resource: ApiResource,
  live: ApiObject | undefined,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  const allowed = unchangedSinceLastApplied(resource, live)
  return allowed === undefined ? conflicts : conflicts.filter(({ path }) => !hasPath(allowed, path))
}

/** Where there is the annotation, kubectl's server-side apply keeps it up to date. */
export function refreshLastApplied(manager: string, applied: ApiObject, object: ApiObject): void {
  const annotations = object.metadata.annotations
  if (manager !== 'kubectl' || annotations === undefined || !annotations[LAST_APPLIED]) return
  const copy = structuredClone(applied)
  if (copy.metadata.annotations) delete copy.metadata.annotations[LAST_APPLIED]
  else delete copy.metadata.annotations
  annotations[LAST_APPLIED] = `${JSON.stringify(sortFields(copy as unknown as JsonValue))}\n`
  const bytes = Object.entries(annotations).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  )
  if (bytes > MAX_ANNOTATIONS_BYTES) delete annotations[LAST_APPLIED]
}

/** undefined: there is no annotation for this version that can be read. */
function unchangedSinceLastApplied(resource: ApiResource, live: ApiObject | undefined): FieldSet | undefined {
  const text = live?.metadata.annotations?.[LAST_APPLIED]
  if (live === undefined || text === undefined || text === '') return undefined
  try {
    const applied = JSON.parse(text) as ApiObject
    if (applied.apiVersion !== writerOf(resource, '', 'Apply', '').apiVersion) return undefined
    const type = mergeTypeOf(resource)
    const value = applied as unknown as JsonValue
    assertTyped(type, value, { allowDuplicates: false })
    const { removed, modified, added } = compareTyped(type, value, withoutManagedFields(live))
    return difference(fieldSetOfValue(type, value), union(union(modified, added), removed))
  } catch {
    return undefined
  }
}

/** As Go writes maps. */
function sortFields(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortFields)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, each]) => [name, sortFields(each)]))
}
