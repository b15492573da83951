import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkResources } from './container-validation.ts'
import { duplicate, IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { jsonOf, mapIn, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, labelName } from './names.ts'
import { checkLabels } from './object-meta.ts'
import { checkTolerations } from './pod-validation.ts'

/** source: kubernetes pkg/apis/node/validation */
export function validateRuntimeClass(runtimeClass: ApiObject): FieldError[] {
  const handler = textIn(jsonOf(runtimeClass), 'handler')
  const overhead = optionalObjectIn(jsonOf(runtimeClass), 'overhead')
  const scheduling = objectIn(jsonOf(runtimeClass), 'scheduling')
  return [
    ...(handler === '' ? [required('handler')] : checkName(handler, 'handler', labelName)),
    ...(overhead === undefined ? [] : checkResources({ limits: objectIn(overhead, 'podFixed') }, 'overhead')),
    ...checkLabels(mapIn(scheduling, 'nodeSelector'), 'scheduling.nodeSelector'),
    ...tolerationFaults(objectsIn(scheduling, 'tolerations'), 'scheduling.tolerations'),
  ]
}

export function validateRuntimeClassUpdate(runtimeClass: ApiObject, old: ApiObject): FieldError[] {
  const handler = textIn(jsonOf(runtimeClass), 'handler')
  const isSameHandler = handler === textIn(jsonOf(old), 'handler')
  return [
    ...validateRuntimeClass(runtimeClass),
    ...(isSameHandler ? [] : [invalidValue('handler', handler, IMMUTABLE)]),
  ]
}

function tolerationFaults(tolerations: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>()
  const twice = tolerations.flatMap((toleration, index) => {
    const key = ['key', 'operator', 'value', 'effect'].map((part) => textIn(toleration, part)).join('\n')
    const isTwice = seen.has(key)
    seen.add(key)
    return isTwice ? [duplicate(`${field}[${index}]`, asInternalType(toleration))] : []
  })
  return [...checkTolerations(tolerations, field), ...twice]
}

/** Messages show it by the names of Go's internal type. */
function asInternalType({ key = '', operator = '', value = '', effect = '', tolerationSeconds = null }: JsonObject) {
  return { Key: key, Operator: operator, Value: value, Effect: effect, TolerationSeconds: tolerationSeconds }
}
