import type { JsonObject, JsonValue } from '../json.ts'
import type { ListType, MapType, MergeType } from './merge-type.ts'
import { describePathElement, type PathElement } from './path-element.ts'
import {
  asList,
  asMap,
  fieldType,
  isEmptyMap,
  itemElement,
  matchType,
  narrowType,
  TypedValueError,
} from './typed-value.ts'

/**
 * The live value with what is applied laid over it.
 * returns: undefined where nothing is left
 * errors:  TypedValueError
 * source:  structured-merge-diff typed/merge.go
 */
export function mergeTyped(type: MergeType, live: Side, applied: Side): Side {
  // Where the two are read differently the applied one stands.
  return mergeAs(narrowType(type, applied === undefined ? live : applied), live, applied)
}

type Side = JsonValue | undefined

function mergeAs(type: MergeType, live: Side, applied: Side): Side {
  const whole = applied === undefined ? live : applied
  return matchType(type, {
    scalar: () => whole,
    map: (map) => {
      const isEmpty = isEmptyMap(live) && isEmptyMap(applied)
      return map.isAtomic || isEmpty ? whole : mergeFields(map, asMap(live) ?? {}, asMap(applied) ?? {})
    },
    list: (list) => {
      const isEmpty = (asList(live) ?? []).length === 0 && (asList(applied) ?? []).length === 0
      return list.isAtomic || isEmpty ? whole : mergeItems(list, asList(live) ?? [], asList(applied) ?? [])
    },
  })
}

function mergeFields(map: MapType, live: JsonObject, applied: JsonObject): Side {
  const merged: JsonObject = {}
  for (const name of new Set([...Object.keys(live), ...Object.keys(applied)])) {
    const type = fieldType(map, name)
    const value = type === undefined ? live[name] : mergeTyped(type, live[name], applied[name])
    if (value !== undefined) merged[name] = value
  }
  return Object.keys(merged).length === 0 ? undefined : merged
}

/** Applied items keep their order among themselves, live ones theirs; shared ones are put where both agree. */
function mergeItems(list: ListType, live: readonly JsonValue[], applied: readonly JsonValue[]): Side {
  const left = indexItems(list, live, true)
  const right = indexItems(list, applied, false)
  const merged: JsonValue[] = []
  const take = (liveItem: Side, appliedItem: Side) => {
    const value = mergeTyped(list.item(), liveItem, appliedItem)
    if (value !== undefined) merged.push(value)
  }
  const shared = right.elements.filter((each) => left.items.has(each))
  const done = new Set<PathElement>()
  let l = 0
  let r = 0
  while (l < left.elements.length || r < right.elements.length) {
    const element = left.elements[l]
    if (element !== undefined && r < right.elements.length) {
      if (element === right.elements[r]) {
        done.add(element)
        take(left.items.get(element), right.items.get(element))
        l++
        r++
        shared.shift()
        continue
      }
      if (right.items.has(element) && shared.length > 0 && shared[0] !== element) {
        l++
        continue
      }
    }
    if (element !== undefined) {
      if (!right.items.has(element)) {
        take(live[l], undefined)
        l++
        continue
      }
      if (done.has(element)) l++
    }
    const next = right.elements[r]
    if (next === undefined) continue
    done.add(next)
    take(left.items.get(next), right.items.get(next))
    r++
    if (shared[0] === next) shared.shift()
  }
  return merged.length === 0 ? undefined : merged
}

interface IndexedItems {
  readonly elements: PathElement[]
  /** null for live items that are there twice: they are not merged with what is applied. */
  readonly items: Map<PathElement, JsonValue>
}

function indexItems(list: ListType, items: readonly JsonValue[], allowDuplicates: boolean): IndexedItems {
  const found: IndexedItems = { elements: [], items: new Map() }
  for (const item of items) {
    const element = itemElement(list, item)
    const isKnown = found.items.has(element)
    if (isKnown && !allowDuplicates)
      throw new TypedValueError(`duplicate entries for key ${describePathElement(element)}`)
    found.items.set(element, isKnown ? null : item)
    found.elements.push(element)
  }
  return found
}
