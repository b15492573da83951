import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { checkRange, forbiddenField, invalidValue } from '../field-errors.ts'
import {
  copyField,
  isSame,
  jsonOf,
  mapIn,
  objectIn,
  objectsIn,
  optionalObjectIn,
  sortKeys,
  textIn,
} from '../json-parts.ts'
import { unifiedDiff } from '../unified-diff.ts'
import { checkGatedAffinity, withOldAffinity } from './gated-affinity.ts'
import { checkPodAndMetadata } from './pod-whole.ts'

const MAX_INT32 = 2 ** 31 - 1
/** What may change in the spec of a Pod. */
const MUTABLE_FIELDS =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** source: kubernetes pkg/apis/core/validation, ValidatePodUpdate */
export function validatePodUpdate(pod: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(pod), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  const faults = checkPodAndMetadata(pod, old)
  const counts = countFaults(spec, before)
  if (counts.length > 0) return [...faults, ...counts]
  const deadline = deadlineFaults(spec, before)
  const isRefused = deadline.length > 0 && typeof spec.activeDeadlineSeconds === 'number'
  if (isRefused) return [...faults, ...deadline]
  return [
    ...faults,
    ...deadline,
    ...tolerationFaults(spec, before),
    ...gateFaults(spec, before),
    ...specFaults(spec, before),
  ]
}

export function validatePodStatusUpdate(pod: ApiObject, old: ApiObject): FieldError[] {
  const now = textIn(objectIn(jsonOf(pod), 'spec'), 'nodeName')
  const before = textIn(objectIn(jsonOf(old), 'spec'), 'nodeName')
  return now === before ? [] : [forbiddenField('status.nominatedNodeName', 'may not be changed directly')]
}

/** The first list that has another length. */
function countFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const list = ['containers', 'initContainers'].find(
    (field) => objectsIn(spec, field).length !== objectsIn(before, field).length,
  )
  return list === undefined ? [] : [forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')]
}

function deadlineFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  const [now, was] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds]
  if (typeof now !== 'number')
    return typeof was === 'number'
      ? [invalidValue(field, null, 'must not update from a positive integer to nil value')]
      : []
  const range = checkRange(now, field, 0, MAX_INT32)
  if (range.length > 0) return range
  const isLater = typeof was === 'number' && was < now
  return isLater ? [invalidValue(field, now, 'must be less than or equal to previous value')] : []
}

function tolerationFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const withoutSeconds = (toleration: JsonObject) => ({ ...toleration, tolerationSeconds: 0 })
  const isKept = objectsIn(before, 'tolerations').every((old) =>
    objectsIn(spec, 'tolerations').some((each) => isSame(withoutSeconds(each), withoutSeconds(old))),
  )
  if (isKept) return []
  return [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

function gateFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const known = new Set(objectsIn(before, 'schedulingGates').map((gate) => textIn(gate, 'name')))
  return objectsIn(spec, 'schedulingGates').flatMap((gate, index) => {
    const name = textIn(gate, 'name')
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`
    return known.has(name) ? [] : [forbiddenField(`spec.schedulingGates[${index}].name`, text)]
  })
}

/** The rest is as it was. */
function specFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  if (isSame(spec, before)) return []
  const rest = structuredClone(spec)
  for (const list of ['containers', 'initContainers'])
    objectsIn(rest, list).forEach((container, index) => {
      container.image = textIn(objectsIn(before, list)[index] as JsonObject, 'image')
    })
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) copyField(rest, before, field)
  const grace = before.terminationGracePeriodSeconds
  if (typeof grace === 'number' && grace < 0 && rest.terminationGracePeriodSeconds === 1)
    rest.terminationGracePeriodSeconds = grace
  const gated = objectsIn(before, 'schedulingGates').length > 0 ? gatedFaults(rest, before) : []
  return isSame(rest, before)
    ? gated
    : [...gated, forbiddenField('spec', `${MUTABLE_FIELDS}\n${unifiedDiff(before, rest)}`)]
}

/** Until it may be scheduled, a pod can be told more about where to. Undoes that in `rest`. */
function gatedFaults(rest: JsonObject, before: JsonObject): FieldError[] {
  const [now, was] = [mapIn(rest, 'nodeSelector'), mapIn(before, 'nodeSelector')]
  const isLess = Object.entries(was).some(([key, value]) => now[key] !== value)
  const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
  const shown = Object.keys(now).length === 0 ? null : sortKeys(now)
  const affinity = checkGatedAffinity(rest, before)
  copyField(rest, before, 'nodeSelector')
  const kept = withOldAffinity(optionalObjectIn(rest, 'affinity'), optionalObjectIn(before, 'affinity'))
  if (kept === undefined) delete rest.affinity
  else rest.affinity = kept
  return [...(isLess ? [invalidValue('spec.nodeSelector', shown, text)] : []), ...affinity]
}
