import type { FieldError } from '../../../field-error.ts'
import type { ApiObject } from '../../../json.ts'
import { eachObject, jsonOf, objectIn } from '../json-parts.ts'
import { checkPaddedImage } from './containers.ts'
import { checkAnnotationUpdates, checkPodAnnotations } from './pod-annotations.ts'
import { checkPodSpec } from './pod-spec.ts'
import { checkTokensHaveAccount } from './projected-volume.ts'

/** What holds of a pod whenever it is written. source: kubernetes pkg/apis/core/validation, validatePodMetadataAndSpec */
export function checkPod(pod: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(pod), 'spec')
  return [
    ...checkPodAnnotations(pod.metadata.annotations ?? {}, spec, 'metadata.annotations'),
    ...checkPodSpec(spec, pod, 'spec'),
    ...checkTokensHaveAccount(spec, 'spec'),
    ...['containers', 'initContainers'].flatMap((list) => eachObject(spec, list, 'spec', checkPaddedImage)),
  ]
}

/** Of every update. */
export function checkPodAndMetadata(pod: ApiObject, old: ApiObject): FieldError[] {
  return [...checkPod(pod), ...checkAnnotationUpdates(pod, old)]
}
