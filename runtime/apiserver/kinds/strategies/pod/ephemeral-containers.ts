import type { FieldError } from '../../../field-error.ts'
import type { ApiObject, JsonObject } from '../../../json.ts'
import { forbiddenField } from '../field-errors.ts'
import { isSame, jsonOf, objectIn, objectsIn, textIn } from '../json-parts.ts'
import { unifiedDiff } from '../unified-diff.ts'
import { checkPodAndMetadata } from './pod-whole.ts'

const MIRROR = 'kubernetes.io/config.mirror'

/** Of pods/ephemeralcontainers: those there stay as they are. source: ValidatePodEphemeralContainersUpdate */
export function validateEphemeralContainersUpdate(pod: ApiObject, old: ApiObject): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined)
    return [forbiddenField('', 'static pods do not support ephemeral containers')]
  const now = new Map(containersIn(pod).map((each) => [textIn(each, 'name'), each]))
  return [...checkPodAndMetadata(pod, old), ...containersIn(old).flatMap((before) => changeFaults(before, now))]
}

function changeFaults(before: JsonObject, now: ReadonlyMap<string, JsonObject>): FieldError[] {
  const name = textIn(before, 'name')
  const after = now.get(name)
  const why = `existing ephemeral containers "${name}" may not be`
  const field = 'spec.ephemeralContainers'
  if (after === undefined) return [forbiddenField(field, `${why} removed\n`)]
  return isSame(after, before) ? [] : [forbiddenField(field, `${why} changed\n${unifiedDiff(before, after)}`)]
}

function containersIn(pod: ApiObject): JsonObject[] {
  return objectsIn(objectIn(jsonOf(pod), 'spec'), 'ephemeralContainers')
}
