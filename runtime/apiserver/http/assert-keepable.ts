import { isJsonObject, type JsonValue } from '../json.ts'
import { notImitated } from '../status.ts'
import { MalformedBody } from './malformed-body.ts'

/** Any of what is refused below has one of these in its text; most texts have none, and are not looked at twice. */
const SUSPICIOUS = /\d{16}|[eE]\+?\d{3}|__proto__|\\[ux]|\.inf|\.nan/i

/** Limits in schemas are floating-point numbers to Go as well. */
const FLOATS = new Set(['maximum', 'minimum', 'multipleOf'])

/**
 * Refuses JSON that JavaScript would read and then not keep as it is.
 * errors: MalformedBody for numbers beyond Go's too; ApiError 501 for int64 beyond 2^53, and for fields named __proto__
 */
export function assertKeepable(text: string): void {
  if (!SUSPICIOUS.test(text)) return
  parseWithSource(text, (key, value, { source }) => {
    refuseName(key)
    if (typeof value === 'number' && source !== undefined) refuseNumber(key, value, source)
    // Nothing of it is needed: no second copy.
    return 0
  })
}

/** JSON.parse() as it is: TypeScript does not know yet that values come with their text. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: JsonValue, context: { readonly source?: string }) => JsonValue,
) => JsonValue

/** The same for what YAML stands for. How a number was written is not known any more: 2^53 and more might be inexact. */
export function assertKeepableYaml(value: unknown, text: string): void {
  if (SUSPICIOUS.test(text)) refuseIn('', value, new Set())
}

function refuseIn(key: string, value: unknown, seen: Set<unknown>): void {
  refuseName(key)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new MalformedBody(`json: unsupported value: ${goFloat(value)}`)
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) refuseInteger(key, value, String(value))
  }
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (Array.isArray(value)) for (const each of value) refuseIn('', each, seen)
  else if (isJsonObject(value)) for (const [name, each] of Object.entries(value)) refuseIn(name, each, seen)
}

function refuseName(key: string): void {
  if (key === '__proto__') throw notImitated('fields and keys named __proto__')
}

function refuseNumber(key: string, value: number, source: string): void {
  if (!Number.isFinite(value))
    throw new MalformedBody(`json: cannot unmarshal number ${source} into Go value of type float64`)
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return
  if (BigInt(source) !== BigInt(value)) refuseInteger(key, value, source)
}

/** What is no int64 is a floating-point number to Go too. */
function refuseInteger(key: string, value: number, source: string): void {
  if (Math.abs(value) > 2 ** 63 || FLOATS.has(key)) return
  throw notImitated(`whole numbers beyond 2^53, as ${source}: it cannot keep all their digits`)
}

function goFloat(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
