import { equalValues } from '../apply/value.ts'
import { goNameOf } from '../http/go-names.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { badRequest } from '../status.ts'
import { deleteFromList, mergeOrder, type PatchedList } from './list-order.ts'
import { withoutNulls } from './merge-patch.ts'
import { rejected } from './rejected.ts'
import { notMergeable, PATCH_FORMAT, unsupportedPatch } from './strategic-errors.ts'

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_FROM_LIST = '$deleteFromPrimitiveList'
const SET_ORDER = '$setElementOrder'

/**
 * A strategic merge patch: lists are merged by the keys that the schema names, `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList/FIELD` and `$setElementOrder/FIELD` are followed. Neither argument is changed, unless
 * `takesPatch` says that what is left of the patch is wanted.
 * Only built-in kinds have it; others' requests end with 415 before.
 * errors: ApiError 400 for what is no such patch · 422 for lists of lists · 500 where the real server has a 500
 * source: apimachinery pkg/util/strategicpatch/patch.go
 */
export function strategicMergePatch(
  schema: Schema | undefined,
  original: JsonObject,
  patch: JsonValue,
  { takesPatch = false } = {},
): JsonObject {
  if (!isJsonObject(patch)) {
    if (patch === null) return original
    throw badRequest(`json: cannot unmarshal ${goNameOf(patch)} into Go value of type map[string]interface {}`)
  }
  return mergeMap(schema, structuredClone(original), takesPatch ? patch : structuredClone(patch))
}

function mergeMap(schema: Schema | undefined, original: JsonObject, patch: JsonObject): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return followDirective(patch)
  retainKeys(original, patch)
  setElementOrders(schema, original, patch)
  for (const [name, value] of Object.entries(patch)) mergeField(schema, original, name, value)
  return original
}

function mergeField(schema: Schema | undefined, original: JsonObject, key: string, value: JsonValue): void {
  const isDeletion = key.startsWith(DELETE_FROM_LIST)
  const name = isDeletion ? fieldOfDirective(key, DELETE_FROM_LIST, PATCH_FORMAT.primitiveList) : key
  if (value === null) {
    delete original[name]
    return
  }
  const before = original[name]
  const isList = Array.isArray(before) && Array.isArray(value)
  const isMap = isJsonObject(before) && isJsonObject(value)
  if (isDeletion && !isList) return
  if (isMap) {
    const { field, strategy } = lookUp(schema, name)
    original[name] = strategy === 'replace' ? value : mergeMap(field, before, value)
  } else if (isList) {
    const { field, strategy, mergeKey } = lookUp(schema, name)
    original[name] =
      isDeletion || strategy === 'merge' ? mergeList(field?.items, before, value, mergeKey, isDeletion) : value
  } else {
    const taken = withoutDirectives(
      typeof before === typeof value && !isJsonObject(value) ? value : withoutNulls(value),
    )
    if (taken === undefined) delete original[name]
    else original[name] = taken
  }
}

function followDirective(patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw unsupportedPatch(directive as JsonValue, patch)
}

/** Takes `$retainKeys` out of the patch, and out of the original what it does not name. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return
  const names = patch[RETAIN_KEYS] as JsonValue
  delete patch[RETAIN_KEYS]
  if (!Array.isArray(names)) throw badRequest(PATCH_FORMAT.retainKeys)
  for (const [name, value] of Object.entries(patch)) {
    const isDirective = name.startsWith(DELETE_FROM_LIST) || name.startsWith(SET_ORDER)
    if (value !== null && !isDirective && !names.includes(name)) throw badRequest(PATCH_FORMAT.retainKeys)
  }
  for (const name of Object.keys(original)) if (!names.includes(name)) delete original[name]
}

/** Merges each list that has an order given with it, puts it in that order, and takes both out of the patch. */
function setElementOrders(schema: Schema | undefined, original: JsonObject, patch: JsonObject): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(SET_ORDER)) continue
    delete patch[key]
    if (!Array.isArray(order)) throw notMergeable('[]interface {}', order)
    const name = fieldOfDirective(key, SET_ORDER, PATCH_FORMAT.setElementOrder)
    const before = listIn(original, name)
    const change = listIn(patch, name)
    const { field, strategy, mergeKey } = lookUp(schema, name)
    assertOrder(change ?? [], order, mergeKey)
    if (before === undefined && change === undefined) continue
    delete patch[name]
    let merged: JsonValue[]
    if (change === undefined) merged = before as JsonValue[]
    else if (before === undefined) merged = withoutDirectives(change) as JsonValue[]
    else merged = strategy === 'merge' ? mergeList(field?.items, before, change, mergeKey, false) : change
    const isMap = elementKind([before ?? [], change ?? []]) === 'object'
    original[name] = mergeOrder({ items: merged, wanted: order, before: before ?? [], mergeKey: isMap ? mergeKey : '' })
  }
}

