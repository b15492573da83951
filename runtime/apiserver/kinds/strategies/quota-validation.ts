import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { IMMUTABLE, invalidValue, NOT_NEGATIVE, required } from './field-errors.ts'
import { jsonOf, mapIn, objectIn, objectsIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { compareQuantities, quantityMillis } from './quantity.ts'
import { checkQuotaResourceName, isIntegerResource, isStandardQuotaResource } from './resource-names.ts'

const COMPUTE = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
const OF_PODS = ['pods', ...COMPUTE]
/** What a scope can limit. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  Terminating: OF_PODS,
  NotTerminating: OF_PODS,
  BestEffort: ['pods'],
  NotBestEffort: OF_PODS,
  PriorityClass: OF_PODS,
  CrossNamespacePodAffinity: OF_PODS,
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
}
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const
const ONLY_EXISTS = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity']

/** source: kubernetes pkg/apis/core/validation, ValidateResourceQuota */
export function validateResourceQuota(quota: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(quota), 'spec')
  const selector = optionalObjectIn(spec, 'scopeSelector')
  return [
    ...checkAmounts(spec, 'spec', 'hard'),
    ...scopeFaults(spec),
    ...(selector === undefined ? [] : selectorFaults(spec, selector)),
  ]
}

export function validateResourceQuotaUpdate(quota: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(quota), 'spec')
  const scopes = new Set(textsIn(spec, 'scopes'))
  const before = new Set(textsIn(objectIn(jsonOf(old), 'spec'), 'scopes'))
  const isChanged = scopes.size !== before.size || [...scopes].some((scope) => !before.has(scope))
  return [...validateResourceQuota(quota), ...(isChanged ? [invalidValue('spec.scopes', spec.scopes, IMMUTABLE)] : [])]
}

export function validateResourceQuotaStatusUpdate(quota: ApiObject): FieldError[] {
  const status = objectIn(jsonOf(quota), 'status')
  return ['hard', 'used'].flatMap((list) => checkAmounts(status, 'status', list))
}

function checkAmounts(part: JsonObject, path: string, list: string): FieldError[] {
  return Object.entries(mapIn(part, list)).flatMap(([name, amount]) => {
    const field = `${path}.${list}[${name}]`
    const isPart = isIntegerResource(name) && quantityMillis(amount) % 1000n !== 0n
    return [
      ...checkQuotaResourceName(name, field),
      ...(compareQuantities(amount, '0') < 0 ? [invalidValue(field, amount, NOT_NEGATIVE)] : []),
      ...(isPart ? [invalidValue(field, amount, 'must be an integer')] : []),
    ]
  })
}

function scopeFaults(spec: JsonObject): FieldError[] {
  const field = 'spec.scopes'
  const { scopes = null } = spec
  const names = textsIn(spec, 'scopes')
  return [
    ...names.flatMap((scope) => [
      ...(Object.hasOwn(SCOPES, scope) ? [] : [invalidValue(field, scopes, 'unsupported scope')]),
      ...notLimitedBy(spec, scope).map(() => invalidValue(field, scopes, 'unsupported scope applied to resource')),
    ]),
    ...oppositesIn(names).map(() => invalidValue(field, scopes, 'conflicting scopes')),
  ]
}

function selectorFaults(spec: JsonObject, selector: JsonObject): FieldError[] {
  const field = 'spec.scopeSelector.matchExpressions'
  const requirements = objectsIn(selector, 'matchExpressions')
  const names = requirements.map((requirement) => textIn(requirement, 'scopeName'))
  const goSelector = { MatchExpressions: requirements.map(asInternalType) }
  return [
    ...requirements.flatMap((requirement) => {
      const scope = textIn(requirement, 'scopeName')
      const isKnown = Object.hasOwn(SCOPES, scope)
      return [
        ...(isKnown ? [] : [invalidValue(`${field}.scopeName`, scope, 'unsupported scope')]),
        ...notLimitedBy(spec, scope).map(() =>
          invalidValue(field, goSelector, 'unsupported scope applied to resource'),
        ),
        ...operatorFaults(requirement, scope, field),
      ]
    }),
    ...oppositesIn(names).map(() => invalidValue(field, spec.scopes, 'conflicting scopes')),
  ]
}

/** Messages show it by the names of Go's internal type. */
function asInternalType({ scopeName = '', operator = '', values = null }: JsonObject): JsonObject {
  return { ScopeName: scopeName, Operator: operator, Values: values }
}

function operatorFaults(requirement: JsonObject, scope: string, field: string): FieldError[] {
  const operator = textIn(requirement, 'operator')
  const values = textsIn(requirement, 'values')
  const exists =
    ONLY_EXISTS.includes(scope) && operator !== 'Exists'
      ? [
          invalidValue(
            `${field}.operator`,
            operator,
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
          ),
        ]
      : []
  return [...exists, ...valueFaults(operator, values, field)]
}

function valueFaults(operator: string, values: readonly string[], field: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return []
      return [
        required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      ]
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return []
      return [
        invalidValue(
          `${field}.values`,
          [...values],
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      ]
    default:
      return [invalidValue(`${field}.operator`, operator, 'not a valid selector operator')]
  }
}

/** Of the limits, those that mean nothing within the scope. */
function notLimitedBy(spec: JsonObject, scope: string): string[] {
  const limited = Object.hasOwn(SCOPES, scope) ? SCOPES[scope] : undefined
  if (limited === undefined) return []
  return Object.keys(mapIn(spec, 'hard')).filter((name) => isStandardQuotaResource(name) && !limited.includes(name))
}

function oppositesIn(scopes: readonly string[]) {
  return OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope)))
}
