import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { forbiddenField, invalidValue, required } from '../field-errors.ts'
import { eachObject, objectsIn, textIn, textsIn } from '../json-parts.ts'
import { checkName, labelValue, qualifiedName, subdomainName } from '../names.ts'

const NO_OPERATOR = 'not a valid selector operator'

/** source: kubernetes pkg/apis/core/validation, ValidateNodeSelector */
export function checkNodeSelector(selector: JsonObject, field: string): FieldError[] {
  const path = `${field}.nodeSelectorTerms`
  if (objectsIn(selector, 'nodeSelectorTerms').length === 0)
    return [required(path, 'must have at least one node selector term')]
  return eachObject(selector, 'nodeSelectorTerms', field, (term, at) => checkNodeSelectorTerm(term, at, true))
}

/** Of a preference the values are not looked at. */
export function checkNodeSelectorTerm(term: JsonObject, field: string, checksValues: boolean): FieldError[] {
  return [
    ...eachObject(term, 'matchExpressions', field, (each, at) => checkLabelRequirement(each, at, checksValues)),
    ...eachObject(term, 'matchFields', field, checkFieldRequirement),
  ]
}

function checkLabelRequirement(requirement: JsonObject, field: string, checksValues: boolean): FieldError[] {
  const values = textsIn(requirement, 'values')
  return [
    ...countFaults(textIn(requirement, 'operator'), values.length, field),
    ...checkName(textIn(requirement, 'key'), `${field}.key`, qualifiedName),
    ...(checksValues ? values.flatMap((value, at) => checkName(value, `${field}.values[${at}]`, labelValue)) : []),
  ]
}

function countFaults(operator: string, count: number, field: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return count === 0
        ? []
        : [forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case 'Gt':
    case 'Lt':
      return count === 1
        ? []
        : [required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [invalidValue(`${field}.operator`, operator, NO_OPERATOR)]
  }
}

/** Nodes are selected by one field alone: their name. */
function checkFieldRequirement(requirement: JsonObject, field: string): FieldError[] {
  const operator = textIn(requirement, 'operator')
  const key = textIn(requirement, 'key')
  const values = textsIn(requirement, 'values')
  const one = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
  const faults: FieldError[] = []
  if (!['In', 'NotIn'].includes(operator)) faults.push(invalidValue(`${field}.operator`, operator, NO_OPERATOR))
  else if (values.length !== 1) faults.push(required(`${field}.values`, one))
  if (key !== 'metadata.name') return [...faults, invalidValue(`${field}.key`, key, 'not a valid field selector key')]
  return [...faults, ...values.flatMap((value, at) => checkName(value, `${field}.values[${at}]`, subdomainName))]
}
