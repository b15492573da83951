import type { ApiObject } from '../json.ts'
import { compareQuantities } from '../kinds/strategies/quantity.ts'
import type { ResourceList } from '../quota/resource-list.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { refuseRequest } from './refuse-request.ts'

interface Claim extends ApiObject {
  readonly spec?: { readonly storageClassName?: string; readonly resources?: { readonly requests?: ResourceList } }
}

interface StorageClass extends ApiObject {
  readonly allowVolumeExpansion?: boolean
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/**
 * A claim grows only where its class allows it. Validation has refused it already for one that is not bound.
 * errors: ApiError 403
 * source: kubernetes plugin/pkg/admission/storage/persistentvolume/resize
 */
export function validateClaimResize(
  objects: StoredObjects,
  request: AdmissionRequest,
  claim: ApiObject | undefined,
): void {
  const { resource, subresource, operation, old } = request
  const isClaim = resource.group === '' && resource.plural === 'persistentvolumeclaims' && subresource === undefined
  if (!isClaim || operation !== 'UPDATE' || claim === undefined || old === undefined) return
  if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
  const name = classOf(claim)
  const itsClass = objects.get<StorageClass>('storage.k8s.io/storageclasses', '', name)
  if (name === classOf(old) && itsClass?.allowVolumeExpansion === true) return
  const why =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
  throw refuseRequest(request, claim, why)
}

function sizeOf({ spec }: Claim): string {
  return spec?.resources?.requests?.storage ?? '0'
}

function classOf({ metadata, spec }: Claim): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? ''
}
