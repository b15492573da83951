import {
  apply,
  defineOwn,
  getPrototypeOf,
  isArray,
  keysOf,
  PrimordialError,
  PrimordialString,
  SafeSet,
  stringifyJson,
} from './primordials.ts'
import { URL } from './url.ts'

const MAX_DEPTH = 4
const MAX_ENTRIES = 50

/** Shows any value in one line, as consoles do; it never throws, whatever getters and proxies do. */
export function inspect(value: unknown): string {
  return show(value, 0, new SafeSet())
}

function show(value: unknown, depth: number, above: Set<unknown>): string {
  try {
    if (typeof value === 'string') return stringifyJson(value)
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'function') return `[Function ${value.name || '(anonymous)'}]`
    if (typeof value !== 'object' || value === null) return PrimordialString(value)
    if (above.has(value)) return '[Circular]'
    if (value instanceof PrimordialError) return PrimordialString(value.stack)
    if (depth >= MAX_DEPTH) return isArray(value) ? '[Array]' : '[Object]'
    above.add(value)
    const text = showObject(value, depth + 1, above)
    above.delete(value)
    return text
  } catch {
    return '[not readable]'
  }
}

function showObject(value: object, depth: number, above: Set<unknown>): string {
  if (value instanceof Date) return apply(Date.prototype.toJSON, value, []) ?? 'Invalid Date'
  if (value instanceof RegExp || value instanceof URL) return PrimordialString(value)
  const parts: string[] = []
  const add = (text: string) => {
    defineOwn(parts, parts.length, text)
  }
  if (isArray(value) || ArrayBuffer.isView(value)) {
    const list = value as ArrayLike<unknown>
    for (let i = 0; i < list.length && i <= MAX_ENTRIES; i++) add(show(list[i], depth, above))
    return wrap(isArray(value) ? '' : nameOf(value), '[', capped(parts), ']')
  }
  if (value instanceof Map)
    value.forEach((item, key) => {
      add(`${show(key, depth, above)} => ${show(item, depth, above)}`)
    })
  else if (value instanceof Set)
    value.forEach((item) => {
      add(show(item, depth, above))
    })
  for (const key of keysOf(value)) add(`${key}: ${show((value as Record<string, unknown>)[key], depth, above)}`)
  return wrap(nameOf(value), '{', capped(parts), '}')
}

function nameOf(value: object): string {
  const name = (getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name
  return typeof name === 'string' && name !== 'Object' ? `${name} ` : ''
}

function capped(parts: string[]): string {
  let text = ''
  for (let i = 0; i < parts.length && i < MAX_ENTRIES; i++) text += i === 0 ? parts[i] : `, ${parts[i]}`
  return parts.length > MAX_ENTRIES ? `${text}, …` : text
}

function wrap(name: string, open: string, text: string, close: string): string {
  const pad = open === '{' && text !== '' ? ' ' : ''
  return name + open + pad + text + pad + close
}
