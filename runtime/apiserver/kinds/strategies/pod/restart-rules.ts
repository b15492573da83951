import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkOneOfOptional, required, tooMany } from '../field-errors.ts'
import { eachObject, listIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'

const POLICIES = ['Always', 'Never', 'OnFailure']
const ACTIONS = ['Restart', 'RestartAllContainers']
const OPERATORS = ['In', 'NotIn']
const MAX_RULES = 20
const MAX_EXIT_CODES = 255

/** When a container starts again. source: kubernetes pkg/apis/core/validation, validateContainerRestartPolicy */
export function checkRestartPolicy(container: JsonObject, isInit: boolean, path: string): FieldError[] {
  const count = objectsIn(container, 'restartPolicyRules').length
  const field = `${path}.restartPolicy`
  const missing = required(field, 'must specify restartPolicy when restart rules are used')
  const isMissing = container.restartPolicy === undefined && count > 0
  // Of an init container, no more is said then.
  if (isMissing && isInit) return [missing]
  return [
    ...(isMissing ? [missing] : checkOneOfOptional(container.restartPolicy, field, POLICIES)),
    ...(count > MAX_RULES ? [tooMany(`${path}.restartPolicyRules`, count, MAX_RULES)] : []),
    ...eachObject(container, 'restartPolicyRules', path, checkRule),
  ]
}

function checkRule(rule: JsonObject, field: string): FieldError[] {
  const exitCodes = optionalObjectIn(rule, 'exitCodes')
  return [
    ...checkOneOfOptional(textIn(rule, 'action'), `${field}.action`, ACTIONS),
    ...(exitCodes === undefined
      ? [required(`${field}.exitCodes`, 'must be specified')]
      : checkExitCodes(exitCodes, `${field}.exitCodes`)),
  ]
}

function checkExitCodes(exitCodes: JsonObject, field: string): FieldError[] {
  const count = listIn(exitCodes, 'values').length
  return [
    ...checkOneOfOptional(textIn(exitCodes, 'operator'), `${field}.operator`, OPERATORS),
    ...(count > MAX_EXIT_CODES ? [tooMany(`${field}.values`, count, MAX_EXIT_CODES)] : []),
  ]
}
