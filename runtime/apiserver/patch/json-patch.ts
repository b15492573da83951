import { equalValues } from '../apply/value.ts'
import { goNameOf } from '../http/go-names.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { type ApiError, badRequest, tooLarge } from '../status.ts'
import { rejected } from './rejected.ts'

/** The real server's own bound; beside it stands that of the body's size. */
const MAX_OPERATIONS = 10_000
/** What all copies of one patch may add, as JSON: each can double the object. source: apiserver JSONPatchMaxCopyBytes */
const MAX_COPIED_BYTES = 3 * 1024 * 1024

/**
 * A JSON patch (RFC 6902), with what the real server does beyond and beside that: `replace` makes fields of objects that are
 * not there, places in lists may be counted from the end (-1), `test` takes an absent field for null.
 * Written here, not with a package, since results and messages are to be those of evanphx/json-patch v4.
 * errors: ApiError 400 for what is no patch · 413 for too many operations · 422 for one that does not apply
 */
export function jsonPatch(target: JsonObject, operations: JsonValue): JsonValue {
  const list = readOperations(operations)
  if (list.length > MAX_OPERATIONS) {
    throw tooLarge(
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${list.length}`,
    )
  }
  try {
    return applyOperations(target, list)
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    throw rejected(error.message)
  }
}

/** One operation that does not apply, in the library's words. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
}

/** A copy of the target with all of these done to it. errors: OperationError */
export function applyOperations(target: JsonObject, operations: readonly Operation[]): JsonValue {
  const document: Document = { root: structuredClone(target), copiedBytes: 0 }
  for (const operation of operations) applyOperation(document, operation)
  return document.root
}

interface Document {
  root: JsonValue
  copiedBytes: number
}

export interface Operation {
  readonly op: string
  readonly path: string | undefined
  readonly from: string | undefined
  /** undefined: there is none. */
  readonly value: JsonValue | undefined
}

/** errors: ApiError 400 for what is no patch */
export function readOperations(operations: JsonValue): Operation[] {
  if (operations === null) return []
  if (!Array.isArray(operations)) throw undecodable(operations, 'value of type []handlers.jsonPatchOp')
  return operations.map((each) => {
    if (!isJsonObject(each)) throw undecodable(each, 'value of type handlers.jsonPatchOp')
    const text = (name: 'op' | 'path' | 'from') => {
      const value = each[name]
      if (value === undefined || value === null) return undefined
      if (typeof value === 'string') return value
      throw undecodable(value, `struct field jsonPatchOp.${name} of type string`)
    }
    return { op: text('op') ?? 'unknown', path: text('path'), from: text('from'), value: each.value }
  })
}

function undecodable(value: JsonValue, into: string): ApiError {
  return badRequest(`error decoding patch: json: cannot unmarshal ${goNameOf(value)} into Go ${into}`)
}

function applyOperation(document: Document, operation: Operation): void {
  switch (operation.op) {
    case 'add':
      return addOperation(document, operation)
    case 'remove':
      return removeOperation(document, operation)
    case 'replace':
      return replaceOperation(document, operation)
    case 'move':
      return moveOperation(document, operation)
    case 'test':
      return testOperation(document, operation)
    case 'copy':
      return copyOperation(document, operation)
    default:
      throw new OperationError(`Unexpected kind: ${operation.op}`)
  }
}

function addOperation(document: Document, { path, value = null }: Operation): void {
  if (path === undefined) throw missing('add operation failed to decode path')
  const at = find(document, path)
  if (at === undefined) throw missing(`add operation does not apply: doc is missing path: "${path}"`)
  within(`error in add for path: '${path}'`, () => at.add(structuredClone(value)))
}

function removeOperation(document: Document, { path }: Operation): void {
  if (path === undefined) throw missing('remove operation failed to decode path')
  const at = find(document, path)
  if (at === undefined) throw missing(`remove operation does not apply: doc is missing path: "${path}"`)
  within(`error in remove for path: '${path}'`, () => at.remove())
}

function replaceOperation(document: Document, { path, value = null }: Operation): void {
  if (path === undefined) throw missing('replace operation failed to decode path: operation missing path field')
  if (path === '') {
    if (!Array.isArray(value) && !isJsonObject(value)) {
      throw new OperationError('replace operation value must be object or array: %!w(<nil>)')
    }
    document.root = structuredClone(value)
    return
  }
  const at = find(document, path)
  if (at === undefined) throw missing(`replace operation does not apply: doc is missing path: ${path}`)
  try {
    at.get()
  } catch {
    throw missing(`replace operation does not apply: doc is missing key: ${path}`)
  }
  at.set(structuredClone(value))
}

function moveOperation(document: Document, { path, from }: Operation): void {
  if (from === undefined) throw missing('move operation failed to decode from: operation, missing from field')
  const source = find(document, from)
  if (source === undefined) throw missing(`move operation does not apply: doc is missing from path: ${from}`)
  const value = within(`error in move for path: '${source.key}'`, () => {
    const found = source.get()
    source.remove()
    return found
  })
  if (path === undefined) throw missing('move operation failed to decode path: operation missing path field')
  const at = find(document, path)
  if (at === undefined) throw missing(`move operation does not apply: doc is missing destination path: ${path}`)
  within(`error in move for path: '${path}'`, () => at.add(value ?? null))
}

function copyOperation(document: Document, { path, from }: Operation): void {
  if (from === undefined) throw missing('copy operation failed to decode from: operation, missing from field')
  const source = find(document, from)
  if (source === undefined) throw missing(`copy operation does not apply: doc is missing from path: ${from}`)
  const value = within(`error in copy for from: '${from}'`, () => source.get())
  if (path === undefined) throw missing('copy operation failed to decode path')
  const at = find(document, path)
  if (at === undefined) throw missing(`copy operation does not apply: doc is missing destination path: ${path}`)
  document.copiedBytes += Buffer.byteLength(JSON.stringify(value ?? null))
  if (document.copiedBytes > MAX_COPIED_BYTES) {
    const sizes = `the accumulated size increase of copy is ${document.copiedBytes}, exceeding the limit ${MAX_COPIED_BYTES}`
    throw new OperationError(`Unable to complete the copy, ${sizes}`)
  }
  within('error while adding value during copy', () => at.add(structuredClone(value ?? null)))
}

function testOperation(document: Document, { path, value }: Operation): void {
  if (path === undefined) throw missing('test operation failed to decode path: operation missing path field')
  const failed = () => new OperationError(`testing value ${path} failed: test failed`)
  if (path === '') {
    if (equalValues(document.root, value)) return
    throw failed()
  }
  const at = find(document, path)
  if (at === undefined) throw missing(`test operation does not apply: is missing path: ${path}`)
  const found = within(`error in test for path: '${path}'`, () => at.get())
  if (!equalValues(found ?? null, value ?? null)) throw failed()
}

/** A place in an object or a list, that need not be there yet. */
interface Place {
  readonly key: string
  get(): JsonValue | undefined
  set(value: JsonValue): void
  add(value: JsonValue): void
  remove(): void
}

/** undefined: what would hold it is not there, or holds nothing. */
function find(document: Document, path: string): Place | undefined {
  const parts = path.split('/')
  if (parts.length < 2) return undefined
  const keys = parts.slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() as string
  let holder: JsonValue | undefined = document.root
  for (const key of keys) {
    try {
      holder = placeIn(holder, key)?.get()
    } catch {
      return undefined
    }
  }
  return placeIn(holder, last)
}

function placeIn(holder: JsonValue | undefined, key: string): Place | undefined {
  if (Array.isArray(holder)) return placeInList(holder, key)
  return isJsonObject(holder) ? placeInObject(holder, key) : undefined
}

function placeInObject(object: JsonObject, key: string): Place {
  const set = (value: JsonValue) => {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return {
    key,
    get: () => (Object.hasOwn(object, key) ? object[key] : undefined),
    set,
    add: set,
    remove: () => {
      if (!Object.hasOwn(object, key)) throw missing(`Unable to remove nonexistent key: ${key}`)
      delete object[key]
    },
  }
}

function placeInList(list: JsonValue[], key: string): Place {
  return {
    key,
    get: () => list[indexIn(list.length, key)],
    set: (value) => {
      list[indexIn(list.length, key)] = value
    },
    add: (value) => {
      if (key === '-') list.push(value)
      else list.splice(addIndexIn(list.length, key), 0, value)
    },
    remove: () => {
      list.splice(indexIn(list.length, key), 1)
    },
  }
}

function addIndexIn(length: number, key: string): number {
  try {
    return indexIn(length + 1, key)
  } catch (error) {
    if (parseIndex(key) !== undefined) throw error
    throw new OperationError(`value was not a proper array index: '${key}': ${(error as Error).message}`)
  }
}

function indexIn(length: number, key: string): number {
  const index = parseIndex(key)
  if (index === undefined) throw new OperationError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`)
  if (index >= length || index < -length) {
    throw new OperationError(`Unable to access invalid index: ${index}: invalid index referenced`)
  }
  return index < 0 ? index + length : index
}

function parseIndex(key: string): number | undefined {
  return /^[+-]?\d+$/.test(key) ? Number(key) : undefined
}

function missing(message: string): OperationError {
  return new OperationError(`${message}: missing value`)
}

function within<T>(context: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new OperationError(`${context}: ${(error as Error).message}`)
  }
}
