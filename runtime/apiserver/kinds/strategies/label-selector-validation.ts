import type { FieldError } from '../../field-error.ts'
import type { JsonObject } from '../../json.ts'
import { type LabelSelector, matchesSelector } from '../../label-selector.ts'
import { forbiddenField, invalidValue, required } from './field-errors.ts'
import { mapIn, objectsIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkName, labelValue, qualifiedName } from './names.ts'
import { checkLabels } from './object-meta.ts'

/** source: apimachinery pkg/apis/meta/v1/validation */
export function checkLabelSelector(selector: JsonObject | undefined, field: string): FieldError[] {
  if (selector === undefined) return []
  const expressions = objectsIn(selector, 'matchExpressions')
  return [
    ...checkLabels(mapIn(selector, 'matchLabels'), `${field}.matchLabels`),
    ...expressions.flatMap((each, index) => checkRequirement(each, `${field}.matchExpressions[${index}]`)),
  ]
}

export function isEmptySelector(selector: JsonObject): boolean {
  return Object.keys(mapIn(selector, 'matchLabels')).length + objectsIn(selector, 'matchExpressions').length === 0
}

/** A missing selector selects nothing. */
export function selects(value: JsonObject, key: string, labels: Readonly<Record<string, string>>): boolean {
  return matchesSelector(optionalObjectIn(value, key) as LabelSelector | undefined, labels)
}

function checkRequirement(requirement: JsonObject, field: string): FieldError[] {
  const values = textsIn(requirement, 'values')
  return [
    ...operatorFaults(textIn(requirement, 'operator'), values, field),
    ...checkName(textIn(requirement, 'key'), `${field}.key`, qualifiedName),
    ...values.flatMap((value, index) => checkName(value, `${field}.values[${index}]`, labelValue)),
  ]
}

/** What values an operator must have, or must not. */
export function operatorFaults(operator: string, values: readonly string[], field: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    default:
      return [invalidValue(`${field}.operator`, operator, 'not a valid selector operator')]
  }
}
