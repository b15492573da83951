import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { forbiddenField } from '../field-errors.ts'
import { eachObject, textIn } from '../json-parts.ts'

const TEXT = 'cannot be set for an Ephemeral Container'
/** They come and go with whoever looks into a pod, and are no part of what it is for. */
const NOT_OF_THEM = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
]

export function notOfEphemeral(container: JsonObject, field: string): FieldError[] {
  const isSet = (key: string) => {
    const value = container[key]
    return value !== undefined && (key !== 'resources' || Object.keys(value as JsonObject).length > 0)
  }
  return [
    ...NOT_OF_THEM.filter(isSet).map((key) => forbiddenField(`${field}.${key}`, TEXT)),
    ...eachObject(container, 'volumeMounts', field, (mount, at) =>
      ['subPath', 'subPathExpr']
        .filter((key) => textIn(mount, key) !== '')
        .map((key) => forbiddenField(`${at}.${key}`, TEXT)),
    ),
  ]
}
