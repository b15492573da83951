import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import {
  checkOneOfOptional,
  checkRequired,
  forbiddenField,
  IMMUTABLE,
  invalidValue,
  notSupported,
  required,
} from './field-errors.ts'
import { internalValue } from './go-internal.ts'
import {
  isSame,
  jsonOf,
  mapIn,
  objectIn,
  objectsIn,
  optionalObjectIn,
  sortKeys,
  textIn,
  textsIn,
} from './json-parts.ts'
import { checkName, labelName, subdomainName } from './names.ts'
import { checkNoBacksteps } from './pod/local-path.ts'
import { checkNodeSelector } from './pod/node-selector.ts'
import * as pod from './pod/volume-sources.ts'
import { LONG_INITIATOR } from './pod/volumes.ts'
import { quantityNanos } from './quantity.ts'
import { unifiedDiff } from './unified-diff.ts'
import { checkAccessModes } from './volume-access.ts'

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain']
const MODES = ['Block', 'Filesystem']
const OTHER_NAMESPACE = ['name', 'namespace']
const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
]

type Check = (source: JsonObject, field: string) => FieldError[]

/** Sources of volumes, in kube-apiserver's order: as a pod's, but that secrets are in some namespace. */
const SOURCES: Readonly<Record<string, Check>> = {
  ...ofPods('hostPath', 'gcePersistentDisk', 'awsElasticBlockStore'),
  glusterfs: (source, field) => [
    ...checkRequired(source, field, ['endpoints', 'path']),
    ...checkEndpointsNamespace(source, `${field}.endpointsNamespace`),
  ],
  ...ofPods('flocker', 'nfs', 'rbd', 'quobyte', 'cephfs'),
  iscsi: (source, field) => [
    ...pod.checkIscsi(source, field, 'must be valid format'),
    ...pod.checkSecretRef(source, 'secretRef', field),
  ],
  cinder: (source, field) => [
    ...checkRequired(source, field, ['volumeID']),
    ...pod.checkSecretRef(source, 'secretRef', field, OTHER_NAMESPACE),
  ],
  ...ofPods('fc', 'flexVolume'),
  azureFile: (source, field) => [
    ...checkRequired(source, field, ['secretName', 'shareName']),
    ...(source.secretNamespace === '' ? [required(`${field}.secretNamespace`)] : []),
  ],
  ...ofPods('vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'scaleIO'),
  local: (source, field) => [
    ...checkRequired(source, field, ['path']),
    ...checkNoBacksteps(textIn(source, 'path'), `${field}.path`),
  ],
  storageos: (source, field) => pod.checkStorageOs(source, field, OTHER_NAMESPACE),
  csi: checkCsi,
}

function ofPods(...names: readonly string[]): Readonly<Record<string, Check>> {
  return Object.fromEntries(
    names.map((name) => [name, (source, field) => pod.VOLUME_SOURCES[name]?.check(source, field, true) ?? []]),
  )
}

export function validateVolume(volume: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(volume), 'spec')
  return [
    ...checkModes(spec, 'spec'),
    ...checkCapacity(spec, 'spec'),
    ...checkOneOfOptional(spec.persistentVolumeReclaimPolicy, 'spec.persistentVolumeReclaimPolicy', RECLAIM_POLICIES),
    ...checkNodeAffinity(spec, 'spec'),
    ...checkSources(spec, volume.metadata.name ?? '', 'spec'),
    ...checkRecycled(spec, 'spec'),
    ...checkClass(spec, 'storageClassName', 'spec'),
    ...checkOneOfOptional(spec.volumeMode, 'spec.volumeMode', MODES),
    ...checkAttributesClass(spec, 'spec'),
  ]
}

