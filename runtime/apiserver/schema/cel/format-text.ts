import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { RuleError } from './library.ts'

/**
 * What `text.format(values)` makes: `%s %d %f %e %b %o %x %X`, with `.N` before f and e.
 * source: cel-go ext/formatting.go, whose `%.Ne` is a width
 */
export function formatText(text: string, values: readonly unknown[]): string {
  let next = 0
  return text.replace(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (whole, precision: string | undefined, verb: string | undefined) => {
      if (whole === '%%') return '%'
      if (next >= values.length) throw new RuleError(`index ${next} out of range`)
      return formatOne(values[next++], verb ?? '', precision === undefined ? 6 : Number(precision))
    },
  )
}

const CLAUSES: Readonly<Record<string, readonly [string, string]>> = {
  d: ['decimal', 'integers'],
  f: ['fixed-point', 'doubles'],
  e: ['scientific', 'doubles'],
  b: ['binary', 'integers and bools'],
  o: ['octal', 'integers'],
  x: ['hex', 'integers, byte buffers, and strings'],
  X: ['hex', 'integers, byte buffers, and strings'],
}

function formatOne(value: unknown, verb: string, digits: number): string {
  if (verb === 's') return formatValue(value)
  const clause = CLAUSES[verb]
  if (clause === undefined)
    throw new RuleError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
  const formatted = formatNumber(value, verb, digits)
  if (formatted !== undefined) return formatted
  const [name, types] = clause
  throw new RuleError(
    `error during formatting: ${name} clause can only be used on ${types}, was given ${typeName(value)}`,
  )
}

/** Undefined: not with this verb. */
function formatNumber(value: unknown, verb: string, digits: number): string | undefined {
  const integer = typeof value === 'bigint' ? value : value instanceof UnsignedInt ? BigInt(value.valueOf()) : undefined
  switch (verb) {
    case 'd':
      return integer?.toString()
    case 'f':
      return typeof value === 'number' ? fixed(value, digits) : undefined
    case 'e':
      return typeof value === 'number' ? scientific(value).padStart(digits) : undefined
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : integer?.toString(2)
    case 'o':
      return integer?.toString(8)
    default: {
      const text = integer?.toString(16) ?? bytesInHexadecimal(value)
      return verb === 'x' ? text : text?.toUpperCase()
    }
  }
}

function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return special(value)
  const [whole = '', rest] = value.toFixed(digits).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return rest === undefined ? grouped : `${grouped}.${rest}`
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** `1.500000×10⁻⁰⁷` */
function scientific(value: number): string {
  if (!Number.isFinite(value)) return special(value)
  const [mantissa = '', exponent = '0'] = value.toExponential(6).split('e')
  const raised = [...String(Math.abs(Number(exponent))).padStart(2, '0')].map((digit) => SUPERSCRIPTS[Number(digit)])
  return `${mantissa}×10${Number(exponent) < 0 ? '⁻' : ''}${raised.join('')}`
}

function special(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞'
}

function bytesInHexadecimal(value: unknown): string | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex')
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : undefined
}

/** As `%s` writes values: strings bare, but quoted inside lists and maps. */
function formatValue(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value instanceof Duration) return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value)) return `[${value.map(formatMember).join(', ')}]`
  if (value instanceof UnsignedInt) return String(value.valueOf())
  if (typeof value !== 'object') return String(value)
  const type = /^Type<(.*)>$/.exec(String(value))?.[1]
  if (type !== undefined) return type
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  const pairs = entries.map(([key, each]) => [formatMember(key), formatMember(each)] as const)
  return `{${pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => `${key}:${each}`)
    .join(', ')}}`
}

function formatMember(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `b${JSON.stringify(formatValue(value))}`
  return typeof value === 'number' ? fixed(value, 6) : formatValue(value)
}

function typeName(value: unknown): string {
  if (value === null) return 'null_type'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (value instanceof UnsignedInt) return 'uint'
  if (value instanceof Date) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Uint8Array) return 'bytes'
  return Array.isArray(value) ? 'list' : 'map'
}
