import type { ApiObject } from '../json.ts'
import type { AdmissionRequest } from './admission.ts'
import { createdPodSpec } from './pod-spec.ts'
import { refuseRequest } from './refuse-request.ts'

/**
 * There are no RuntimeClasses, as their kind is not served: who names one is told so.
 * errors: ApiError 403
 * source: kubernetes plugin/pkg/admission/runtimeclass
 */
export function admitRuntimeClass(request: AdmissionRequest, object: ApiObject | undefined): void {
  const { runtimeClassName, overhead } = createdPodSpec(request, object) ?? {}
  if (runtimeClassName !== undefined)
    throw refuseRequest(request, object, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`)
  if (overhead === undefined) return
  const why = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
  throw refuseRequest(request, object, why)
}
