import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkOneOf, forbiddenField, IMMUTABLE, invalidValue, notSupported, required } from './field-errors.ts'
import { isSame, jsonOf, mapIn, objectIn, objectsIn, textIn, textsIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, qualifiedName } from './names.ts'
import { quantityNanos } from './quantity.ts'
import { unifiedDiff } from './unified-diff.ts'
import { checkAccessModes } from './volume-validation.ts'

/** Everything of a volume's spec that is no source. */
const NO_SOURCES = [
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]

export function validateClaim(claim: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(claim), 'spec')
  const modes = textsIn(spec, 'accessModes')
  const storage = objectIn(objectIn(spec, 'resources'), 'requests').storage
  const field = 'spec.resources[storage]'
  return [
    ...checkLabelSelector(objectIn(spec, 'selector'), 'spec.selector'),
    ...(modes.length === 0 ? [required('spec.accessModes', 'at least 1 access mode is required')] : []),
    ...checkAccessModes(modes, 'spec.accessModes'),
    ...(typeof storage !== 'string' ? [required(field)] : []),
    ...(typeof storage === 'string' && (quantityNanos(storage) ?? 0n) <= 0n
      ? [invalidValue(field, storage, 'must be greater than zero')]
      : []),
    ...checkOneOf(textIn(spec, 'volumeMode'), 'spec.volumeMode', ['Block', 'Filesystem']),
  ]
}

export function validateClaimUpdate(claim: ApiObject, old: ApiObject): FieldError[] {
  const before = objectIn(jsonOf(old), 'spec')
  const now = fixedOf(objectIn(jsonOf(claim), 'spec'), before, old)
  const text =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
  return [
    ...validateClaim(claim),
    ...(isSame(now, before) ? [] : [forbiddenField('spec', `${text}\n${unifiedDiff(before, now)}`)]),
  ]
}

export function validateVolume(volume: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(volume), 'spec')
  const capacity = mapIn(spec, 'capacity')
  const isWrong = Object.keys(capacity).length !== 1 || capacity.storage === undefined
  const modes = textsIn(spec, 'accessModes')
  const hasSource = Object.keys(spec).some((key) => !NO_SOURCES.includes(key))
  return [
    ...(modes.length === 0 ? [required('spec.accessModes')] : []),
    ...checkAccessModes(modes, 'spec.accessModes'),
    ...(Object.keys(capacity).length === 0 ? [required('spec.capacity')] : []),
    ...(isWrong
      ? [notSupported('spec.capacity', Object.keys(capacity).length === 0 ? null : capacity, ['storage'])]
      : []),
    ...(hasSource ? [] : [required('spec', 'must specify a volume type')]),
    ...checkOneOf(textIn(spec, 'persistentVolumeReclaimPolicy'), 'spec.persistentVolumeReclaimPolicy', [
      'Delete',
      'Recycle',
      'Retain',
    ]),
  ]
}

export function validateVolumeUpdate(volume: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(volume), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  const field = 'spec.persistentvolumesource'
  const [source, was] = [sourceOf(spec, before), sourceOf(before, before)]
  const text = `${field} is immutable after creation\n${unifiedDiff(was, source)}`
  return [
    ...validateVolume(volume),
    ...(isSame(source, was) ? [] : [forbiddenField(field, text)]),
    ...(isSame(spec.volumeMode, before.volumeMode) ? [] : [invalidValue('volumeMode', spec.volumeMode, IMMUTABLE)]),
  ]
}

/** A secret for expansion may come later. */
function sourceOf(spec: JsonObject, before: JsonObject): JsonObject {
  const source = structuredClone(Object.fromEntries(Object.entries(spec).filter(([key]) => !NO_SOURCES.includes(key))))
  if (objectIn(before, 'csi').controllerExpandSecretRef === undefined)
    delete objectIn(source, 'csi').controllerExpandSecretRef
  return source
}

export function validateStorageClass(storageClass: ApiObject): FieldError[] {
  const provisioner = textIn(jsonOf(storageClass), 'provisioner')
  return [
    ...(provisioner === ''
      ? [required('provisioner')]
      : checkName(provisioner.toLowerCase(), 'provisioner', qualifiedName)),
    ...checkOneOf(textIn(jsonOf(storageClass), 'reclaimPolicy'), 'reclaimPolicy', ['Delete', 'Retain']),
    ...checkOneOf(textIn(jsonOf(storageClass), 'volumeBindingMode'), 'volumeBindingMode', [
      'Immediate',
      'WaitForFirstConsumer',
    ]),
  ]
}

export function validateStorageClassUpdate(storageClass: ApiObject, old: ApiObject): FieldError[] {
  return ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']
    .filter((field) => !isSame(jsonOf(storageClass)[field], jsonOf(old)[field]))
    .map((field) => invalidValue(field, jsonOf(storageClass)[field], IMMUTABLE))
}

/** What a claim may get later: its volume, and more room once it is bound. */
function fixedOf(spec: JsonObject, before: JsonObject, old: ApiObject): JsonObject {
  const clone = structuredClone(spec)
  const free = ['volumeAttributesClassName', ...(textIn(before, 'volumeName') === '' ? ['volumeName'] : [])]
  if (textIn(objectIn(jsonOf(old), 'status'), 'phase') === 'Bound') free.push('resources')
  if (before.storageClassName === undefined) free.push('storageClassName')
  for (const field of free) {
    if (before[field] === undefined) delete clone[field]
    else clone[field] = before[field]
  }
  return clone
}

export function validateControllerRevision(revision: ApiObject): FieldError[] {
  const { data } = jsonOf(revision)
  const number = jsonOf(revision).revision
  return [
    ...(typeof number === 'number' && number < 0
      ? [invalidValue('revision', number, 'must be greater than or equal to 0')]
      : []),
    ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
    ...(data !== undefined && data !== null && (typeof data !== 'object' || Array.isArray(data))
      ? [required('data', 'data must be a valid JSON object')]
      : []),
  ]
}

export function validateControllerRevisionUpdate(revision: ApiObject, old: ApiObject): FieldError[] {
  const isKept = isSame(jsonOf(revision).data, jsonOf(old).data)
  const shown = objectsIn({ data: [jsonOf(revision).data ?? null] }, 'data')[0] ?? null
  return [
    ...validateControllerRevision(revision),
    ...(isKept ? [] : [invalidValue('data', shown, 'field is immutable')]),
  ]
}
