import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { forbiddenField, notSupported } from '../field-errors.ts'
import { jsonOf, mapIn, objectIn, objectsIn, textIn } from '../json-parts.ts'
import { checkAnnotations, checkLabels } from '../object-meta.ts'
import { checkPodAnnotations } from './pod-annotations.ts'
import { checkPodSpec } from './pod-spec.ts'

export function validatePodTemplate(podTemplate: ApiObject): FieldError[] {
  return checkPodTemplate(objectIn(jsonOf(podTemplate), 'template'), 'template')
}

/** source: kubernetes pkg/apis/core/validation, ValidatePodTemplateSpec */
export function checkPodTemplate(template: JsonObject, field: string): FieldError[] {
  const metadata = objectIn(template, 'metadata')
  const spec = objectIn(template, 'spec')
  const hasEphemeral = objectsIn(spec, 'ephemeralContainers').length > 0
  return [
    ...checkLabels(mapIn(metadata, 'labels'), `${field}.labels`),
    ...checkAnnotations(mapIn(metadata, 'annotations'), `${field}.annotations`),
    ...checkPodAnnotations(mapIn(metadata, 'annotations'), spec, `${field}.annotations`),
    ...checkPodSpec(spec, undefined, `${field}.spec`),
    ...(hasEphemeral
      ? [forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ]
}

/** Of what runs for ever. */
export function checkRestartsAlways(template: JsonObject, field: string, kind: string): FieldError[] {
  const spec = objectIn(template, 'spec')
  const faults: FieldError[] = []
  if (spec.restartPolicy !== 'Always')
    faults.push(notSupported(`${field}.spec.restartPolicy`, textIn(spec, 'restartPolicy'), ['Always']))
  if (spec.activeDeadlineSeconds !== undefined)
    faults.push(
      forbiddenField(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`),
    )
  return faults
}
