import type { FieldError } from '../../../field-error.ts'
import type { ApiObject } from '../../../json.ts'
import { forbiddenField } from '../field-errors.ts'
import { jsonOf, objectIn, objectsIn, textIn } from '../json-parts.ts'
import { checkProfilesAgree } from './pod-annotations.ts'
import { checkPod } from './pod-whole.ts'

/** source: kubernetes pkg/apis/core/validation, ValidatePodCreate */
export function validatePod(pod: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(pod), 'spec')
  const isGated = objectsIn(spec, 'schedulingGates').length > 0
  return [
    ...checkPod(pod),
    ...(objectsIn(spec, 'ephemeralContainers').length > 0
      ? [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
    ...(isGated && textIn(spec, 'nodeName') !== ''
      ? [forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
    ...checkProfilesAgree(pod, spec),
  ]
}
