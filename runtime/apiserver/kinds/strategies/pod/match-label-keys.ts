import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { forbiddenField, invalidValue } from '../field-errors.ts'
import { jsonOf, mapIn, objectIn, objectsIn, optionalObjectIn, textIn, textsIn } from '../json-parts.ts'
import { checkName, qualifiedName } from '../names.ts'

const OPERATORS = { matchLabelKeys: 'In', mismatchLabelKeys: 'NotIn' } as const
const KEY_LISTS = Object.keys(OPERATORS) as (keyof typeof OPERATORS)[]

/** Of terms of affinity and of topology spread. source: ValidateMatchLabelKeysAndMismatchLabelKeys */
export function checkMatchLabelKeys(term: JsonObject, field: string): FieldError[] {
  const selector = optionalObjectIn(term, 'labelSelector')
  const [match, mismatch] = [textsIn(term, 'matchLabelKeys'), textsIn(term, 'mismatchLabelKeys')]
  return [
    ...KEY_LISTS.flatMap((list) => checkKeys(textsIn(term, list), selector, `${field}.${list}`)),
    ...(selector === undefined ? [] : repeatedKeys(match, selector, field)),
    ...match.flatMap((key, index) =>
      mismatch.includes(key)
        ? [
            invalidValue(
              `${field}.matchLabelKeys[${index}]`,
              key,
              'exists in both matchLabelKeys and mismatchLabelKeys',
            ),
          ]
        : [],
    ),
  ]
}

function checkKeys(keys: readonly string[], selector: JsonObject | undefined, field: string): FieldError[] {
  if (keys.length === 0) return []
  if (selector === undefined) return [forbiddenField(field, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, index) => checkName(key, `${field}[${index}]`, qualifiedName))
}

/** The keys are in the selector already, once: see applyMatchLabelKeys(). */
function repeatedKeys(keys: readonly string[], selector: JsonObject, field: string): FieldError[] {
  const seen = new Set(Object.keys(mapIn(selector, 'matchLabels')))
  return objectsIn(selector, 'matchExpressions').flatMap((each) => {
    const key = textIn(each, 'key')
    const isTwice = keys.includes(key) && seen.has(key)
    seen.add(key)
    const text = 'exists in both matchLabelKeys and labelSelector'
    return isTwice ? [invalidValue(`${field}[${keys.lastIndexOf(key)}]`, key, text)] : []
  })
}

/** Has the selectors of a Pod that is made ask for its own labels. source: kubernetes pkg/registry/core/pod mutatePodAffinity */
export function applyMatchLabelKeys(pod: ApiObject): void {
  const spec = objectIn(jsonOf(pod), 'spec')
  const affinity = objectIn(spec, 'affinity')
  const terms = [objectIn(affinity, 'podAffinity'), objectIn(affinity, 'podAntiAffinity')].flatMap((each) => [
    ...objectsIn(each, 'preferredDuringSchedulingIgnoredDuringExecution').map((term) =>
      objectIn(term, 'podAffinityTerm'),
    ),
    ...objectsIn(each, 'requiredDuringSchedulingIgnoredDuringExecution'),
  ])
  for (const term of [...terms, ...objectsIn(spec, 'topologySpreadConstraints')])
    addRequirements(term, pod.metadata.labels ?? {})
}

function addRequirements(term: JsonObject, labels: Readonly<Record<string, string>>): void {
  const selector = optionalObjectIn(term, 'labelSelector')
  if (selector === undefined) return
  const added = KEY_LISTS.flatMap((list) =>
    textsIn(term, list).flatMap((key) => {
      const value = labels[key]
      return value === undefined ? [] : [{ key, operator: OPERATORS[list], values: [value] }]
    }),
  )
  if (added.length > 0) selector.matchExpressions = [...objectsIn(selector, 'matchExpressions'), ...added]
}
