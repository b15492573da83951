import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkOneOf, duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { jsonOf, objectIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { matchResourcesFaults } from './match-resources-validation.ts'
import { checkName, pathName, subdomainName } from './names.ts'

const ACTIONS = ['Audit', 'Deny', 'Warn']
const BOTH =
  'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'

/** source: kubernetes pkg/apis/admissionregistration/validation validateValidatingAdmissionPolicyBindingSpec */
export function validatePolicyBinding(binding: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(binding), 'spec')
  const policyName = textIn(spec, 'policyName')
  const paramRef = optionalObjectIn(spec, 'paramRef')
  const resources = optionalObjectIn(spec, 'matchResources')
  return [
    ...(policyName === '' ? [required('spec.policyName')] : checkName(policyName, 'spec.policyName', subdomainName)),
    ...(paramRef === undefined ? [] : paramRefFaults(paramRef, 'spec.paramRef')),
    ...(resources === undefined ? [] : matchResourcesFaults(resources, 'spec.matchResources')),
    ...actionFaults(textsIn(spec, 'validationActions'), 'spec.validationActions'),
  ]
}

function paramRefFaults(paramRef: JsonObject, field: string): FieldError[] {
  const name = textIn(paramRef, 'name')
  const selector = optionalObjectIn(paramRef, 'selector')
  const isBoth = name !== '' && selector !== undefined
  const exclusive = (key: string) =>
    isBoth ? [forbiddenField(`${field}.${key}`, 'name and selector are mutually exclusive')] : []
  return [
    ...(name === '' ? [] : checkName(name, `${field}.name`, pathName)),
    ...exclusive('name'),
    ...checkLabelSelector(selector, `${field}.selector`),
    ...exclusive('selector'),
    ...(name === '' && selector === undefined ? [required(field, 'one of name or selector must be specified')] : []),
    ...checkOneOf(textIn(paramRef, 'parameterNotFoundAction'), `${field}.parameterNotFoundAction`, ['Deny', 'Allow']),
  ]
}

function actionFaults(actions: string[], field: string): FieldError[] {
  return [
    ...actions.flatMap((action, index) => [
      ...(ACTIONS.includes(action) ? [] : [notSupported(`${field}[${index}]`, action, ACTIONS)]),
      ...(actions.indexOf(action) < index ? [duplicate(`${field}[${index}]`, action)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn') ? [invalidValue(field, actions, BOTH)] : []),
    ...(actions.length === 0 ? [required(field, 'at least one validation action is required')] : []),
  ]
}