/** The volume in an attachment: that of a CSI driver, and nothing about claims. */
export function checkInlineVolume(spec: JsonObject, field: string): FieldError[] {
  const inline = 'in the context of inline volumes'
  const notInline = (...keys: readonly string[]) =>
    keys
      .filter((key) => !isSame(spec[key], undefined) && spec[key] !== '')
      .map((key) => forbiddenField(`${field}.${key}`, `may not be specified ${inline}`))
  const policy = textIn(spec, 'persistentVolumeReclaimPolicy')
  return [
    ...notInline('claimRef', 'capacity'),
    ...(spec.csi === undefined ? [required(`${field}.csi`, `has to be specified ${inline}`)] : []),
    ...checkModes(spec, field),
    ...(['', 'Retain'].includes(policy)
      ? []
      : [forbiddenField(`${field}.persistentVolumeReclaimPolicy`, `may only be Retain ${inline}`)]),
    ...notInline('nodeAffinity'),
    ...checkSources(spec, '', field),
    ...notInline('storageClassName'),
    ...(['', 'Filesystem'].includes(textIn(spec, 'volumeMode'))
      ? []
      : [forbiddenField(`${field}.volumeMode`, `may not specify volumeMode other than Filesystem ${inline}`)]),
    ...checkAttributesClass(spec, field),
  ]
}

function checkModes(spec: JsonObject, field: string): FieldError[] {
  const modes = textsIn(spec, 'accessModes')
  return [
    ...(modes.length === 0 ? [required(`${field}.accessModes`)] : []),
    ...checkAccessModes(modes, `${field}.accessModes`),
  ]
}

function checkCapacity(spec: JsonObject, field: string): FieldError[] {
  const capacity = mapIn(spec, 'capacity')
  const names = Object.keys(capacity)
  const shown = names.length === 0 ? null : sortKeys(capacity)
  const path = `${field}.capacity`
  return [
    ...(names.length === 0 ? [required(path)] : []),
    ...(names.length === 1 && names[0] === 'storage' ? [] : [notSupported(path, shown, ['storage'])]),
    ...Object.entries(capacity).flatMap(([name, amount]) => checkPositive(amount, `${path}[${name}]`)),
  ]
}

function checkPositive(amount: string, field: string): FieldError[] {
  const nanos = quantityNanos(amount) ?? 0n
  const whole = Number(nanos / 1_000_000_000n)
  return [
    ...(whole < 0 ? [invalidValue(field, whole, 'must be a valid resource quantity')] : []),
    ...(nanos <= 0n ? [invalidValue(field, amount, 'must be greater than zero')] : []),
  ]
}

function checkNodeAffinity(spec: JsonObject, field: string): FieldError[] {
  const affinity = optionalObjectIn(spec, 'nodeAffinity')
  if (affinity === undefined) return []
  const selector = optionalObjectIn(affinity, 'required')
  const path = `${field}.nodeAffinity.required`
  return selector === undefined
    ? [required(path, 'must specify required node constraints')]
    : checkNodeSelector(selector, path)
}

