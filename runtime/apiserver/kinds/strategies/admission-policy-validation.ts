import { mentionsAuthorizer } from '../../admission/expressions/authorizer-variable.ts'
import type { PolicySpec, Variable } from '../../admission/policies/policy.ts'
import { createPolicyEnvironments, type PolicyEnvironments } from '../../admission/policies/policy-environments.ts'
import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { evaluateBounded, MAX_EVALUATION_MS } from '../../schema/bounded-evaluation.ts'
import { compilationFault } from '../../schema/cel/compiled-rule.ts'
import { checkOneOf, duplicate, invalidValue, notSupported, required } from './field-errors.ts'
import { eachObject, jsonOf, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { matchConditionFaults, typeFaults } from './match-condition-validation.ts'
import { matchResourcesFaults } from './match-resources-validation.ts'
import { checkName, label1035Name, qualifiedName, subdomainName } from './names.ts'

const NO_CHECKS = 'validations or auditAnnotations must contain at least one item'
const MAX_AUDIT_ANNOTATIONS = 20
const MAX_VALUE_EXPRESSION_BYTES = 5 * 1024
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

/** Of a ValidatingAdmissionPolicy. source: kubernetes pkg/apis/admissionregistration/validation */
export function validateAdmissionPolicy(policy: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(policy), 'spec')
  const paramKind = optionalObjectIn(spec, 'paramKind')
  const resources = optionalObjectIn(spec, 'matchConstraints')
  return [
    ...checkOneOf(textIn(spec, 'failurePolicy'), 'spec.failurePolicy', ['Fail', 'Ignore']),
    ...(paramKind === undefined ? [] : paramKindFaults(paramKind, 'spec.paramKind')),
    ...(resources === undefined
      ? [required('spec.matchConstraints')]
      : matchResourcesFaults(resources, 'spec.matchConstraints')),
    ...(resources !== undefined && objectsIn(resources, 'resourceRules').length === 0
      ? [required('spec.matchConstraints.resourceRules')]
      : []),
    ...(evaluateBounded(() => expressionsFaults(policy, spec)) ?? [tooSlow(spec)]),
  ]
}

export function validateAdmissionPolicyStatus(policy: ApiObject): FieldError[] {
  const typeChecking = objectIn(objectIn(jsonOf(policy), 'status'), 'typeChecking')
  return eachObject(typeChecking, 'expressionWarnings', 'status.typeChecking', (warning, field) => [
    ...(textIn(warning, 'warning') === '' ? [required(`${field}.warning`)] : []),
    ...(textIn(warning, 'fieldRef').trim() === '' ? [required(`${field}.fieldRef`)] : []),
  ])
}

function tooSlow({ variables = [] }: JsonObject): FieldError {
  return invalidValue('spec.variables', variables, `expressions took longer than ${MAX_EVALUATION_MS} ms to compile`)
}

function paramKindFaults(paramKind: JsonObject, field: string): FieldError[] {
  const kind = textIn(paramKind, 'kind')
  const kindFaults = label1035Name(kind.toLowerCase())
  const detail = `may have mixed case, but should otherwise match: ${kindFaults.join(',')}`
  return [
    ...apiVersionFaults(textIn(paramKind, 'apiVersion'), `${field}.apiVersion`),
    ...(kind === '' ? [required(`${field}.kind`)] : []),
    ...(kind !== '' && kindFaults.length > 0 ? [invalidValue(`${field}.kind`, kind, detail)] : []),
  ]
}

