import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkClaimSpec } from '../claim-validation.ts'
import { forbiddenField, required } from '../field-errors.ts'
import { mapIn, objectIn, optionalObjectIn } from '../json-parts.ts'
import { checkAnnotations, checkLabels } from '../object-meta.ts'

/** A volume of a claim that comes and goes with the pod. source: kubernetes pkg/apis/core/validation, validateEphemeralVolumeSource */
export function checkEphemeral(source: JsonObject, field: string): FieldError[] {
  const template = optionalObjectIn(source, 'volumeClaimTemplate')
  const path = `${field}.volumeClaimTemplate`
  if (template === undefined) return [required(path)]
  const metadata = objectIn(template, 'metadata')
  const given = Object.keys(metadata).filter(
    (key) => !['labels', 'annotations', 'creationTimestamp'].includes(key) || metadata[key] === null,
  )
  return [
    ...checkAnnotations(mapIn(metadata, 'annotations'), `${path}.metadata.annotations`),
    ...checkLabels(mapIn(metadata, 'labels'), `${path}.metadata.labels`),
    ...given
      .filter((key) => metadata[key] !== null)
      .map((key) => forbiddenField(`${path}.metadata.${key}`, 'cannot be set')),
    ...checkClaimSpec(objectIn(template, 'spec'), `${path}.spec`),
  ]
}
