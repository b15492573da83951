import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { isSame, jsonOf, numberIn, objectIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'

/** Of new Events nothing may change but what counts their repetitions; with the internal type's names of the fields. */
const FIXED: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  reason: 'reason',
  note: 'message',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
  type: 'type',
  eventTime: 'eventTime',
  action: 'action',
  related: 'related',
  reportingController: 'reportingController',
  reportingInstance: 'reportingInstance',
}

/** Of the old form, which events.k8s.io/v1 does not take any more. */
const DEPRECATED: Readonly<Record<string, string>> = {
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
  deprecatedSource: 'source',
}

/** source of all: kubernetes pkg/apis/core/validation/events.go */
export function validateCoreEvent(event: ApiObject): FieldError[] {
  const value = jsonOf(event)
  return anyEventFaults(event, objectIn(value, 'involvedObject'), 'reportingComponent', textIn(value, 'message'))
}

export function validateEvent(event: ApiObject): FieldError[] {
  const value = jsonOf(event)
  const type = textIn(value, 'type')
  const set = Object.entries(DEPRECATED).filter(([field]) => !isSame(value[field], undefined))
  return [
    ...anyEventFaults(event, objectIn(value, 'regarding'), 'reportingController', textIn(value, 'note')),
    ...seriesFaults(value),
    ...(isUnset(value.eventTime) ? [required('eventTime')] : []),
    ...(['Normal', 'Warning'].includes(type) ? [] : [invalidValue('type', '', `has invalid value: ${type}`)]),
    ...set.map(([, field]) => invalidValue(field, '', 'needs to be unset')),
  ]
}

export function validateEventUpdate(event: ApiObject, old: ApiObject): FieldError[] {
  const now = jsonOf(event)
  const before = jsonOf(old)
  return [
    ...anyEventFaults(event, objectIn(now, 'regarding'), 'reportingController', textIn(now, 'note')),
    ...(isSame(now.series, before.series) ? [] : seriesFaults(now)),
    ...Object.entries(FIXED)
      .filter(([field]) => !isSame(now[field], before[field]))
      .map(([field, name]) => invalidValue(name, now[field] ?? null, IMMUTABLE)),
  ]
}

/** An Event with eventTime is one of the new form, whichever way it comes. */
function anyEventFaults(
  { metadata, ...event }: ApiObject,
  object: JsonObject,
  controller: string,
  note: string,
): FieldError[] {
  const own = metadata.namespace ?? ''
  const namespace = textIn(object, 'namespace')
  const field = 'involvedObject.namespace'
  const mismatch = [invalidValue(field, namespace, 'does not match event.namespace')]
  if (isUnset(event.eventTime)) {
    const isRight = namespace === '' ? own === '' || own === 'default' : own === namespace
    return isRight ? [] : mismatch
  }
  const isHomeless = namespace === '' && own !== 'default' && own !== 'kube-system'
  return [...(isHomeless ? mismatch : []), ...newFormFaults(jsonOf(event), controller, note)]
}

function newFormFaults(event: JsonObject, controller: string, note: string): FieldError[] {
  const name = textIn(event, controller)
  return [
    ...(name === '' ? [required(controller)] : []),
    ...checkName(name, controller, qualifiedName),
    ...['reportingInstance', 'action', 'reason'].flatMap((field) => {
      const text = textIn(event, field)
      if (text === '') return [required(field)]
      return Buffer.byteLength(text) > 128 ? [invalidValue(field, '', 'can have at most 128 characters')] : []
    }),
    ...(Buffer.byteLength(note) > 1024 ? [invalidValue('message', '', 'can have at most 1024 characters')] : []),
  ]
}

function seriesFaults(event: JsonObject): FieldError[] {
  const series = optionalObjectIn(event, 'series')
  if (series === undefined) return []
  return [
    ...(numberIn(series, 'count') < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(isUnset(series.lastObservedTime) ? [required('series.lastObservedTime')] : []),
  ]
}

function isUnset(time: unknown): boolean {
  return time === undefined || time === null
}
