import type { ApiObject } from '../json.ts'
import type { AdmissionRequest } from './admission.ts'

/** By storage: what keeps such objects until nothing uses them; controllers/volume-protection.ts takes it away. */
const PROTECTION: Readonly<Record<string, string>> = {
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  '/persistentvolumes': 'kubernetes.io/pv-protection',
}
const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

/**
 * Volumes and claims get a finalizer, and nodes a taint until they are ready.
 * source: plugin/pkg/admission/storage/storageobjectinuseprotection, nodetaint
 */
export function markOnCreation(request: AdmissionRequest, object: ApiObject | undefined): void {
  const { resource, operation, subresource } = request
  if (operation !== 'CREATE' || subresource !== undefined || object === undefined) return
  const finalizer = PROTECTION[resource.storage]
  const { finalizers = [] } = object.metadata
  if (finalizer !== undefined && !finalizers.includes(finalizer))
    object.metadata.finalizers = [...finalizers, finalizer]
  if (resource.storage === '/nodes') taint(object)
}

function taint(node: ApiObject): void {
  const spec = (node.spec ?? {}) as { taints?: { key?: string; effect?: string }[] }
  const taints = spec.taints ?? []
  const isTainted = taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)
  if (!isTainted) node.spec = { ...spec, taints: [...taints, { ...NOT_READY }] }
}
