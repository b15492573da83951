import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import {
  duplicate,
  forbiddenField,
  IMMUTABLE,
  invalidValue,
  NOT_NEGATIVE,
  notSupported,
  required,
  tooLong,
} from './field-errors.ts'
import { isSame, jsonOf, objectIn, objectsIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, qualifiedName, subdomainName } from './names.ts'
import { checkInlineVolume } from './persistent-volume-validation.ts'
import { quantityNanos } from './quantity.ts'

const MODES = ['Persistent', 'Ephemeral']
const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32
const MAX_DRIVER_NAME = 63

/** source of all: kubernetes pkg/apis/storage/validation. What is required there, its defaults have filled in. */
export function validateCsiDriver(driver: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(driver), 'spec')
  const policy = spec.fsGroupPolicy
  const isGroupPolicy = policy === undefined || GROUP_POLICIES.includes(String(policy))
  const period = spec.nodeAllocatableUpdatePeriodSeconds
  const requests = objectsIn(spec, 'tokenRequests')
  const inSecrets = spec.serviceAccountTokenInSecrets
  return [
    ...(isGroupPolicy ? [] : [notSupported('spec.fsGroupPolicy', String(policy), GROUP_POLICIES)]),
    ...tokenRequestFaults(requests),
    ...textsIn(spec, 'volumeLifecycleModes')
      .filter((mode) => !MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, MODES)),
    ...(typeof period === 'number' && period < 10
      ? [invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')]
      : []),
    ...(inSecrets !== undefined && requests.length === 0
      ? [
          invalidValue(
            'spec.serviceAccountTokenInSecrets',
            inSecrets,
            'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
          ),
        ]
      : []),
  ]
}

export function validateCsiDriverUpdate(driver: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(driver), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  return [
    ...validateCsiDriver(driver),
    ...['attachRequired', 'volumeLifecycleModes']
      .filter((key) => !isSame(spec[key], before[key]))
      // The real one misspells the first.
      .map((key) => invalidValue(`spec.${key.replace('attachR', 'attachedR')}`, spec[key], IMMUTABLE)),
  ]
}

/** Not checked: the volume of an inlineVolumeSpec. */
export function validateAttachment(attachment: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(attachment), 'spec')
  const name = objectIn(spec, 'source').persistentVolumeName
  const inline = optionalObjectIn(objectIn(spec, 'source'), 'inlineVolumeSpec')
  return [
    ...driverNameFaults(textIn(spec, 'attacher'), 'spec.attacher'),
    ...sourceFaults(objectIn(spec, 'source')),
    ...checkName(textIn(spec, 'nodeName'), 'spec.nodeName', subdomainName),
    ...(typeof name === 'string' ? checkName(name, 'spec.source.persistentVolumeName', subdomainName) : []),
    ...(inline === undefined ? [] : checkInlineVolume(inline, 'spec.source.inlineVolumeSpec')),
  ]
}

export function validateAttachmentUpdate(attachment: ApiObject, old: ApiObject): FieldError[] {
  const { spec = null } = jsonOf(attachment)
  return [
    ...validateAttachment(attachment),
    ...(isSame(spec, jsonOf(old).spec) ? [] : [invalidValue('spec', spec, IMMUTABLE)]),
  ]
}

export function validateCapacity(capacity: ApiObject): FieldError[] {
  const { capacity: amount } = jsonOf(capacity)
  const isNegative = typeof amount === 'string' && (quantityNanos(amount) ?? 0n) < 0n
  return [
    ...checkLabelSelector(optionalObjectIn(jsonOf(capacity), 'nodeTopology'), 'nodeTopology'),
    ...checkName(textIn(jsonOf(capacity), 'storageClassName'), 'storageClassName', subdomainName),
    ...(isNegative ? [invalidValue('capacity', amount, NOT_NEGATIVE)] : []),
  ]
}

export function validateCapacityUpdate(capacity: ApiObject, old: ApiObject): FieldError[] {
  return ['nodeTopology', 'storageClassName']
    .filter((key) => !isSame(jsonOf(capacity)[key], jsonOf(old)[key]))
    .map((key) => invalidValue(key, jsonOf(capacity)[key], IMMUTABLE))
}

export function validateAttributesClass(attributesClass: ApiObject): FieldError[] {
  const driver = textIn(jsonOf(attributesClass), 'driverName')
  const isEmpty = Object.keys(objectIn(jsonOf(attributesClass), 'parameters')).length === 0
  return [
    ...(driver === '' ? [required('driverName')] : checkName(driver.toLowerCase(), 'driverName', qualifiedName)),
    ...(isEmpty ? [required('parameters', 'must contain at least one key/value pair')] : []),
  ]
}

export function validateAttributesClassUpdate(attributesClass: ApiObject, old: ApiObject): FieldError[] {
  return [
    ...['driverName', 'parameters']
      .filter((key) => !isSame(jsonOf(attributesClass)[key], jsonOf(old)[key]))
      .map((key) => forbiddenField(key, `updates to ${key} are forbidden.`)),
    ...validateAttributesClass(attributesClass),
  ]
}

function driverNameFaults(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  return [
    ...(name.length > MAX_DRIVER_NAME ? [tooLong(field, MAX_DRIVER_NAME)] : []),
    ...subdomainName(name.toLowerCase()).map((detail) => invalidValue(field, name, detail)),
  ]
}

function sourceFaults(source: JsonObject): FieldError[] {
  const field = 'spec.source'
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  const isInline = optionalObjectIn(source, 'inlineVolumeSpec') !== undefined
  const name = source.persistentVolumeName
  if (typeof name !== 'string') return isInline ? [] : [required(field, text)]
  if (isInline) return [forbiddenField(field, text)]
  return name === '' ? [required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName')] : []
}

function tokenRequestFaults(requests: readonly JsonObject[]): FieldError[] {
  const seen = new Set<string>()
  return requests.flatMap((request, index) => {
    const audience = textIn(request, 'audience')
    const field = `spec.tokenRequests[${index}]`
    if (seen.has(audience)) return [duplicate(`${field}.audience`, audience)]
    seen.add(audience)
    return expirationFaults(request.expirationSeconds, `${field}.expirationSeconds`)
  })
}

function expirationFaults(seconds: unknown, field: string): FieldError[] {
  if (typeof seconds !== 'number') return []
  if (seconds < MIN_TOKEN_SECONDS)
    return [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')]
  return seconds > MAX_TOKEN_SECONDS
    ? [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
    : []
}
