import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { duplicate, IMMUTABLE, invalidValue, required } from './field-errors.ts'
import { eachObject, jsonOf, mapIn, objectIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, labelName } from './names.ts'
import { checkLabels } from './object-meta.ts'
import { checkResources } from './pod/resource-requirements.ts'
import { checkTolerations } from './pod/tolerations.ts'

/** source: kubernetes pkg/apis/node/validation */
export function validateRuntimeClass(runtimeClass: ApiObject): FieldError[] {
  const handler = textIn(jsonOf(runtimeClass), 'handler')
  const overhead = optionalObjectIn(jsonOf(runtimeClass), 'overhead')
  const scheduling = objectIn(jsonOf(runtimeClass), 'scheduling')
  return [
    ...(handler === '' ? [required('handler')] : checkName(handler, 'handler', labelName)),
    ...(overhead === undefined ? [] : checkResources({ limits: objectIn(overhead, 'podFixed') }, 'overhead', [])),
    ...checkLabels(mapIn(scheduling, 'nodeSelector'), 'scheduling.nodeSelector'),
    ...tolerationFaults(scheduling),
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

function tolerationFaults(scheduling: JsonObject): FieldError[] {
  const seen = new Set<string>()
  const twice = eachObject(scheduling, 'tolerations', 'scheduling', (toleration, at) => {
    const key = ['key', 'operator', 'value', 'effect'].map((part) => textIn(toleration, part)).join('\n')
    const isTwice = seen.has(key)
    seen.add(key)
    return isTwice ? [duplicate(at, asInternalType(toleration))] : []
  })
  return [...checkTolerations(scheduling, 'scheduling'), ...twice]
}

/** Messages show it by the names of Go's internal type. */
function asInternalType({ key = '', operator = '', value = '', effect = '', tolerationSeconds = null }: JsonObject) {
  return { Key: key, Operator: operator, Value: value, Effect: effect, TolerationSeconds: tolerationSeconds }
}