/** One source alone; a flexVolume is looked at even beside another. */
function checkSources(spec: JsonObject, name: string, field: string): FieldError[] {
  const given = Object.keys(SOURCES).filter((key) => spec[key] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a volume type')]
  return given.flatMap((key, index) => {
    const isRefused = index > 0 && key !== 'flexVolume'
    if (isRefused)
      return [
        forbiddenField(`${field}.${key === 'cephfs' ? 'cephFS' : key}`, 'may not specify more than 1 volume type'),
      ]
    const path = `${field}.${pod.VOLUME_SOURCES[key]?.calledAs ?? key}`
    return [...(SOURCES[key]?.(objectIn(spec, key), path) ?? []), ...beside(spec, key, name, field)]
  })
}

function beside(spec: JsonObject, key: string, name: string, field: string): FieldError[] {
  if (key === 'local' && spec.nodeAffinity === undefined)
    return [required(`${field}.nodeAffinity`, 'Local volume requires node affinity')]
  const { initiatorName } = objectIn(spec, 'iscsi')
  const portal = textIn(objectIn(spec, 'iscsi'), 'targetPortal')
  return key === 'iscsi' && initiatorName !== undefined && `${name}:${portal}`.length > 64
    ? [invalidValue(`${field}.iscsi.targetportal`, portal, LONG_INITIATOR)]
    : []
}

function checkRecycled(spec: JsonObject, field: string): FieldError[] {
  const isRoot = /^\/+(\.?\/*)*$/.test(textIn(objectIn(spec, 'hostPath'), 'path'))
  if (!isRoot || spec.persistentVolumeReclaimPolicy !== 'Recycle') return []
  return [forbiddenField(`${field}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")]
}

function checkClass(spec: JsonObject, key: string, field: string): FieldError[] {
  const name = textIn(spec, key)
  return name === '' ? [] : checkName(name, `${field}.${key}`, subdomainName)
}

function checkAttributesClass(spec: JsonObject, field: string): FieldError[] {
  const key = 'volumeAttributesClassName'
  if (spec[key] === undefined) return []
  return [
    ...(spec[key] === '' ? [required(`${field}.${key}`, 'an empty string is disallowed')] : []),
    ...checkClass(spec, key, field),
    ...(spec.csi === undefined
      ? [required(`${field}.csi`, 'has to be specified when using volumeAttributesClassName')]
      : []),
  ]
}

function checkEndpointsNamespace({ endpointsNamespace: name }: JsonObject, field: string): FieldError[] {
  if (typeof name !== 'string') return []
  return name === ''
    ? [invalidValue(field, name, 'if the endpointnamespace is set, it must be a valid namespace name')]
    : checkName(name, field, labelName)
}

function checkCsi(source: JsonObject, field: string): FieldError[] {
  return [
    ...pod.checkCsiDriverName(textIn(source, 'driver'), `${field}.driver`),
    ...checkRequired(source, field, ['volumeHandle']),
    ...CSI_SECRETS.flatMap((key) => {
      const reference = optionalObjectIn(source, key)
      return reference === undefined ? [] : checkSecret(reference, `${field}.${key}`)
    }),
  ]
}

function checkSecret(reference: JsonObject, field: string): FieldError[] {
  const [name, namespace] = [textIn(reference, 'name'), textIn(reference, 'namespace')]
  return [
    ...checkRequired(reference, field, OTHER_NAMESPACE),
    ...(name === '' ? [] : checkName(name, `${field}.name`, subdomainName)),
    ...(namespace === '' ? [] : checkName(namespace, `${field}.namespace`, labelName)),
  ]
}

/** source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeUpdate */
export function validateVolumeUpdate(volume: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(volume), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  const field = 'spec.persistentvolumesource'
  const [source, was] = [sourceOf(spec, before), sourceOf(before, before)]
  const text = `${field} is immutable after creation\n${unifiedDiff(was, source)}`
  const isLost = before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined
  return [
    ...validateVolume(volume),
    ...(isSame(source, was) ? [] : [forbiddenField(field, text)]),
    ...(isSame(spec.volumeMode, before.volumeMode) ? [] : [invalidValue('volumeMode', spec.volumeMode, IMMUTABLE)]),
    ...affinityUpdateFaults(spec, optionalObjectIn(before, 'nodeAffinity')),
    ...(isLost
      ? [forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')]
      : []),
  ]
}

/** Labels whose names were those of a beta. */
const RENAMED_LABELS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** Where a volume is stays where it is, by the old name of a label or by the new one. */
function affinityUpdateFaults(spec: JsonObject, before: JsonObject | undefined): FieldError[] {
  const now = optionalObjectIn(spec, 'nodeAffinity')
  if (before === undefined || isSame(now, before) || isSame(now, renamed(before, requirementsOf(now ?? {})))) return []
  const text = `${IMMUTABLE}, except for updating from beta label to GA`
  return [invalidValue('nodeAffinity', now === undefined ? null : internalValue('VolumeNodeAffinity', now), text)]
}

function renamed(affinity: JsonObject, now: readonly JsonObject[]): JsonObject {
  const clone = structuredClone(affinity)
  requirementsOf(clone).forEach((requirement, index) => {
    const name = RENAMED_LABELS[textIn(requirement, 'key')]
    if (name !== undefined && now[index]?.key === name) requirement.key = name
  })
  return clone
}

function requirementsOf(affinity: JsonObject): JsonObject[] {
  return objectsIn(objectIn(affinity, 'required'), 'nodeSelectorTerms').flatMap((term) =>
    objectsIn(term, 'matchExpressions'),
  )
}

/** A secret for expansion may come later. */
function sourceOf(spec: JsonObject, before: JsonObject): JsonObject {
  const source = structuredClone(Object.fromEntries(Object.entries(spec).filter(([key]) => key in SOURCES)))
  if (objectIn(before, 'csi').controllerExpandSecretRef === undefined)
    delete objectIn(source, 'csi').controllerExpandSecretRef
  return source
}
