import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkOneOfOptional, checkRequired, forbiddenField, IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { copyField, isSame, jsonOf, mapIn, objectIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, labelName, subdomainName } from './names.ts'
import { quantityNanos } from './quantity.ts'
import { unifiedDiff } from './unified-diff.ts'
import { checkAccessModes } from './volume-access.ts'

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'
const IMMUTABLE_SPEC =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

export function validateClaim(claim: ApiObject): FieldError[] {
  return checkClaimSpec(objectIn(jsonOf(claim), 'spec'), 'spec')
}

/** Of claims and of templates for them. source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec */
export function checkClaimSpec(spec: JsonObject, field: string): FieldError[] {
  const modes = textsIn(spec, 'accessModes')
  return [
    ...(modes.length === 0 ? [required(`${field}.accessModes`, 'at least 1 access mode is required')] : []),
    ...checkLabelSelector(optionalObjectIn(spec, 'selector'), `${field}.selector`),
    ...checkAccessModes(modes, `${field}.accessModes`),
    ...checkStorage(spec, `${field}.resources[storage]`),
    ...checkClassName(spec, 'storageClassName', field),
    ...checkOneOfOptional(spec.volumeMode, `${field}.volumeMode`, ['Block', 'Filesystem']),
    ...['dataSource', 'dataSourceRef'].flatMap((key) => checkDataSource(spec, key, `${field}.${key}`)),
    ...checkDataSources(spec, field),
    ...checkClassName(spec, 'volumeAttributesClassName', field),
  ]
}

function checkStorage(spec: JsonObject, field: string): FieldError[] {
  const { storage } = objectIn(objectIn(spec, 'resources'), 'requests')
  if (typeof storage !== 'string') return [required(field)]
  return (quantityNanos(storage) ?? 0n) > 0n ? [] : [invalidValue(field, storage, 'must be greater than zero')]
}

function checkClassName(spec: JsonObject, key: string, field: string): FieldError[] {
  const name = textIn(spec, key)
  return name === '' ? [] : checkName(name, `${field}.${key}`, subdomainName)
}

function checkDataSource(spec: JsonObject, key: string, field: string): FieldError[] {
  const source = optionalObjectIn(spec, key)
  if (source === undefined) return []
  const [group, kind, namespace] = [textIn(source, 'apiGroup'), textIn(source, 'kind'), textIn(source, 'namespace')]
  const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
  return [
    ...checkRequired(source, field, ['name', 'kind']),
    ...(group === '' && kind !== 'PersistentVolumeClaim' ? [invalidValue(field, kind, text)] : []),
    ...(group === '' ? [] : checkName(group, `${field}.apiGroup`, subdomainName)),
    ...(namespace === '' ? [] : checkName(namespace, `${field}.namespace`, labelName)),
  ]
}

/** The two say the same, unless the newer one is in another namespace. */
function checkDataSources(spec: JsonObject, field: string): FieldError[] {
  const [source, reference] = [optionalObjectIn(spec, 'dataSource'), optionalObjectIn(spec, 'dataSourceRef')]
  if (source === undefined || reference === undefined) return []
  const isElsewhere = textIn(reference, 'namespace') !== ''
  const isEqual = ['apiGroup', 'kind', 'name'].every((key) => source[key] === reference[key])
  if (isElsewhere) return [invalidValue(field, {}, 'may not be specified when dataSourceRef.namespace is specified')]
  return isEqual ? [] : [invalidValue(field, {}, 'must match dataSourceRef')]
}

/** source: ValidatePersistentVolumeClaimUpdate */
export function validateClaimUpdate(claim: ApiObject, old: ApiObject): FieldError[] {
  const [spec, before] = [objectIn(jsonOf(claim), 'spec'), objectIn(jsonOf(old), 'spec')]
  const [was, now] = [structuredClone(before), fixedOf(spec, before, old)]
  // It gets its volume once.
  if (textIn(before, 'volumeName') === '') copyField(was, spec, 'volumeName')
  const annotation = (object: ApiObject) => object.metadata.annotations?.[CLASS_ANNOTATION] ?? ''
  return [
    ...validateClaim(claim),
    ...(annotation(claim) === annotation(old)
      ? []
      : [invalidValue(`metadata.annotations[${CLASS_ANNOTATION}]`, annotation(claim), IMMUTABLE)]),
    ...(isSame(now, was) ? [] : [forbiddenField('spec', `${IMMUTABLE_SPEC}\n${unifiedDiff(was, now)}`)]),
    ...shrunk(spec, before, old),
    ...(isSame(spec.volumeMode, before.volumeMode)
      ? []
      : [invalidValue('volumeMode', spec.volumeMode ?? null, IMMUTABLE)]),
    ...removedAttributesClass(spec, before, old),
  ]
}

/** What a claim may get later: a class, and more room once it is bound. */
function fixedOf(spec: JsonObject, before: JsonObject, old: ApiObject): JsonObject {
  const clone = structuredClone(spec)
  if (before.storageClassName === undefined) delete clone.storageClassName
  if (textIn(objectIn(jsonOf(old), 'status'), 'phase') !== 'Bound') return clone
  copyField(clone, before, 'volumeAttributesClassName')
  const requests = optionalObjectIn(objectIn(clone, 'resources'), 'requests')
  if (requests !== undefined) copyField(requests, objectIn(objectIn(before, 'resources'), 'requests'), 'storage')
  return clone
}

/** Less room is taken back only as far as what is there already. */
function shrunk(spec: JsonObject, before: JsonObject, old: ApiObject): FieldError[] {
  const size = (holder: JsonObject) => quantityNanos(mapIn(holder, 'requests').storage ?? '0') ?? 0n
  const [now, was] = [size(objectIn(spec, 'resources')), size(objectIn(before, 'resources'))]
  const capacity = quantityNanos(mapIn(objectIn(jsonOf(old), 'status'), 'capacity').storage ?? '0') ?? 0n
  return now < was && now <= capacity
    ? [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')]
    : []
}

function removedAttributesClass(spec: JsonObject, before: JsonObject, old: ApiObject): FieldError[] {
  const field = 'volumeAttributesClassName'
  const isApplied = objectIn(jsonOf(old), 'status').currentVolumeAttributesClassName !== undefined
  if (!isApplied || spec[field] === before[field] || textIn(spec, field) !== '') return []
  const what = spec[field] === undefined ? 'nil' : 'empty string'
  const text = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`
  return [forbiddenField(`spec.${field}`, text)]
}
