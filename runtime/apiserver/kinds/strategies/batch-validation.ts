import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { cronFault } from './cron-schedule.ts'
import { checkNotNegative, checkOneOf, IMMUTABLE, invalidValue, notSupported, required } from './field-errors.ts'
import { isSame, jsonOf, mapIn, objectIn, optionalObjectIn, sortKeys, textIn } from './json-parts.ts'
import { checkLabelSelector, selects } from './label-selector-validation.ts'
import { checkPodTemplate } from './pod-validation.ts'
import { templateLabelsOf } from './prepare.ts'

const NUMBERS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
]
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
    ...fixed
      .filter((field) => !isSame(spec[field], before[field]))
      .map((field) => invalidValue(`spec.${field}`, spec[field] ?? null, IMMUTABLE)),
  ]
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
    ...checkLabelSelector(optionalObjectIn(spec, 'selector'), `${field}.selector`),
    ...(spec.completionMode === 'Indexed' && spec.completions === undefined
      ? [required(`${field}.completions`, 'when completion mode is Indexed')]
      : []),
    ...checkPodTemplate(template, `${field}.template`),
    // The default is one that Jobs do not take: who says nothing is told that a choice is needed.
    ...(policy === '' || policy === 'Always' ? [required(policyField, 'valid values: "OnFailure", "Never"')] : []),
    ...(['', 'Always', 'OnFailure', 'Never'].includes(policy)
      ? []
      : [notSupported(policyField, policy, ['OnFailure', 'Never'])]),
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
