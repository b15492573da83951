import { RuntimeError } from '../errors.ts'

/** A line above 16 KiB is split by common log collectors (Docker, CRI), which breaks its JSON. */
const MAX_FIELDS_BYTES = 8 * 1024
export const MAX_MESSAGE_BYTES = 4 * 1024
const MAX_FIELDS = 40
/** The line's own. */
const RESERVED = ['level', 'time', 'msg']
/** Deeper causes say the same once more. */
const MAX_CAUSES = 3

type Fields = Record<string, unknown>

/**
 * Fields fit for a line: data only, errors as data, cut to a bound, and never in the place of the line's own or of
 * `fixed` ones (a handler must not log in another controller's name).
 */
export function lineFields(fields: object, fixed: Readonly<Fields>, showStacks: boolean): Fields {
  const line: Fields = { ...fixed }
  let left = MAX_FIELDS_BYTES
  const entries = Object.entries(fields)
  for (const [name, value] of entries.slice(0, MAX_FIELDS)) {
    if (value === undefined || typeof value === 'function') continue
    const free = RESERVED.includes(name) || Object.hasOwn(fixed, name) ? `${cut(name, 80)}_` : cut(name, 80)
    const { data, bytes } = bounded(value instanceof Error ? errorData(value, showStacks) : value, left)
    line[free] = data
    left = Math.max(0, left - bytes)
  }
  if (entries.length > MAX_FIELDS) line.fieldsLeftOut = entries.length - MAX_FIELDS
  return line
}

/** A text that takes at most about `maxBytes` as JSON; a longer one loses its end, with a note saying so. */
export function cut(text: string, maxBytes: number): string {
  // Six bytes is what an escaped character takes at most, so that ordinary texts are not looked at twice.
  if (text.length * 6 <= maxBytes || jsonBytes(text) <= maxBytes) return text
  let kept = text.slice(0, maxBytes)
  while (kept !== '' && jsonBytes(kept) > maxBytes) kept = kept.slice(0, Math.floor(kept.length * 0.8))
  return `${kept}… (${text.length - kept.length} more)`
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}

function bounded(value: unknown, maxBytes: number): { data: unknown; bytes: number } {
  if (typeof value === 'string') {
    const data = cut(value, maxBytes)
    return { data, bytes: jsonBytes(data) }
  }
  const json = toJson(value)
  const bytes = Buffer.byteLength(json)
  if (bytes > maxBytes) return { data: cut(json, maxBytes), bytes: maxBytes }
  return { data: JSON.parse(json), bytes }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '"?"'
  } catch (error) {
    return JSON.stringify(`not JSON: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
  }
}

/** Stacks are for what nobody expected; an error with a code says enough by its message, but when debugging. */
function errorData(error: Error, showStacks: boolean, depth = 0): Fields {
  const { code, reason } = error as { code?: unknown; reason?: unknown }
  const data: Fields = { name: error.name, message: cut(error.message, MAX_MESSAGE_BYTES) }
  if (code !== undefined) data.code = code
  if (typeof reason === 'string') data.reason = reason
  if (error instanceof RuntimeError && error.faults.length > 0) data.faults = error.faults
  if (error.cause instanceof Error && depth < MAX_CAUSES) data.cause = errorData(error.cause, showStacks, depth + 1)
  if (showStacks || code === undefined) data.stack = error.stack
  return data
}
