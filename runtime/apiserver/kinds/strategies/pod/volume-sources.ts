import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import {
  checkOneOf,
  checkOneOfOptional,
  checkRange,
  checkRequired,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../field-errors.ts'
import { eachObject, listIn, mapIn, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { checkName, labelName, subdomainName } from '../names.ts'
import { quantityNanos } from '../quantity.ts'
import { checkEphemeral } from './ephemeral-volume.ts'
import { checkFileMode, checkItem } from './file-projection.ts'
import { checkDescendingPath, checkNoBacksteps } from './local-path.ts'
import { checkDownwardFile, checkProjected } from './projected-volume.ts'

export interface VolumeSource {
  check(source: JsonObject, field: string, isPod: boolean): FieldError[]
  /** How messages call it, where not by its field. */
  readonly calledAs?: string
}

type Check = VolumeSource['check']

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
const MANAGED_DISK = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'
const PAIRS = 'must be a host:port pair or multiple pairs separated by commas'
const PARTITION = 'must be between 1 and 255, inclusive'

/** Sources of a pod's volumes, in kube-apiserver's order. source: kubernetes pkg/apis/core/validation, validateVolumeSource */
export const VOLUME_SOURCES: Readonly<Record<string, VolumeSource>> = {
  emptyDir: { check: checkEmptyDir },
  hostPath: { check: checkHostPath },
  gitRepo: { check: all(needs('repository'), (source, field) => descending(source, 'directory', field)) },
  gcePersistentDisk: { check: all(needs('pdName'), checkPartition), calledAs: 'persistentDisk' },
  awsElasticBlockStore: { check: all(needs('volumeID'), checkPartition) },
  secret: { check: all(needs('secretName'), checkFiles) },
  nfs: { check: checkNfs },
  iscsi: { check: (source, field) => checkIscsi(source, field, 'must be valid format starting with iqn, eui, or naa') },
  glusterfs: { check: needs('endpoints', 'path') },
  flocker: { check: checkFlocker },
  persistentVolumeClaim: { check: needs('claimName') },
  rbd: { check: checkRbd },
  cinder: { check: all(needs('volumeID'), (source, field) => checkSecretRef(source, 'secretRef', field)) },
  cephfs: { check: needsList('monitors') },
  quobyte: { check: checkQuobyte },
  downwardAPI: { check: checkDownwardApi },
  fc: { check: checkFc },
  flexVolume: { check: checkFlex },
  configMap: { check: all(needs('name'), checkFiles) },
  azureFile: { check: needs('secretName', 'shareName') },
  vsphereVolume: { check: needs('volumePath') },
  photonPersistentDisk: { check: needs('pdID') },
  portworxVolume: { check: needs('volumeID') },
  azureDisk: { check: checkAzureDisk },
  storageos: { check: (source, field) => checkStorageOs(source, field, ['name']) },
  projected: {
    check: (source, field) => [
      ...checkFileMode(source.defaultMode, `${field}.defaultMode`),
      ...checkProjected(source, field),
    ],
  },
  scaleIO: { check: needs('gateway', 'system', 'volumeName') },
  csi: { check: checkCsi },
  ephemeral: { check: checkEphemeral },
  image: { check: checkImage },
}

/** Sources that PersistentVolumes have alike. */
export function needs(...keys: readonly string[]): Check {
  return (source, field) => checkRequired(source, field, keys)
}

export function needsList(key: string): Check {
  return (source, field) => (listIn(source, key).length === 0 ? [required(`${field}.${key}`)] : [])
}

export function all(...checks: readonly Check[]): Check {
  return (source, field, isPod) => checks.flatMap((check) => check(source, field, isPod))
}

export function checkPartition(source: JsonObject, field: string): FieldError[] {
  const partition = numberIn(source, 'partition')
  return partition >= 0 && partition <= 255 ? [] : [invalidValue(`${field}.partition`, partition, PARTITION)]
}

export function checkHostPath(source: JsonObject, field: string): FieldError[] {
  const path = textIn(source, 'path')
  if (path === '') return [required(`${field}.path`)]
  return [
    ...checkNoBacksteps(path, `${field}.path`),
    ...checkOneOfOptional(source.type, `${field}.type`, HOST_PATH_TYPES),
  ]
}

export function checkNfs(source: JsonObject, field: string): FieldError[] {
  const path = textIn(source, 'path')
  return [
    ...checkRequired(source, field, ['server', 'path']),
    ...(path.startsWith('/') ? [] : [invalidValue(`${field}.path`, path, 'must be an absolute path')]),
  ]
}

const INITIATORS: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

/** `unknown`: what is said of an initiator that is of no kind. */
export function checkIscsi(source: JsonObject, field: string, unknown: string): FieldError[] {
  const iqn = textIn(source, 'iqn')
  const { initiatorName } = source
  const isAuthenticated = source.chapAuthDiscovery === true || source.chapAuthSession === true
  return [
    ...checkRequired(source, field, ['targetPortal', 'iqn']),
    ...(iqn === '' ? [] : checkInitiator(iqn, `${field}.iqn`, unknown)),
    ...checkRange(numberIn(source, 'lun'), `${field}.lun`, 0, 255),
    ...(isAuthenticated && source.secretRef === undefined ? [required(`${field}.secretRef`)] : []),
    ...(typeof initiatorName === 'string' ? checkInitiator(initiatorName, `${field}.initiatorname`, unknown) : []),
  ]
}

function checkInitiator(name: string, field: string, unknown: string): FieldError[] {
  const form = INITIATORS[name.slice(0, 3)]
  if (form === undefined) return [invalidValue(field, name, unknown)]
  return form.test(name) ? [] : [invalidValue(field, name, 'must be valid format')]
}

export function checkFlocker(source: JsonObject, field: string): FieldError[] {
  const [name, uuid] = [textIn(source, 'datasetName'), textIn(source, 'datasetUUID')]
  return [
    ...(name === '' && uuid === '' ? [required(field, 'one of datasetName and datasetUUID is required')] : []),
    ...(name !== '' && uuid !== ''
      ? [invalidValue(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')]
      : []),
    ...(name.includes('/') ? [invalidValue(`${field}.datasetName`, name, "must not contain '/'")] : []),
  ]
}

export function checkRbd(source: JsonObject, field: string): FieldError[] {
  return [...needsList('monitors')(source, field, true), ...checkRequired(source, field, ['image'])]
}

/** `keys`: what the reference must say. */
export function checkSecretRef(
  source: JsonObject,
  key: string,
  field: string,
  keys: readonly string[] = ['name'],
): FieldError[] {
  const reference = optionalObjectIn(source, key)
  return reference === undefined ? [] : checkRequired(reference, `${field}.${key}`, keys)
}

export function checkQuobyte(source: JsonObject, field: string): FieldError[] {
  const registry = textIn(source, 'registry')
  return [...registryFaults(registry, textIn(source, 'tenant'), field), ...checkRequired(source, field, ['volume'])]
}

function registryFaults(registry: string, tenant: string, field: string): FieldError[] {
  if (registry === '') return [required(`${field}.registry`, PAIRS)]
  if (tenant.length >= 65)
    return [required(`${field}.tenant`, 'must be a UUID and may not exceed a length of 64 characters')]
  return registry
    .split(',')
    .filter((pair) => !/^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair))
    .map(() => invalidValue(`${field}.registry`, registry, PAIRS))
}

export function checkFc(source: JsonObject, field: string): FieldError[] {
  const names = listIn(source, 'targetWWNs')
  const hasIds = listIn(source, 'wwids').length > 0
  const path = `${field}.targetWWNs`
  if (names.length === 0) return hasIds ? [] : [required(path, 'must specify either targetWWNs or wwids, but not both')]
  return [
    ...(hasIds ? [invalidValue(path, names, 'targetWWNs and wwids can not be specified simultaneously')] : []),
    ...(source.lun === undefined ? [required(`${field}.lun`, 'lun is required if targetWWNs is specified')] : []),
    ...checkRange(source.lun, `${field}.lun`, 0, 255),
  ]
}

export function checkFlex(source: JsonObject, field: string): FieldError[] {
  const reserved = Object.keys(mapIn(source, 'options')).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${(key.split('/')[0] as string).toLowerCase()}`),
  )
  return [
    ...checkRequired(source, field, ['driver']),
    ...reserved.map((key) =>
      invalidValue(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'),
    ),
  ]
}

export function checkAzureDisk(source: JsonObject, field: string): FieldError[] {
  const uri = textIn(source, 'diskURI')
  const isManaged = source.kind === 'Managed'
  const form = isManaged ? MANAGED_DISK : BLOB_DISK
  const isRight = uri.startsWith(isManaged ? '/subscriptions/' : 'https://')
  return [
    ...checkRequired(source, field, ['diskName', 'diskURI']),
    ...checkOneOfOptional(source.cachingMode, `${field}.cachingMode`, ['None', 'ReadOnly', 'ReadWrite']),
    ...checkOneOfOptional(source.kind, `${field}.kind`, ['Dedicated', 'Managed', 'Shared']),
    ...(isRight ? [] : [notSupported(`${field}.diskURI`, uri, [form])]),
  ]
}

export function checkStorageOs(source: JsonObject, field: string, secretKeys: readonly string[]): FieldError[] {
  return [
    ...checkRequired(source, field, ['volumeName']),
    ...['volumeName', 'volumeNamespace'].flatMap((key) => {
      const name = textIn(source, key)
      return name === '' ? [] : checkName(name, `${field}.${key}`, labelName)
    }),
    ...checkSecretRef(source, 'secretRef', field, secretKeys),
  ]
}

export function checkCsiDriverName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const isLong = name.length > 63
  return [
    ...(isLong ? [{ reason: 'FieldValueTooLong' as const, field, detail: 'may not be more than 63 bytes' }] : []),
    ...subdomainName(name.toLowerCase()).map((text) => invalidValue(field, name, text)),
  ]
}

function checkCsi(source: JsonObject, field: string): FieldError[] {
  const secret = textIn(objectIn(source, 'nodePublishSecretRef'), 'name')
  return [
    ...checkCsiDriverName(textIn(source, 'driver'), `${field}.driver`),
    ...checkSecretRef(source, 'nodePublishSecretRef', field),
    ...(secret === '' ? [] : checkName(secret, `${field}.name`, subdomainName)),
  ]
}

function checkEmptyDir({ sizeLimit }: JsonObject, field: string): FieldError[] {
  const isNegative = typeof sizeLimit === 'string' && (quantityNanos(sizeLimit) ?? 0n) < 0n
  return isNegative ? [forbiddenField(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : []
}

function descending(source: JsonObject, key: string, field: string): FieldError[] {
  return checkDescendingPath(textIn(source, key), `${field}.${key}`)
}

function checkFiles(source: JsonObject, field: string): FieldError[] {
  return [
    ...checkFileMode(source.defaultMode, `${field}.defaultMode`),
    ...eachObject(source, 'items', field, checkItem),
  ]
}

/** Which of the files is wrong is not said. */
function checkDownwardApi(source: JsonObject, field: string): FieldError[] {
  return [
    ...checkFileMode(source.defaultMode, `${field}.defaultMode`),
    ...objectsIn(source, 'items').flatMap((file) => checkDownwardFile(file, field)),
  ]
}

function checkImage(source: JsonObject, field: string, isPod: boolean): FieldError[] {
  return [
    ...(isPod ? checkRequired(source, field, ['reference']) : []),
    ...checkOneOf(textIn(source, 'pullPolicy'), `${field}.pullPolicy`, ['Always', 'IfNotPresent', 'Never']),
  ]
}
