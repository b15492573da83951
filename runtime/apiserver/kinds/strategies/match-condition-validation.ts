import type { Environment } from '@marcbachmann/cel-js'
import { mentionsAuthorizer } from '../../admission/expressions/authorizer-variable.ts'
import type { FieldError } from '../../field-error.ts'
import type { JsonObject } from '../../json.ts'
import { expressionFault } from '../../schema/cel/compiled-rule.ts'
import { duplicate, invalidValue, required, tooMany } from './field-errors.ts'
import { objectsIn, textIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'

const MAX_CONDITIONS = 64

/** Of webhooks and policies. source: kubernetes pkg/apis/admissionregistration/validation validateMatchConditions */
export function matchConditionFaults(owner: JsonObject, field: string, environment: () => Environment): FieldError[] {
  const names = new Set<string>()
  const conditions = objectsIn(owner, 'matchConditions')
  const each = conditions.flatMap((condition, index) => {
    const name = textIn(condition, 'name')
    const isTwice = name !== '' && names.has(name)
    names.add(name)
    const path = `${field}[${index}].name`
    return [
      ...conditionFaults(textIn(condition, 'expression').trim(), `${field}[${index}].expression`, environment),
      ...(name === '' ? [required(path)] : checkName(name, path, qualifiedName)),
      ...(isTwice ? [duplicate(path, name)] : []),
    ]
  })
  return conditions.length > MAX_CONDITIONS ? [tooMany(field, conditions.length, MAX_CONDITIONS), ...each] : each
}

function conditionFaults(expression: string, field: string, environment: () => Environment): FieldError[] {
  return expression === '' ? [required(field)] : typeFaults(environment(), expression, field, ['bool'])
}

/** What an expression must evaluate to; one that needs an authorizer is refused later, for that alone. */
export function typeFaults(
  environment: Environment,
  expression: string,
  field: string,
  types: readonly string[],
): FieldError[] {
  if (environment.hasVariable('authorizer') && mentionsAuthorizer(expression)) return []
  const fault = expressionFault(environment, expression, types)
  return fault === undefined ? [] : [invalidValue(field, expression, fault)]
}
