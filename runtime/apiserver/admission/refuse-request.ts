import { forbidden } from '../access/forbidden.ts'
import type { ApiObject } from '../json.ts'
import type { ApiError, StatusCause } from '../status.ts'
import type { AdmissionRequest } from './admission.ts'

/** A 403 about the object in hand; one that has no name yet goes by its generateName. */
export function refuseRequest(
  { resource, name }: AdmissionRequest,
  object: ApiObject | undefined,
  why: string,
  causes?: readonly StatusCause[],
): ApiError {
  const shown = name || object?.metadata.name || object?.metadata.generateName || 'Unknown'
  return forbidden({ group: resource.group, resource: resource.plural }, shown, why, causes)
}