function listIn(object: JsonObject, name: string): JsonValue[] | undefined {
  if (!Object.hasOwn(object, name)) return undefined
  const value = object[name] as JsonValue
  if (!Array.isArray(value)) throw notMergeable('[]interface {}', value)
  return value
}

/** What the patch has must stand in the order's order. */
function assertOrder(change: readonly JsonValue[], order: readonly JsonValue[], mergeKey: string): void {
  if (order.length === 0 || change.length === 0) return
  const kept = change.filter((each) => !(isJsonObject(each) && Object.hasOwn(each, DIRECTIVE)))
  let found = 0
  for (const each of order) {
    const next = kept[found]
    if (next === undefined) break
    if (equalValues(keyOf(next, mergeKey), keyOf(each, mergeKey))) found++
  }
  if (found === kept.length) return
  throw notMergeable.order(change, order)
}

function keyOf(item: JsonValue, mergeKey: string): JsonValue {
  if (mergeKey === '') return item
  if (!isJsonObject(item)) throw notMergeable('map[string]interface {}', item)
  const key = item[mergeKey]
  if (key === undefined) throw notMergeable.noKey(item, mergeKey)
  return key
}

function mergeList(
  items: Schema | undefined,
  original: readonly JsonValue[],
  patch: readonly JsonValue[],
  mergeKey: string,
  isDeletion: boolean,
): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return []
  if (elementKind([original, patch]) !== 'object') {
    if (isDeletion) return deleteFromList(original, patch)
    const both = [...original, ...patch]
    const merged = both.filter((each, index) => both.findIndex((other) => equalValues(other, each)) === index)
    return mergeOrder({ items: merged, wanted: patch, before: original, mergeKey: '' })
  }
  if (mergeKey === '') throw notMergeable.listWithoutKey(items)
  const { original: base, patch: rest } = followListDirectives(original, patch, mergeKey)
  const merged = [...base]
  for (const each of rest) {
    const key = keyOf(each, mergeKey)
    const index = merged.findIndex((other) => isJsonObject(other) && equalValues(other[mergeKey], key))
    if (index < 0) merged.push(each)
    else merged[index] = mergeMap(items, merged[index] as JsonObject, each as JsonObject)
  }
  for (const each of merged) keyOf(each, mergeKey)
  return mergeOrder({ items: merged, wanted: rest, before: base, mergeKey })
}

/** Items of a patch that say what is to be done with the list instead of being in it. */
function followListDirectives(
  original: readonly JsonValue[],
  patch: readonly JsonValue[],
  mergeKey: string,
): Pick<PatchedList, 'original' | 'patch'> {
  let kept = [...original]
  let isReplaced = false
  const rest: JsonValue[] = []
  for (const each of patch as JsonObject[]) {
    const directive = each[DIRECTIVE]
    if (directive === undefined) rest.push(each)
    else if (directive === 'replace') isReplaced = true
    else if (directive === 'delete') {
      const key = keyOf(each, mergeKey)
      kept = kept.filter((item) => !(isJsonObject(item) && equalValues(item[mergeKey], key)))
    } else if (directive === 'merge') throw notMergeable.mergedList()
    else throw unsupportedPatch(directive, each)
  }
  return isReplaced ? { original: rest, patch: [] } : { original: kept, patch: rest }
}

/** errors: for lists of lists, and of several kinds of items. */
function elementKind(lists: readonly (readonly JsonValue[])[]): string {
  const items = lists.flat()
  const [first] = items
  if (first === undefined) throw notMergeable.noElements()
  if (Array.isArray(first)) throw rejected('lists of lists are not supported')
  if (items.some((each) => goNameOf(each) !== goNameOf(first))) throw notMergeable.mixedElements(lists)
  return goNameOf(first)
}

interface PatchMeta {
  readonly field: Schema | undefined
  readonly strategy: string
  /** Empty: none. */
  readonly mergeKey: string
}

function lookUp(schema: Schema | undefined, name: string): PatchMeta {
  if (schema === undefined || (schema.type === undefined && schema.properties === undefined)) {
    return { field: undefined, strategy: '', mergeKey: '' }
  }
  if (schema.properties === undefined) throw notMergeable.noStruct()
  const field = schema.properties[name]
  if (field === undefined) throw notMergeable.noField(schema, name)
  const strategies = (field['x-kubernetes-patch-strategy'] ?? '').split(',').filter((each) => each !== 'retainKeys')
  return { field, strategy: strategies[0] ?? '', mergeKey: field['x-kubernetes-patch-merge-key'] ?? '' }
}

function fieldOfDirective(key: string, prefix: string, failure: string): string {
  const [head, ...rest] = key.split('/')
  if (rest.length === 0 || head !== prefix) throw badRequest(failure)
  return rest.join('/')
}

/** undefined: it was a directive itself. */
function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((each) => each !== undefined)
  if (!isJsonObject(value)) return value
  if (Object.hasOwn(value, DIRECTIVE)) return undefined
  const kept = Object.entries(value).map(([name, each]) => [name, withoutDirectives(each)] as const)
  return Object.fromEntries(kept.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined))
}
