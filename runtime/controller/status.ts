import { isJsonObject, type JsonObject, jsonEqual } from '../util/json.ts'

/** What of an object the merge looks at. */
export interface StatusBase {
  readonly status: unknown
  /** `metadata.generation` that the handler saw; undefined where the kind has none. */
  readonly generation: number | undefined
  /** RFC 3339, for conditions that change. */
  readonly now: string
}

/**
 * The status to write, or undefined when it would not differ from the present one.
 * Maps merge by key, `null` removes, arrays are replaced, `conditions` merge by type: lastTransitionTime stays while a
 * condition's status stays, observedGeneration is set.
 */
export function mergeStatus(base: StatusBase, returned: JsonObject): JsonObject | undefined {
  const present = isJsonObject(base.status) ? base.status : {}
  const next = mergeMaps(present, returned)
  if (Array.isArray(returned.conditions)) {
    next.conditions = mergeConditions(present.conditions, returned.conditions, base)
  }
  return jsonEqual(present, next) ? undefined : next
}

function mergeMaps(present: JsonObject, change: JsonObject): JsonObject {
  const next = { ...present }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete next[key]
    else if (isJsonObject(value)) next[key] = mergeMaps(asMap(next[key]), value)
    else next[key] = value
  }
  return next
}

function asMap(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function mergeConditions(present: unknown, returned: readonly unknown[], base: StatusBase): unknown[] {
  const next = Array.isArray(present) ? [...present] : []
  for (const condition of returned) {
    if (!isJsonObject(condition)) {
      next.push(condition) // the API server's validation names it
      continue
    }
    const index = next.findIndex((other) => isJsonObject(other) && other.type === condition.type)
    const merged = mergeCondition(next[index], condition, base)
    if (index === -1) next.push(merged)
    else next[index] = merged
  }
  return next
}

function mergeCondition(present: unknown, condition: JsonObject, { generation, now }: StatusBase): JsonObject {
  const stays = isJsonObject(present) && present.status === condition.status
  // Also where the handler sends a time along: the time of each call would make each status another one.
  const lastTransitionTime = (stays ? present.lastTransitionTime : undefined) ?? condition.lastTransitionTime ?? now
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  return mergeMaps(asMap(present), { ...observed, ...condition, lastTransitionTime })
}
