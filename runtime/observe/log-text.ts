import { type Fault, formatFault } from '../errors.ts'

/** A log line before it is written. */
export interface LogRecord {
  readonly level: string
  /** RFC 3339. */
  readonly time: string
  readonly msg: string
  readonly [field: string]: unknown
}

const COLOR: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 }
const DIM = 2
/** Printed on lines of their own, or at the line's beginning. */
const PLACED = new Set(['level', 'time', 'msg', 'controller', 'key', 'error', 'stack'])

/** `12:03:04 info  mydemo default/a  message  field=value`, then faults and stacks, a line each, indented. */
export function formatLogRecord(record: LogRecord, color: boolean): string {
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text)
  const { level, time, msg, controller, key } = record
  const whose = [controller, key].filter((part) => typeof part === 'string').join(' ')
  const head = `${paint(DIM, localTime(time))} ${paint(COLOR[level] ?? 0, level.padEnd(5))}`
  const fields = Object.entries(record)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => paint(DIM, `${clean(name)}=${showField(value)}`))
  const line = [`${head} ${clean(whose)}`.trimEnd(), clean(msg), ...fields].filter((part) => part !== '').join('  ')
  return `${[line, ...errorLines(record.error), ...stackLines(record.stack)].join('\n    ')}\n`
}

/** Message, faults with their source lines, cause and stack of an error that became data. */
function errorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return error === undefined ? [] : [clean(String(error))]
  const { name, code, message, faults, cause, stack } = error as Record<string, unknown>
  if (typeof message !== 'string') return [clean(JSON.stringify(error))]
  const title = [name, code].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ')
  return [
    `${title}: ${message}`.split('\n').map(clean),
    Array.isArray(faults) ? faults.flatMap(faultLines) : [],
    cause === undefined ? [] : errorLines(cause).map((line, index) => (index === 0 ? `caused by ${line}` : line)),
    stackLines(stack),
  ].flat()
}

function faultLines(fault: unknown): string[] {
  if (!isFault(fault)) return [clean(JSON.stringify(fault))]
  const place = clean(formatFault(fault))
  return fault.excerpt === undefined ? [place] : [place, `  | ${clean(fault.excerpt)}`]
}

/** The fields of a line may be a handler's, and of any form. */
function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false
  const { file, line, column, message, excerpt } = value as Record<string, unknown>
  const isPlaced = typeof file === 'string' && Number.isInteger(line) && Number.isInteger(column)
  return isPlaced && typeof message === 'string' && (excerpt === undefined || typeof excerpt === 'string')
}

/** The frames alone: a stack's first lines repeat the message. */
function stackLines(stack: unknown): string[] {
  if (typeof stack !== 'string') return []
  return stack
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .map((line) => clean(line.trim()))
}

function showField(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return clean(value)
  return clean(JSON.stringify(value))
}

/** A handler's text must not move the cursor or clear the screen; line breaks become visible. */
function clean(text: string): string {
  return text.replaceAll('\n', '\\n').replace(CONTROL, (letter) => {
    return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** Control characters but the tab, and the marks that turn the reading direction. */
const CONTROL = /(?!\t)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

function localTime(time: string): string {
  return new Date(time).toTimeString().slice(0, 8)
}
