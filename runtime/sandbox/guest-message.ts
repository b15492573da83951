import { FrameError } from '../guest/frame.ts'
import type { GuestError, GuestLog } from './call.ts'

/**
 * Reads what a guest sends. The text comes from code that may have escaped: every field is checked, cut to its bound, and
 * anything of another shape is a FrameError, which ends the guest.
 */

const MAX_NAME = 100
const MAX_MESSAGE = 2_000
const MAX_STACK = 4_000
const MAX_LOG_MESSAGE = 8 << 10
/** The guest's own valve drops a line of half of this. */
const MAX_LOG_TEXT = 64 << 10
const MAX_EXPORTS = 1_000
const LEVELS: ReadonlySet<unknown> = new Set(['debug', 'info', 'warn', 'error'])

/** `terminal` only where it was thrown as such. */
export type SettledMessage = { kind: 'value'; value: unknown } | { kind: 'error'; error: GuestError; terminal: boolean }

export function parseSettled(text: string): SettledMessage {
  const message = parseObject(text, 'settled')
  if (message.error === undefined) return { kind: 'value', value: message.ok }
  const fields = asObject(message.error, 'settled')
  return { kind: 'error', error: guestErrorOf(fields), terminal: fields.terminal === true }
}

export type LoadedMessage =
  | { kind: 'exports'; exports: Readonly<Record<string, string>> }
  | { kind: 'error'; error: GuestError }

export function parseLoaded(text: string): LoadedMessage {
  const message = parseObject(text, 'loaded')
  if (message.error !== undefined) return { kind: 'error', error: guestErrorOf(asObject(message.error, 'loaded')) }
  const exports = Object.entries(asObject(message.exports, 'loaded')).slice(0, MAX_EXPORTS)
  return {
    kind: 'exports',
    exports: Object.fromEntries(exports.map(([name, type]) => [cut(name, MAX_NAME), cut(type, MAX_NAME)])),
  }
}

export interface HostCallMessage {
  readonly call: number
  readonly method: string
  readonly args: readonly unknown[]
}

export function parseHostCall(text: string): HostCallMessage {
  const { call, method, args } = parseObject(text, 'hostCall')
  if (typeof call === 'number' && typeof method === 'string' && method.length <= MAX_NAME && Array.isArray(args)) {
    return { call, method, args }
  }
  throw malformed('hostCall')
}

export function parseLog(text: string): GuestLog {
  if (text.length > MAX_LOG_TEXT) throw malformed('log')
  const { level, message, fields } = parseObject(text, 'log')
  if (!LEVELS.has(level) || typeof message !== 'string') throw malformed('log')
  const line = { level: level as GuestLog['level'], message: cut(message, MAX_LOG_MESSAGE) }
  return fields === undefined ? line : { ...line, fields: asObject(fields, 'log') }
}

function guestErrorOf(fields: Record<string, unknown>): GuestError {
  const { code, reason } = fields
  return {
    name: cut(fields.name, MAX_NAME) || 'Error',
    message: cut(fields.message, MAX_MESSAGE),
    stack: cut(fields.stack, MAX_STACK),
    ...(typeof code === 'number' ? { code } : typeof code === 'string' ? { code: cut(code, MAX_NAME) } : {}),
    ...(typeof reason === 'string' ? { reason: cut(reason, MAX_NAME) } : {}),
  }
}

function cut(value: unknown, length: number): string {
  return typeof value === 'string' ? value.slice(0, length) : ''
}

function parseObject(text: string, type: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed(type)
  }
  // A key that merging code would take for the prototype of all objects never comes in; nearly no text has one.
  if (/__proto__|\\u/.test(text)) dropProtoKeys(value)
  return asObject(value, type)
}

/** By hand: with a reviver, JSON.parse() takes a second for a text full of small values, and fails at depth. */
function dropProtoKeys(root: unknown): void {
  const left = [root]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null) continue
    if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
    const items: unknown[] = Array.isArray(value) ? value : Object.values(value)
    for (const item of items) if (typeof item === 'object' && item !== null) left.push(item)
  }
}

function asObject(value: unknown, type: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw malformed(type)
}

function malformed(type: string): FrameError {
  return new FrameError(`Cannot read a ${type} frame: its text has the wrong form`)
}