function apiVersionFaults(apiVersion: string, field: string): FieldError[] {
  if (apiVersion === '') return [required(field)]
  const parts = apiVersion.split('/')
  if (parts.length > 2) return [invalidValue(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const [version = '', group = ''] = parts.reverse()
  return [
    ...(group === '' ? [] : checkName(group, field, subdomainName)),
    ...(version === ''
      ? [invalidValue(field, apiVersion, 'version must be specified')]
      : checkName(version, field, label1035Name)),
  ]
}

function expressionsFaults({ metadata }: ApiObject, spec: JsonObject): FieldError[] {
  const { paramKind, variables } = spec as unknown as PolicySpec
  const environments = createPolicyEnvironments({ ...(paramKind && { paramKind }), variables: variables ?? [] })
  const annotations = objectsIn(spec, 'auditAnnotations')
  const hasChecks = objectsIn(spec, 'validations').length > 0 || annotations.length > 0
  return [
    ...matchConditionFaults(spec, 'spec.matchConditions', () => environments.conditions),
    ...(variables ?? []).flatMap((variable, index) => variableFaults(variable, index, environments)),
    ...(hasChecks ? [] : [required('spec.validations', NO_CHECKS), required('spec.auditAnnotations', NO_CHECKS)]),
    ...eachObject(spec, 'validations', 'spec', (each, field) => validationFaults(each, field, environments)),
    ...(annotations.length > MAX_AUDIT_ANNOTATIONS
      ? [
          invalidValue(
            'spec.auditAnnotations',
            annotations,
            `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`,
          ),
        ]
      : []),
    ...annotations.flatMap((each, index) => {
      const field = `spec.auditAnnotations[${index}]`
      const key = textIn(each, 'key')
      const isTwice = annotations.findIndex((other) => textIn(other, 'key') === key) < index
      return [
        ...annotationFaults(each, metadata.name ?? '', field, environments),
        ...(isTwice ? [duplicate(`${field}.key`, key)] : []),
      ]
    }),
  ]
}

const RESERVED = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
])

function variableFaults({ name = '', expression = '' }: Partial<Variable>, index: number, own: PolicyEnvironments) {
  const field = `spec.variables[${index}]`
  const environment = own.variables[index] ?? own.conditions
  const isIdentifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name)
  const fault =
    expression.trim() === '' || mentionsAuthorizer(expression) ? undefined : compilationFault(environment, expression)
  return [
    ...(name.trim() === '' ? [required(`${field}.name`, 'name is not specified')] : []),
    ...(name.trim() !== '' && !isIdentifier
      ? [invalidValue(`${field}.name`, name, 'must be a valid CEL identifier')]
      : []),
    ...(expression.trim() === '' ? [required(`${field}.expression`, 'expression is not specified')] : []),
    ...(fault === undefined ? [] : [invalidValue(`${field}.expression`, expression, fault)]),
  ]
}

function validationFaults(validation: JsonObject, field: string, own: PolicyEnvironments): FieldError[] {
  const expression = textIn(validation, 'expression')
  const reason = validation.reason
  return [
    ...(expression.trim() === ''
      ? [required(`${field}.expression`, 'expression is not specified')]
      : typeFaults(own.validations, expression, `${field}.expression`, ['bool'])),
    ...messageExpressionFaults(textIn(validation, 'messageExpression'), `${field}.messageExpression`, own),
    ...messageFaults(textIn(validation, 'message'), `${field}.message`),
    ...(reason === undefined || REASONS.includes(String(reason))
      ? []
      : [notSupported(`${field}.reason`, reason, REASONS)]),
  ]
}

function messageExpressionFaults(expression: string, field: string, own: PolicyEnvironments): FieldError[] {
  if (expression === '') return []
  if (expression.trim() === '') return [invalidValue(field, expression, 'must be non-empty if specified')]
  return typeFaults(own.messages, expression, field, ['string'])
}

function messageFaults(message: string, field: string): FieldError[] {
  if (message !== '' && message.trim() === '') return [invalidValue(field, message, 'must be non-empty if specified')]
  return /[\n\r]/.test(message.trim()) ? [invalidValue(field, message, 'must not contain line breaks')] : []
}

function annotationFaults(
  annotation: JsonObject,
  policyName: string,
  field: string,
  own: PolicyEnvironments,
): FieldError[] {
  const key = textIn(annotation, 'key')
  const expression = textIn(annotation, 'valueExpression')
  const path = `${field}.valueExpression`
  const keyFaults =
    policyName === ''
      ? [invalidValue(`${field}.key`, key, 'requires metadata.name be non-empty')]
      : checkName(`${policyName}/${key}`, `${field}.key`, qualifiedName)
  if (expression.trim() === '') return [...keyFaults, required(path, 'valueExpression is not specified')]
  if (Buffer.byteLength(expression.trim()) > MAX_VALUE_EXPRESSION_BYTES)
    return [...keyFaults, required(path, `must not exceed ${MAX_VALUE_EXPRESSION_BYTES} bytes in length`)]
  return [...keyFaults, ...typeFaults(own.validations, expression, path, ['string', 'null_type'])]
}
