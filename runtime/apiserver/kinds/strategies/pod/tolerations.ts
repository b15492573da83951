import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { invalidValue, notSupported } from '../field-errors.ts'
import { eachObject, textIn } from '../json-parts.ts'
import { checkName, labelValue, qualifiedName } from '../names.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** source: kubernetes pkg/apis/core/validation, ValidateTolerations */
export function checkTolerations(spec: JsonObject, field: string): FieldError[] {
  return eachObject(spec, 'tolerations', field, checkToleration)
}

function checkToleration(toleration: JsonObject, field: string): FieldError[] {
  const [key, operator, effect] = [
    textIn(toleration, 'key'),
    textIn(toleration, 'operator'),
    textIn(toleration, 'effect'),
  ]
  const faults = key === '' ? [] : checkName(key, `${field}.key`, qualifiedName)
  if (key === '' && operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    faults.push(invalidValue(`${field}.operator`, operator, text))
  }
  if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute')
    faults.push(invalidValue(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  faults.push(...checkOperator(operator, textIn(toleration, 'value'), `${field}.operator`))
  if (effect !== '' && !EFFECTS.includes(effect)) faults.push(notSupported(`${field}.effect`, effect, EFFECTS))
  return faults
}

function checkOperator(operator: string, value: string, field: string): FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const faults = labelValue(value)
      return faults.length === 0 ? [] : [invalidValue(field, value, faults.join(';'))]
    }
    case 'Exists':
      return value === '' ? [] : [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")]
    case 'Lt':
    case 'Gt':
      // Known by name, but off: the gate TaintTolerationComparisonOperators.
      return [notSupported(field, operator, ['Equal', 'Exists', 'Lt', 'Gt'])]
    default:
      return [notSupported(field, operator, ['Equal', 'Exists'])]
  }
}
