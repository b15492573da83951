import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject, JsonValue } from '../../json.ts'
import { cronFault } from './cron-schedule.ts'
import {
  checkNotNegative,
  checkOneOf,
  checkOneOfOptional,
  IMMUTABLE,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from './field-errors.ts'
import { internalValue } from './go-internal.ts'
import { checkFailurePolicy, checkIndexed, checkReplacementPolicy, checkSuccessPolicy } from './job-policies.ts'
import { isSame, jsonOf, mapIn, objectIn, optionalObjectIn, sortKeys, textIn } from './json-parts.ts'
import { checkLabelSelector, selects } from './label-selector-validation.ts'
import { subdomainName } from './names.ts'
import { checkPodTemplate } from './pod/pod-template.ts'
import { templateLabelsOf } from './prepare.ts'

const NUMBERS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
]
const MAX_MANAGED_BY = 63
const IMMUTABLE_FIELDS = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']

/** source of all: kubernetes pkg/apis/batch/validation */
export function validateJob(job: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(job), 'spec')
  return [...generatedSelectorFaults(spec, job), ...checkJobSpec(spec, 'spec'), ...mismatchFaults(spec)]
}

export function validateJobUpdate(job: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(job), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  const fixed = [
    ...(spec.completionMode === 'Indexed' ? [] : ['completions']),
    'selector',
    ...(before.suspend === true ? [] : ['template']),
    ...IMMUTABLE_FIELDS,
  ]
  return [
    ...validateJob(job),
    // The real one looks twice, and so lists twice what it finds.
    ...checkJobSpec(spec, 'spec'),
    ...mismatchFaults(spec),
    ...completionFaults(spec, before),
    ...fixed
      .filter((field) => !isSame(spec[field], before[field]))
      .map((field) => invalidValue(`spec.${field}`, shownField(spec, field), IMMUTABLE)),
  ]
}

/** Policies are shown as they are in memory. */
function shownField(spec: JsonObject, field: string): JsonValue {
  const type = { podFailurePolicy: 'PodFailurePolicy', successPolicy: 'SuccessPolicy' }[field]
  const value = optionalObjectIn(spec, field)
  return type === undefined || value === undefined ? (spec[field] ?? null) : internalValue(type, value)
}

/** Jobs that count their pods have as many completions as run at once, if they change. */
function completionFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const { completions, parallelism } = spec
  if (spec.completionMode !== 'Indexed' || completions === undefined) return []
  if (completions === before.completions || completions === parallelism) return []
  return [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
}

export function validateCronJob(cronJob: ApiObject): FieldError[] {
  const name = cronJob.metadata.name ?? ''
  // Eleven characters are for the time in its Jobs' names.
  const isLong = name.length > 52
  return [
    ...validateCronJobSpec(cronJob),
    ...(isLong ? [invalidValue('metadata.name', name, 'must be no more than 52 characters')] : []),
  ]
}

