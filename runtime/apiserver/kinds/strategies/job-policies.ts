import type { FieldError } from '../../field-error.ts'
import type { JsonObject } from '../../json.ts'
import {
  checkNotNegative,
  checkOneOfOptional,
  duplicate,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from './field-errors.ts'
import { internalValue } from './go-internal.ts'
import { eachObject, listIn, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const STATUSES = ['False', 'True', 'Unknown']
const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_INDEXES_TEXT = 64 * 1024

/** When a Job's failed pods end it, or do not count. source: kubernetes pkg/apis/batch/validation, validatePodFailurePolicy */
export function checkFailurePolicy(spec: JsonObject, field: string): FieldError[] {
  const policy = optionalObjectIn(spec, 'podFailurePolicy')
  if (policy === undefined) return []
  const path = `${field}.podFailurePolicy`
  return [
    ...tooManyOf(policy, 'rules', MAX_RULES, path),
    ...eachObject(policy, 'rules', path, (rule, at) => checkFailureRule(rule, spec, at)),
  ]
}

function checkFailureRule(rule: JsonObject, spec: JsonObject, field: string): FieldError[] {
  const exitCodes = optionalObjectIn(rule, 'onExitCodes')
  const count = (exitCodes === undefined ? 0 : 1) + (objectsIn(rule, 'onPodConditions').length > 0 ? 1 : 0)
  const either = `specifying ${count === 0 ? 'one of' : 'both'} OnExitCodes and OnPodConditions is ${count === 0 ? 'required' : 'not supported'}`
  return [
    ...checkAction(textIn(rule, 'action'), spec, `${field}.action`),
    ...(exitCodes === undefined ? [] : checkExitCodes(exitCodes, spec, `${field}.onExitCodes`)),
    ...tooManyOf(rule, 'onPodConditions', MAX_RULES, field),
    ...eachObject(rule, 'onPodConditions', field, (pattern, at) => [
      ...checkName(textIn(pattern, 'type'), `${at}.type`, qualifiedName),
      ...checkOneOfOptional(pattern.status, `${at}.status`, STATUSES),
    ]),
    ...(count === 1 ? [] : [{ reason: 'FieldValueInvalid' as const, field, badValue: undefined, detail: either }]),
  ]
}

function checkAction(action: string, spec: JsonObject, field: string): FieldError[] {
  if (action === '') return [requiredOneOf(field, ACTIONS)]
  if (!ACTIONS.includes(action)) return [notSupported(field, action, ACTIONS)]
  return action === 'FailIndex' && spec.backoffLimitPerIndex === undefined
    ? [invalidValue(field, action, 'requires the backoffLimitPerIndex to be set')]
    : []
}

function checkExitCodes(requirement: JsonObject, spec: JsonObject, field: string): FieldError[] {
  const operator = textIn(requirement, 'operator')
  const { containerName } = requirement
  const template = objectIn(objectIn(spec, 'template'), 'spec')
  const names = ['containers', 'initContainers'].flatMap((list) => objectsIn(template, list).map((each) => each.name))
  const isUnknown = typeof containerName === 'string' && !names.includes(containerName)
  const text = 'must be one of the container or initContainer names in the pod template'
  return [
    ...(operator === ''
      ? [requiredOneOf(`${field}.operator`, ['In', 'NotIn'])]
      : checkOneOfOptional(operator, `${field}.operator`, ['In', 'NotIn'])),
    ...(isUnknown ? [invalidValue(`${field}.containerName`, containerName, text)] : []),
    ...checkCodes(listIn(requirement, 'values').map(Number), operator, `${field}.values`),
  ]
}

function checkCodes(codes: readonly number[], operator: string, field: string): FieldError[] {
  if (codes.length === 0) return [invalidValue(field, [], 'at least one value is required')]
  const isOrdered = codes.every((code, index) => index === 0 || (codes[index - 1] as number) <= code)
  return [
    ...(codes.length > MAX_EXIT_CODES ? [tooMany(field, codes.length, MAX_EXIT_CODES)] : []),
    ...codes.flatMap((code, index) => [
      ...(operator === 'In' && code === 0
        ? [invalidValue(`${field}[${index}]`, code, 'must not be 0 for the In operator')]
        : []),
      ...(codes.indexOf(code) < index ? [duplicate(`${field}[${index}]`, code)] : []),
    ]),
    ...(isOrdered ? [] : [invalidValue(field, [...codes], 'must be ordered')]),
  ]
}

/** When enough of a Job's indexes are done. source: validateSuccessPolicy */
export function checkSuccessPolicy(spec: JsonObject, field: string): FieldError[] {
  const policy = optionalObjectIn(spec, 'successPolicy')
  const path = `${field}.successPolicy`
  if (policy === undefined) return []
  if (spec.completionMode !== 'Indexed')
    return [invalidValue(path, internalValue('SuccessPolicy', policy), 'requires indexed completion mode')]
  const none = 'at least one rules must be specified when the successPolicy is specified'
  return [
    ...(objectsIn(policy, 'rules').length === 0 ? [required(`${path}.rules`, none)] : []),
    ...tooManyOf(policy, 'rules', MAX_RULES, path),
    ...eachObject(policy, 'rules', path, (rule, at) => checkSuccessRule(rule, numberIn(spec, 'completions'), at)),
  ]
}

function checkSuccessRule(rule: JsonObject, completions: number, field: string): FieldError[] {
  const { succeededIndexes: indexes, succeededCount: count } = rule
  if (indexes === undefined && count === undefined)
    return [required(field, 'at least one of succeededCount or succeededIndexes must be specified')]
  const read = typeof indexes === 'string' ? readIndexes(indexes, completions) : { total: Number.MAX_SAFE_INTEGER }
  const path = `${field}.succeededIndexes`
  const countPath = `${field}.succeededCount`
  const atMost = (most: number, what: string) =>
    typeof count === 'number' && count > most
      ? [invalidValue(countPath, count, `must be less than or equal to ${most} (the number of ${what})`)]
      : []
  return [
    ...(String(indexes ?? '').length > MAX_INDEXES_TEXT ? [tooLong(path, MAX_INDEXES_TEXT)] : []),
    ...(read.fault === undefined ? [] : [invalidValue(path, indexes, `error parsing succeededIndexes: ${read.fault}`)]),
    ...checkNotNegative(count, countPath),
    ...atMost(completions, 'specified completions'),
    ...atMost(read.total, 'indexes in the specified succeededIndexes field'),
  ]
}

/** `1,3-5`: how many they are. source: validateIndexesFormat */
function readIndexes(text: string, completions: number): { total: number; fault?: string } {
  let [total, last] = [0, -1]
  if (text === '') return { total }
  for (const interval of text.split(',')) {
    const limits = interval.split('-')
    if (limits.length > 2)
      return {
        total: 0,
        fault: `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`,
      }
    const numbers = limits.map(Number)
    const wrong = limits.find((limit) => !/^[+-]?\d+$/.test(limit))
    if (wrong !== undefined)
      return {
        total: 0,
        fault: `cannot convert string to integer for index: ${JSON.stringify(wrong)}`,
      }
    const [start = 0, end = start] = numbers
    const beyond = numbers.findIndex((number) => number >= completions)
    if (beyond >= 0) return { total: 0, fault: `too large index: ${JSON.stringify(limits[beyond])}` }
    if (last >= start) return { total: 0, fault: `non-increasing order, previous: ${last}, current: ${start}` }
    if (limits.length === 2 && start >= end)
      return { total: 0, fault: `non-increasing order, previous: ${start}, current: ${end}` }
    total += end - start + 1
    last = end
  }
  return { total }
}

function requiredOneOf(field: string, values: readonly string[]): FieldError {
  return required(field, `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`)
}

function tooManyOf(value: JsonObject, key: string, max: number, field: string): FieldError[] {
  const count = objectsIn(value, key).length
  return count > max ? [tooMany(`${field}.${key}`, count, max)] : []
}

/** What Jobs that count their pods take, and others do not. source: validateJobSpec */
export function checkIndexed(spec: JsonObject, field: string): FieldError[] {
  const perIndex = ['backoffLimitPerIndex', 'maxFailedIndexes']
  if (spec.completionMode === 'NonIndexed')
    return perIndex
      .filter((key) => spec[key] !== undefined)
      .map((key) => invalidValue(`${field}.${key}`, spec[key], 'requires indexed completion mode'))
  if (spec.completionMode !== 'Indexed') return []
  return [
    ...(spec.completions === undefined ? [required(`${field}.completions`, 'when completion mode is Indexed')] : []),
    ...checkIndexedLimits(spec, field),
  ]
}

const MOST = 100_000
const MANY = 10_000

function checkIndexedLimits(spec: JsonObject, field: string): FieldError[] {
  const { completions, maxFailedIndexes: failed } = spec
  const parallelism = numberIn(spec, 'parallelism')
  const isHigh = numberIn(spec, 'completions') > MOST && spec.backoffLimitPerIndex !== undefined
  const high = `must be less than or equal to ${MANY} when completions are above ${MOST} and used with backoff limit per index`
  const above = (key: string, most: number, text: string) =>
    numberIn(spec, key) > most ? [invalidValue(`${field}.${key}`, spec[key], text)] : []
  const isBeyond = typeof failed === 'number' && typeof completions === 'number' && failed > completions
  const text = `must be specified when completions is above ${MOST}`
  return [
    ...above('parallelism', MOST, `must be less than or equal to ${MOST} when completion mode is Indexed`),
    ...(isBeyond
      ? [invalidValue(`${field}.maxFailedIndexes`, failed, 'must be less than or equal to completions')]
      : []),
    ...above('maxFailedIndexes', MOST, `must be less than or equal to ${MOST}`),
    ...(isHigh && failed === undefined ? [required(`${field}.maxFailedIndexes`, text)] : []),
    ...(isHigh && parallelism > MANY ? above('parallelism', MANY, high) : []),
    ...(isHigh ? above('maxFailedIndexes', MANY, high) : []),
  ]
}

/** Whether failing pods are replaced. source: validatePodReplacementPolicy */
export function checkReplacementPolicy(spec: JsonObject, field: string): FieldError[] {
  const known = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  return checkOneOfOptional(spec.podReplacementPolicy, `${field}.podReplacementPolicy`, known)
}
