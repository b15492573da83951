import { inspect } from './inspect.ts'
import {
  assign,
  createObject,
  indexOfString,
  PrimordialError,
  PrimordialString,
  sliceString,
  stringifyJson,
  testRegExp,
} from './primordials.ts'
import { cutUtf8 } from './utf8.ts'

const MAX_NAME_BYTES = 128
const MAX_MESSAGE_BYTES = 2 * 1024
const MAX_STACK_BYTES = 4 * 1024
/** Causes that a stack shows below each other. */
const MAX_CAUSES = 3

/** What packages for Node.js and browsers expect, and handlers do not have. */
const MISSING =
  /^(Buffer|process|WeakRef|FinalizationRegistry|fetch|Blob|setImmediate|WebSocket|window|document) is not defined$/

/** What was thrown, whatever it is, as plain strings of bounded size. */
export interface Thrown {
  name: string
  message: string
  stack: string
  /** The handler asked for no retry: a TerminalError, known by its name as each bundle has its own copy of the class. */
  terminal: boolean
  code?: string | number
  reason?: string
}

/** Reads anything thrown without trusting it: getters may throw, fields may be of any type, values need not be errors. */
export function describeThrown(thrown: unknown): Thrown {
  const isObject = typeof thrown === 'object' && thrown !== null
  const given = isObject ? field(thrown, 'message') : undefined
  if (!isObject || (typeof given !== 'string' && !isError(thrown))) return describeValue(thrown)
  const name = cutUtf8(text(field(thrown, 'name')) || 'Error', MAX_NAME_BYTES)
  const { message, stack } = explained(cutUtf8(text(given), MAX_MESSAGE_BYTES), name, stackOf(thrown))
  const code = field(thrown, 'code')
  const reason = field(thrown, 'reason')
  return {
    name,
    message,
    stack: cutUtf8(stack || `${name}: ${message}`, MAX_STACK_BYTES),
    terminal: name === 'TerminalError',
    ...(typeof code === 'number' || typeof code === 'string' ? { code: bounded(code) } : {}),
    ...(typeof reason === 'string' ? { reason: cutUtf8(reason, MAX_NAME_BYTES) } : {}),
  }
}

/** `{"error":…}` as `settled` and `loaded` carry it. */
export function thrownText(thrown: unknown): string {
  const thrownFields = describeThrown(thrown)
  // without a prototype: a toJSON that a handler put on Object.prototype is not called
  return `{"error":${stringifyJson(assign(createObject(null) as object, thrownFields))}}`
}

function describeValue(value: unknown): Thrown {
  const message = cutUtf8(`Something other than an error was thrown: ${inspect(value)}`, MAX_MESSAGE_BYTES)
  return { name: 'Error', message, stack: `Error: ${message}`, terminal: false }
}

/** What the sandbox leaves out is named, as `Proxy is not a constructor` sends people looking in the wrong place. */
function explained(message: string, name: string, stack: string): { message: string; stack: string } {
  const cause = causeInSandbox(name, message)
  if (cause === undefined) return { message, stack }
  const full = `${cause} (${message})`
  const header = `${name}: ${message}`
  const tail = indexOfString(stack, header) === 0 ? sliceString(stack, header.length) : ''
  return { message: full, stack: `${name}: ${full}${tail}` }
}

function causeInSandbox(name: string, message: string): string | undefined {
  if (name === 'EvalError' && indexOfString(message, 'Code generation from strings') === 0)
    return 'Code from strings (eval, new Function) is not available in the sandbox'
  if (name === 'ReferenceError') {
    const missing = testRegExp(MISSING, message)
    return missing === null ? undefined : `${missing[1]} is not available in the sandbox`
  }
  if (name !== 'TypeError') return undefined
  if (testRegExp(/\bProxy is not a |undefined \(reading 'revocable'\)/, message) !== null)
    return 'Proxy is not available in the sandbox'
  return undefined
}

/** The stack, with those of its causes. */
function stackOf(thrown: object): string {
  let stack = text(field(thrown, 'stack'))
  let cause = field(thrown, 'cause')
  for (let i = 0; i < MAX_CAUSES && typeof cause === 'object' && cause !== null; i++) {
    stack += `\nCaused by: ${text(field(cause, 'stack')) || inspect(cause)}`
    cause = field(cause, 'cause')
  }
  return stack
}

function field(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function isError(value: object): boolean {
  try {
    return value instanceof PrimordialError
  } catch {
    return false
  }
}

const bounded = (code: string | number) => (typeof code === 'string' ? cutUtf8(code, MAX_NAME_BYTES) : code)

function text(value: unknown): string {
  try {
    return value === undefined || value === null ? '' : PrimordialString(value)
  } catch {
    return ''
  }
}