export function validateCronJobSpec(cronJob: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(cronJob), 'spec')
  const schedule = textIn(spec, 'schedule')
  const fault = cronFault(schedule)
  const jobSpec = objectIn(objectIn(spec, 'jobTemplate'), 'spec')
  return [
    ...(schedule === '' ? [required('spec.schedule')] : []),
    ...(schedule !== '' && fault !== undefined ? [invalidValue('spec.schedule', schedule, fault)] : []),
    ...(schedule.includes('TZ')
      ? [invalidValue('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
      : []),
    ...checkNotNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...timeZoneFaults(spec),
    ...checkOneOf(textIn(spec, 'concurrencyPolicy'), 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']),
    ...checkJobSpec(jobSpec, 'spec.jobTemplate.spec', false),
    ...generatedLaterFaults(jobSpec, 'spec.jobTemplate.spec'),
    ...['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'].flatMap((key) =>
      checkNotNegative(spec[key], `spec.${key}`),
    ),
  ]
}

function checkJobSpec(spec: JsonObject, field: string, hasSelector = true): FieldError[] {
  const template = objectIn(spec, 'template')
  const policy = textIn(objectIn(template, 'spec'), 'restartPolicy')
  const policyField = `${field}.template.spec.restartPolicy`
  return [
    ...NUMBERS.flatMap((key) => checkNotNegative(spec[key], `${field}.${key}`)),
    ...(hasSelector && optionalObjectIn(spec, 'selector') === undefined ? [required(`${field}.selector`)] : []),
    ...(hasSelector ? checkLabelSelector(optionalObjectIn(spec, 'selector'), `${field}.selector`) : []),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...managedByFaults(spec, `${field}.managedBy`),
    ...checkOneOfOptional(spec.completionMode, `${field}.completionMode`, ['NonIndexed', 'Indexed']),
    ...checkIndexed(spec, field),
    ...checkFailurePolicy(spec, field),
    ...checkSuccessPolicy(spec, field),
    ...checkReplacementPolicy(spec, field),
    ...checkPodTemplate(template, `${field}.template`),
    // The default is one that Jobs do not take: who says nothing is told that a choice is needed.
    ...(policy === '' || policy === 'Always' ? [required(policyField, 'valid values: "OnFailure", "Never"')] : []),
    ...(['', 'Always', 'OnFailure', 'Never'].includes(policy)
      ? []
      : [notSupported(policyField, policy, ['OnFailure', 'Never'])]),
    ...(policy === 'OnFailure' && spec.podFailurePolicy !== undefined
      ? [invalidValue(policyField, policy, 'only "Never" is supported when podFailurePolicy is specified')]
      : []),
  ]
}

/** A domain and a path. */
function managedByFaults({ managedBy }: JsonObject, field: string): FieldError[] {
  if (typeof managedBy !== 'string') return []
  const long = managedBy.length > MAX_MANAGED_BY ? [tooLong(field, MAX_MANAGED_BY)] : []
  const [domain = '', ...path] = managedBy.split('/')
  const form = 'must be a domain-prefixed path (such as "acme.io/foo")'
  if (managedBy === '') return [required(field)]
  if (path.length === 0 || domain === '' || path.join('/') === '')
    return [invalidValue(field, managedBy, form), ...long]
  const faults = subdomainName(domain).map((text) => invalidValue(field, domain, text))
  const isPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path.join('/'))
  const text = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"
  return [...faults, ...(isPath ? [] : [invalidValue(field, path.join('/'), text)]), ...long]
}

/** The selectors of a CronJob's Jobs are made with them. */
function generatedLaterFaults({ selector, manualSelector }: JsonObject, field: string): FieldError[] {
  return [
    ...(selector === undefined
      ? []
      : [invalidValue(`${field}.selector`, selector, '`selector` will be auto-generated')]),
    ...(manualSelector === true ? [notSupported(`${field}.manualSelector`, true, ['nil', 'false'])] : []),
  ]
}

function mismatchFaults(spec: JsonObject): FieldError[] {
  const labels = templateLabelsOf(spec)
  if (selects(spec, 'selector', labels)) return []
  const shown = Object.keys(labels).length === 0 ? null : sortKeys(labels)
  return [invalidValue('spec.template.metadata.labels', shown, '`selector` does not match template `labels`')]
}

/** What the API server generates must not be contradicted by what was written. */
function generatedSelectorFaults(spec: JsonObject, { metadata }: ApiObject): FieldError[] {
  if (spec.manualSelector === true || optionalObjectIn(spec, 'selector') === undefined) return []
  const { uid = '', name = '' } = metadata
  const labels = mapIn(objectIn(objectIn(spec, 'template'), 'metadata'), 'labels')
  const expected = {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  }
  const field = 'spec.template.metadata.labels'
  return [
    ...Object.entries(expected)
      .filter(([key, value]) => labels[key] !== value)
      .map(([, value]) => invalidValue(field, labels, `must be '${value}'`)),
    ...(selects(spec, 'selector', expected)
      ? []
      : [invalidValue('spec.selector', objectIn(spec, 'selector'), '`selector` not auto-generated')]),
  ]
}

function timeZoneFaults(spec: JsonObject): FieldError[] {
  if (spec.timeZone === undefined) return []
  const zone = textIn(spec, 'timeZone')
  const field = 'spec.timeZone'
  if (zone === '') return [invalidValue(field, zone, 'timeZone must be nil or non-empty string')]
  if (zone.toLowerCase() === 'local')
    return [
      invalidValue(field, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ]
  return isKnownZone(zone) ? [] : [invalidValue(field, zone, `unknown time zone ${zone}`)]
}

function isKnownZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined
  } catch {
    return false
  }
}
