import type { ApiObject } from '../json.ts'
import type { AdmissionRequest } from './admission.ts'

export interface Container {
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}

/** As much of core/v1 PodSpec as admission reads and writes. */
export interface PodSpec {
  serviceAccountName?: string
  serviceAccount?: string
  automountServiceAccountToken?: boolean
  imagePullSecrets?: { name: string }[]
  volumes?: { name: string; [source: string]: unknown }[]
  containers?: Container[]
  initContainers?: Container[]
  priorityClassName?: string
  priority?: number
  preemptionPolicy?: string
  tolerations?: Toleration[]
  runtimeClassName?: string
  overhead?: Record<string, string>
  nodeSelector?: Record<string, string>
}

/** The spec of a pod that is created, whoever creates it; undefined: the write is about something else. */
export function createdPodSpec(request: AdmissionRequest, object: ApiObject | undefined): PodSpec | undefined {
  return request.operation === 'CREATE' ? writtenPodSpec(request, object) : undefined
}

/** The spec of a pod that is created or updated. */
export function writtenPodSpec(request: AdmissionRequest, object: ApiObject | undefined): PodSpec | undefined {
  return request.subresource === undefined && ['CREATE', 'UPDATE'].includes(request.operation)
    ? specOf(request, object)
    : undefined
}

/** The spec of a pod whose containers are to take more or less. */
export function resizedPodSpec(request: AdmissionRequest, object: ApiObject | undefined): PodSpec | undefined {
  return request.subresource === 'resize' && request.operation === 'UPDATE' ? specOf(request, object) : undefined
}

function specOf({ resource }: AdmissionRequest, object: ApiObject | undefined): PodSpec | undefined {
  if (resource.group !== '' || resource.plural !== 'pods' || object === undefined) return undefined
  object.spec ??= {}
  return object.spec as PodSpec
}
