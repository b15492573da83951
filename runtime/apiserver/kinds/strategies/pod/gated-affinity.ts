import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { invalidValue } from '../field-errors.ts'
import { internalValue } from '../go-internal.ts'
import { isSame, objectIn, objectsIn, optionalObjectIn } from '../json-parts.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const FIELD = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`

/** Of a pod with scheduling gates: its terms may only ask for more. source: validateNodeAffinityMutation */
export function checkGatedAffinity(spec: JsonObject, before: JsonObject): FieldError[] {
  const [now, old] = [termsOf(spec), termsOf(before)]
  if (old.length === 0) return []
  if (now.length !== old.length) {
    const shown = now.length === 0 ? null : now.map((term) => internalValue('NodeSelectorTerm', term))
    return [invalidValue(FIELD, shown, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  }
  return old.flatMap((was, index) => {
    const term = now[index] as JsonObject
    if (hasOnlyAdditions(term, was)) return []
    const shown = internalValue('NodeSelectorTerm', term)
    return [invalidValue(`${FIELD}[${index}]`, shown, 'only additions are allowed (no mutations or deletions)')]
  })
}

/** The affinity with what it said of nodes before. */
export function withOldAffinity(now: JsonObject | undefined, old: JsonObject | undefined): JsonObject | undefined {
  const { nodeAffinity: _, ...others } = now ?? {}
  const nodeAffinity = old?.nodeAffinity
  if (nodeAffinity !== undefined) return { nodeAffinity, ...others }
  return Object.keys(others).length > 0 || (now !== undefined && old !== undefined) ? others : undefined
}

function termsOf(spec: JsonObject): JsonObject[] {
  const selector = optionalObjectIn(objectIn(objectIn(spec, 'affinity'), 'nodeAffinity'), REQUIRED)
  return objectsIn(selector ?? {}, 'nodeSelectorTerms')
}

function hasOnlyAdditions(now: JsonObject, old: JsonObject): boolean {
  const lists = ['matchExpressions', 'matchFields']
  if (lists.every((list) => objectsIn(old, list).length === 0))
    return lists.every((list) => objectsIn(now, list).length === 0)
  return lists.every((list) => {
    const was = objectsIn(old, list)
    return isSame(objectsIn(now, list).slice(0, was.length), was)
  })
}
