import type { ApiObject, JsonObject } from '../../json.ts'
import { rfc3339 } from '../../timestamp.ts'
import { ensureObjectIn, isSame, jsonOf, objectIn, objectsIn } from './json-parts.ts'

/** What is asked for stays as it was. */
export function keepSigningRequest(request: ApiObject, old: ApiObject): void {
  jsonOf(request).spec = structuredClone(objectIn(jsonOf(old), 'spec'))
}

/** Who signs changes nothing of what has been approved. source: kubernetes pkg/registry/certificates/certificates/strategy.go */
export function prepareSigningStatus(request: ApiObject, old: ApiObject, nowMs: number): void {
  const conditions = conditionsOf(request)
  for (const type of ['Approved', 'Denied']) {
    const known = conditionsOf(old).filter((each) => each.type === type)
    const own = conditions.filter((each) => each.type === type)
    if (known.length === own.length)
      own.forEach((condition, index) => {
        conditions[conditions.indexOf(condition)] = structuredClone(known[index] as JsonObject)
      })
  }
  setConditions(request, conditions, old, nowMs)
}

/** With the times that they have not been given; conditions are all that an approval changes. */
export function setConditions(
  request: ApiObject,
  conditions: readonly JsonObject[],
  old: ApiObject,
  nowMs: number,
): void {
  const now = rfc3339(nowMs)
  const known = conditionsOf(old)
  const timed = conditions.map((condition) => {
    const before = known.find((each) => each.type === condition.type && isSame(each.status, condition.status))
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? before?.lastTransitionTime ?? now,
    }
  })
  const status = ensureObjectIn(jsonOf(request), 'status')
  if (timed.length > 0) status.conditions = timed
  else delete status.conditions
}

function conditionsOf(request: ApiObject): JsonObject[] {
  return [...objectsIn(objectIn(jsonOf(request), 'status'), 'conditions')]
}
