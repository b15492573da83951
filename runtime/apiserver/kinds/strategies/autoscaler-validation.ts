import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkOneOfOptional, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { eachObject, jsonOf, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, labelName, pathName } from './names.ts'
import { quantityNanos } from './quantity.ts'

const MAX_WINDOW_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800
const RAW_OR_UTILIZATION = 'a target raw value or a target utilization'

/** Where the values of a metric come from, by type, in kube-apiserver's order. */
const SOURCES: Readonly<
  Record<string, { readonly field: string; check(source: JsonObject, field: string): FieldError[] }>
> = {
  Object: { field: 'object', check: checkObjectSource },
  External: { field: 'external', check: checkExternalSource },
  Pods: { field: 'pods', check: checkPodsSource },
  Resource: { field: 'resource', check: checkResourceSource },
  ContainerResource: { field: 'containerResource', check: checkContainerSource },
}
const TYPES = Object.keys(SOURCES).sort()

/** source: kubernetes pkg/apis/autoscaling/validation */
export function validateAutoscaler(autoscaler: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(autoscaler), 'spec')
  const [max, min] = [numberIn(spec, 'maxReplicas'), numberIn(spec, 'minReplicas')]
  const field = 'spec.maxReplicas'
  const zero = 'must specify at least one Object or External metric to support scaling to zero replicas'
  const isScaledByOthers = objectsIn(spec, 'metrics').some(({ type }) => type === 'Object' || type === 'External')
  return [
    ...(min < 1 ? [invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1')] : []),
    ...(max === 0 ? [required(field, 'must be set and greater than 0')] : []),
    ...(max < 0 ? [invalidValue(field, max, 'must be greater than or equal to 1')] : []),
    ...(max < min ? [invalidValue(field, max, 'must be greater than or equal to `minReplicas`')] : []),
    ...checkTarget(objectIn(spec, 'scaleTargetRef'), 'spec.scaleTargetRef'),
    ...eachObject(spec, 'metrics', 'spec', checkMetric),
    ...(spec.minReplicas === 0 && !isScaledByOthers ? [forbiddenField('spec.metrics', zero)] : []),
    ...['scaleUp', 'scaleDown'].flatMap((key) =>
      checkScalingRules(optionalObjectIn(objectIn(spec, 'behavior'), key), `spec.behavior.${key}`),
    ),
  ]
}

function checkReference(target: JsonObject, field: string): FieldError[] {
  return ['kind', 'name'].flatMap((key) => requiredName(target, key, field, ''))
}

function checkTarget(target: JsonObject, field: string): FieldError[] {
  const named = checkReference(target, field)
  const version = textIn(target, 'apiVersion')
  const hasGroup = version.includes('/') || version === 'v1'
  return hasGroup
    ? named
    : [...named, invalidValue(`${field}.apiVersion`, version, 'apiVersion must specify API group')]
}

function checkMetric(metric: JsonObject, field: string): FieldError[] {
  const type = textIn(metric, 'type')
  const expected = SOURCES[type]?.field
  const given = Object.values(SOURCES).filter(({ field: key }) => metric[key] !== undefined)
  const [first] = given
  const others = given.length === 1 ? [] : given.filter(({ field: key }) => key !== expected)
  const missing = 'must populate information for the given metric source'
  return [
    ...(type === '' ? [required(`${field}.type`, 'must specify a metric source type')] : []),
    ...(expected === undefined ? [notSupported(`${field}.type`, type, TYPES)] : []),
    ...(first === undefined ? [] : first.check(objectIn(metric, first.field), `${field}.${first.field}`)),
    ...(expected !== undefined && metric[expected] === undefined ? [required(`${field}.${expected}`, missing)] : []),
    ...others.map(({ field: key }) => forbiddenField(`${field}.${key}`, 'must populate the given metric source only')),
  ]
}

function checkObjectSource(source: JsonObject, field: string): FieldError[] {
  const { target, value, averageValue } = targetOf(source)
  return [
    ...checkReference(objectIn(source, 'describedObject'), `${field}.describedObject`),
    ...requiredName(objectIn(source, 'metric'), 'name', `${field}.metric`, 'must specify a metric name'),
    ...checkMetricTarget(target, `${field}.target`),
    ...(value === undefined && averageValue === undefined
      ? [required(`${field}.target.averageValue`, 'must set either a target value or averageValue')]
      : []),
  ]
}

function checkExternalSource(source: JsonObject, field: string): FieldError[] {
  const { target, value, averageValue } = targetOf(source)
  const text = 'a target value for metric'
  return [
    ...requiredName(objectIn(source, 'metric'), 'name', `${field}.metric`, 'must specify a metric name'),
    ...checkMetricTarget(target, `${field}.target`),
    ...(value === undefined && averageValue === undefined
      ? [required(`${field}.target.averageValue`, `must set either ${text} or a per-pod target`)]
      : []),
    ...(value !== undefined && averageValue !== undefined
      ? [forbiddenField(`${field}.target.value`, `may not set both ${text} and a per-pod target`)]
      : []),
  ]
}

function checkPodsSource(source: JsonObject, field: string): FieldError[] {
  const { target, averageValue } = targetOf(source)
  return [
    ...requiredName(objectIn(source, 'metric'), 'name', `${field}.metric`, 'must specify a metric name'),
    ...checkMetricTarget(target, `${field}.target`),
    ...(averageValue === undefined
      ? [required(`${field}.target.averageValue`, 'must specify a positive target averageValue')]
      : []),
  ]
}

function checkResourceSource(source: JsonObject, field: string): FieldError[] {
  const { target, averageValue, averageUtilization } = targetOf(source)
  return [
    ...(textIn(source, 'name') === '' ? [required(`${field}.name`, 'must specify a resource name')] : []),
    ...checkMetricTarget(target, `${field}.target`),
    ...(averageValue === undefined && averageUtilization === undefined
      ? [required(`${field}.target.averageUtilization`, `must set either ${RAW_OR_UTILIZATION}`)]
      : []),
    ...(averageValue !== undefined && averageUtilization !== undefined
      ? [
          forbiddenField(
            `${field}.target.averageValue`,
            `may not set both ${RAW_OR_UTILIZATION.replace(' or ', ' and ')}`,
          ),
        ]
      : []),
  ]
}

function checkContainerSource(source: JsonObject, field: string): FieldError[] {
  const container = textIn(source, 'container')
  return [
    ...checkResourceSource(source, field),
    ...(container === ''
      ? [required(`${field}.container`, 'must specify a container')]
      : checkName(container, `${field}.container`, labelName)),
  ]
}

function targetOf(source: JsonObject) {
  const target = objectIn(source, 'target')
  const { value, averageValue, averageUtilization } = target
  return { target, value, averageValue, averageUtilization }
}

function checkMetricTarget(target: JsonObject, field: string): FieldError[] {
  const type = textIn(target, 'type')
  const isKnown = ['Utilization', 'Value', 'AverageValue'].includes(type)
  const { averageUtilization: utilization } = target
  return [
    ...(type === '' ? [required(`${field}.type`, 'must specify a metric target type')] : []),
    ...(isKnown ? [] : [invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue')]),
    ...['value', 'averageValue'].flatMap((key) => {
      const amount = target[key]
      const isWrong = typeof amount === 'string' && (quantityNanos(amount) ?? 0n) <= 0n
      return isWrong ? [invalidValue(`${field}.${key}`, amount, 'must be positive')] : []
    }),
    ...(typeof utilization === 'number' && utilization < 1
      ? [invalidValue(`${field}.averageUtilization`, utilization, 'must be greater than 0')]
      : []),
  ]
}

function checkScalingRules(rules: JsonObject | undefined, field: string): FieldError[] {
  if (rules === undefined) return []
  const { stabilizationWindowSeconds: seconds, tolerance } = rules
  const path = `${field}.stabilizationWindowSeconds`
  const most = `must be less than or equal to ${MAX_WINDOW_SECONDS}`
  return [
    ...(typeof seconds === 'number' && seconds < 0
      ? [invalidValue(path, seconds, 'must be greater than or equal to zero')]
      : []),
    ...(typeof seconds === 'number' && seconds > MAX_WINDOW_SECONDS ? [invalidValue(path, seconds, most)] : []),
    ...checkOneOfOptional(rules.selectPolicy, `${field}.selectPolicy`, ['Disabled', 'Max', 'Min']),
    ...(objectsIn(rules, 'policies').length === 0
      ? [required(`${field}.policies`, 'must specify at least one Policy')]
      : []),
    ...eachObject(rules, 'policies', field, checkScalingPolicy),
    ...(typeof tolerance === 'string' && (quantityNanos(tolerance) ?? 0n) < 0n
      ? [invalidValue(`${field}.tolerance`, tolerance, 'must be greater than or equal to 0')]
      : []),
  ]
}

function checkScalingPolicy(policy: JsonObject, field: string): FieldError[] {
  const seconds = numberIn(policy, 'periodSeconds')
  const most = `must be less than or equal to ${MAX_PERIOD_SECONDS}`
  return [
    ...checkOneOfOptional(textIn(policy, 'type'), `${field}.type`, ['Percent', 'Pods']),
    ...['value', 'periodSeconds'].flatMap((key) =>
      numberIn(policy, key) > 0
        ? []
        : [invalidValue(`${field}.${key}`, numberIn(policy, key), 'must be greater than zero')],
    ),
    ...(seconds > MAX_PERIOD_SECONDS ? [invalidValue(`${field}.periodSeconds`, seconds, most)] : []),
  ]
}

function requiredName(holder: JsonObject, key: string, field: string, detail: string): FieldError[] {
  const value = textIn(holder, key)
  return value === '' ? [required(`${field}.${key}`, detail)] : checkName(value, `${field}.${key}`, pathName)
}
