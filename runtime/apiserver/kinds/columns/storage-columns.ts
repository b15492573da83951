import type { ApiObject } from '../../json.ts'
import type { Cells } from './cell.ts'
import { readField, readList, readText } from './read-field.ts'

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'
const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

const VOLUME: Cells = {
  Status: (volume) =>
    volume.metadata.deletionTimestamp === undefined ? readText(volume, 'status', 'phase') : 'Terminating',
  StorageClass: (volume) => volume.metadata.annotations?.[BETA_CLASS] ?? readText(volume, 'spec', 'storageClassName'),
  VolumeAttributesClass: (volume) => unlessUnset(readField(volume, 'spec', 'volumeAttributesClassName')),
  VolumeMode: (volume) => unlessUnset(readField(volume, 'spec', 'volumeMode')),
}

/** By `group/Kind`. */
export const STORAGE_COLUMNS: Readonly<Record<string, Cells>> = {
  '/PersistentVolume': {
    ...VOLUME,
    Capacity: (volume) => readText(volume, 'spec', 'capacity', 'storage') || '0',
    'Access Modes': (volume) => formatAccessModes(readList(volume, 'spec', 'accessModes')),
    'Reclaim Policy': (volume) => readText(volume, 'spec', 'persistentVolumeReclaimPolicy'),
    Claim: formatClaim,
    Reason: (volume) => readText(volume, 'status', 'reason'),
  },
  '/PersistentVolumeClaim': {
    ...VOLUME,
    Volume: (claim) => readText(claim, 'spec', 'volumeName'),
    Capacity: (claim) => (isBound(claim) ? readText(claim, 'status', 'capacity', 'storage') || '0' : ''),
    'Access Modes': (claim) => (isBound(claim) ? formatAccessModes(readList(claim, 'status', 'accessModes')) : ''),
  },
  'storage.k8s.io/StorageClass': {
    Name: ({ metadata }) =>
      DEFAULT_CLASS.some((key) => metadata.annotations?.[key] === 'true')
        ? `${metadata.name} (default)`
        : (metadata.name ?? ''),
    Provisioner: (storageClass) => readText(storageClass, 'provisioner'),
    ReclaimPolicy: (storageClass) => readText(storageClass, 'reclaimPolicy') || 'Delete',
    VolumeBindingMode: (storageClass) => readText(storageClass, 'volumeBindingMode') || 'Immediate',
    AllowVolumeExpansion: (storageClass) => readField(storageClass, 'allowVolumeExpansion') === true,
  },
  'storage.k8s.io/VolumeAttributesClass': { DriverName: (each) => readText(each, 'driverName') },
  'storage.k8s.io/VolumeAttachment': {
    Attacher: (attachment) => readText(attachment, 'spec', 'attacher'),
    PV: (attachment) => readText(attachment, 'spec', 'source', 'persistentVolumeName'),
    Node: (attachment) => readText(attachment, 'spec', 'nodeName'),
    Attached: (attachment) => readField(attachment, 'status', 'attached') === true,
  },
  'storage.k8s.io/CSINode': { Drivers: (node) => readList(node, 'spec', 'drivers').length },
  'storage.k8s.io/CSIDriver': {
    AttachRequired: (driver) => readField(driver, 'spec', 'attachRequired') !== false,
    PodInfoOnMount: (driver) => readField(driver, 'spec', 'podInfoOnMount') === true,
    StorageCapacity: (driver) => readField(driver, 'spec', 'storageCapacity') === true,
    TokenRequests: (driver) =>
      readField(driver, 'spec', 'tokenRequests') === undefined
        ? '<unset>'
        : readList(driver, 'spec', 'tokenRequests')
            .map((request) => readText(request, 'audience'))
            .join(','),
    RequiresRepublish: (driver) => readField(driver, 'spec', 'requiresRepublish') === true,
    Modes: (driver) => readList(driver, 'spec', 'volumeLifecycleModes').join(',') || '<none>',
  },
}

function unlessUnset(value: unknown): string {
  return value === undefined ? '<unset>' : String(value)
}

function isBound(claim: ApiObject): boolean {
  return readText(claim, 'spec', 'volumeName') !== ''
}

/** In this order, whatever order they are written in. */
const ACCESS_MODES = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' }

function formatAccessModes(modes: readonly unknown[]): string {
  const known = Object.entries(ACCESS_MODES).filter(([mode]) => modes.includes(mode))
  return known.map(([, short]) => short).join(',')
}

function formatClaim(volume: ApiObject): string {
  const claim = readField(volume, 'spec', 'claimRef')
  return claim === undefined ? '' : `${readText(claim, 'namespace')}/${readText(claim, 'name')}`
}
