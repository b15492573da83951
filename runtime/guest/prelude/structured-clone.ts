import { DOMException } from './dom-exception.ts'

type Seen = Map<object, unknown>

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const

const NOT_CLONEABLE = new Set(
  'Promise WeakMap WeakSet Generator Symbol URL URLSearchParams AbortController AbortSignal Event EventTarget'.split(
    ' ',
  ),
)

/** The web's structuredClone; `transfer` takes ArrayBuffers. */
export function structuredClone<T>(value: T, options: { transfer?: Iterable<ArrayBuffer> } = {}): T {
  const seen: Seen = new Map()
  for (const buffer of options.transfer ?? []) seen.set(buffer, buffer.transfer())
  return clone(value, seen) as T
}

function clone(value: unknown, seen: Seen): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw notCloneable(value)
  if (typeof value !== 'object' || value === null) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  return cloneObject(value, seen)
}

/** Registers the copy before it goes into the parts: that is what closes a cycle. */
function cloneObject(value: object, seen: Seen): unknown {
  const copyTo = <C extends object>(copy: C, fill?: (copy: C) => void): C => {
    seen.set(value, copy)
    fill?.(copy)
    return copy
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  if (Array.isArray(value)) return copyTo(new Array(value.length), (copy) => copyFields(value, copy, seen))
  if (value instanceof Map)
    return copyTo(new Map(), (copy) => [...value].forEach(([k, v]) => void copy.set(clone(k, seen), clone(v, seen))))
  if (value instanceof Set)
    return copyTo(new Set(), (copy) => [...value].forEach((item) => void copy.add(clone(item, seen))))
  if (value instanceof Date) return copyTo(new Date(value.getTime()))
  if (value instanceof RegExp) return copyTo(new RegExp(value.source, value.flags))
  if (value instanceof ArrayBuffer) return copyTo(value.slice(0))
  if (ArrayBuffer.isView(value)) return copyTo(cloneView(value, seen))
  if (value instanceof Error) return cloneError(value, seen)
  if (['Boolean', 'Number', 'String', 'BigInt'].includes(kind)) return copyTo(Object((value as object).valueOf()))
  if (NOT_CLONEABLE.has(kind)) throw notCloneable(value)
  return copyTo({}, (copy) => copyFields(value, copy, seen))
}

function copyFields(from: object, to: object, seen: Seen): void {
  for (const [key, item] of Object.entries(from))
    Object.defineProperty(to, key, { value: clone(item, seen), writable: true, enumerable: true, configurable: true })
}

function cloneView(view: ArrayBufferView, seen: Seen): ArrayBufferView {
  const buffer = clone(view.buffer, seen) as ArrayBuffer
  const typed = view as ArrayBufferView & {
    constructor: new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView
  }
  return new typed.constructor(buffer, view.byteOffset, 'length' in view ? (view.length as number) : view.byteLength)
}

function cloneError(error: Error, seen: Seen): Error {
  const name = (Object.hasOwn(ERRORS, error.name) ? error.name : 'Error') as keyof typeof ERRORS
  const copy = new ERRORS[name](error.message)
  seen.set(error, copy)
  const define = (key: string, value: unknown) =>
    Object.defineProperty(copy, key, { value, writable: true, configurable: true })
  define('stack', error.stack)
  if ('cause' in error) define('cause', clone(error.cause, seen))
  return copy
}

function notCloneable(value: unknown): DOMException {
  const what = typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
  return new DOMException(`${what} could not be cloned`, 'DataCloneError')
}
