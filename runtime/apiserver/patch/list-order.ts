import { equalValues } from '../apply/value.ts'
import { isJsonObject, type JsonValue } from '../json.ts'

export interface PatchedList {
  readonly original: readonly JsonValue[]
  readonly patch: readonly JsonValue[]
}

/**
 * A merged list in order: what `wanted` names as it has it, the rest as it stood `before`, woven together by that.
 * in:     mergeKey: empty for scalars
 * source: apimachinery pkg/util/strategicpatch/patch.go normalizeElementOrder, mergeSortedSlice
 */
export function mergeOrder(list: {
  items: readonly JsonValue[]
  wanted: readonly JsonValue[]
  before: readonly JsonValue[]
  mergeKey: string
}): JsonValue[] {
  const { items, wanted, before, mergeKey } = list
  const placeIn = (order: readonly JsonValue[], item: JsonValue) =>
    order.findIndex((each) => equalValues(keyOf(each, mergeKey), keyOf(item, mergeKey)))
  const own = sortBy(
    items.filter((each) => placeIn(wanted, each) >= 0),
    (each) => placeIn(wanted, each),
  )
  const others = sortBy(
    items.filter((each) => placeIn(wanted, each) < 0),
    (each) => placeIn(before, each),
  )
  const merged: JsonValue[] = []
  while (others.length > 0 || own.length > 0) {
    const [left] = others
    const [right] = own
    if (left === undefined) merged.push(own.shift() as JsonValue)
    else if (right === undefined) merged.push(others.shift() as JsonValue)
    else {
      const leftPlace = placeIn(before, left)
      const rightPlace = placeIn(before, right)
      const isLeftFirst = leftPlace >= 0 && rightPlace >= 0 && leftPlace < rightPlace
      merged.push((isLeftFirst ? others : own).shift() as JsonValue)
    }
  }
  return merged
}

export function deleteFromList(original: readonly JsonValue[], deleted: readonly JsonValue[]): JsonValue[] {
  return original.filter((each) => !deleted.some((other) => equalValues(other, each)))
}

/** Stable; what has no place stays where it is among those beside it. */
function sortBy(items: JsonValue[], placeOf: (item: JsonValue) => number): JsonValue[] {
  return items.toSorted((a, b) => {
    const left = placeOf(a)
    const right = placeOf(b)
    return left >= 0 && right >= 0 ? left - right : 0
  })
}

function keyOf(item: JsonValue, mergeKey: string): JsonValue | undefined {
  return mergeKey === '' ? item : isJsonObject(item) ? item[mergeKey] : undefined
}
