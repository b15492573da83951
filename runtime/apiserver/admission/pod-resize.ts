import type { ApiObject } from '../json.ts'
import { compareQuantities, quantityMillis, quantityUnits } from '../kinds/strategies/quantity.ts'
import { type PodResources, sumOfPod } from '../quota/pod-resources.ts'
import type { ResourceList } from '../quota/resource-list.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { resizedPodSpec } from './pod-spec.ts'
import { refuseRequest } from './refuse-request.ts'

interface Node extends ApiObject {
  readonly status?: { readonly allocatable?: ResourceList }
}

/**
 * A pod that has its node can be no larger than that, and only on Linux.
 * errors: ApiError 403
 * source: kubernetes plugin/pkg/admission/podresize
 */
export function validatePodResize(objects: StoredObjects, request: AdmissionRequest, pod: ApiObject | undefined): void {
  const spec = resizedPodSpec(request, pod) as (PodResources & { readonly nodeName?: string }) | undefined
  const name = spec?.nodeName ?? ''
  if (spec === undefined || name === '' || pod?.metadata.generation === request.old?.metadata.generation) return
  const node = objects.get<Node>('/nodes', '', name)
  if (node === undefined) throw refuseRequest(request, pod, `node ${JSON.stringify(name)} not found`)
  const os = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
  if (os !== 'linux') {
    const why = `pod resize is only supported on linux nodes, node ${JSON.stringify(name)} is ${JSON.stringify(os)}`
    throw refuseRequest(request, pod, why, [{ reason: 'UnsupportedPlatform' }])
  }
  const faults = capacityFaults(sumOfPod(spec, 'requests'), node.status?.allocatable ?? {})
  if (faults.length === 0) return
  const why = `node didn't have enough allocatable resources: ${faults.join('; ')}`
  throw refuseRequest(request, pod, why, [{ reason: 'NodeCapacity' }])
}

function capacityFaults(requests: ResourceList, allocatable: ResourceList): string[] {
  return (['cpu', 'memory'] as const).flatMap((name) => {
    const [asked, there] = [requests[name] ?? '0', allocatable[name] ?? '0']
    const amount = name === 'cpu' ? quantityMillis : quantityUnits
    return compareQuantities(asked, there) > 0
      ? [`${name}, requested: ${amount(asked)}, allocatable: ${amount(there)}`]
      : []
  })
}
