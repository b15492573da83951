import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts'
import goTypes from './go-types.json' with { type: 'json' }
import { canonicalQuantity } from './quantity.ts'

/**
 * A type of the API's Go packages, as `core/v1.PodSpec`; fields as `[!][?][*][[]|map[]]type`: `!` written even when empty,
 * `?` not even for a struct, `*` a pointer, whose zero value is kept.
 */
type GoStruct = Readonly<Record<string, string>>

const STRUCTS: Readonly<Record<string, GoStruct>> = goTypes.structs
const NAMES: Readonly<Record<string, string>> = goTypes.names

/** The object cannot be read as its kind; the message is the one of Go's decoder. */
export class GoDecodeError extends Error {
  override readonly name = 'GoDecodeError'
}

/** Is called with each struct, parents first; may change it. */
export type StructVisitor = (type: string, value: JsonObject) => void

export function isGoType(type: string): boolean {
  return STRUCTS[type] !== undefined
}

/**
 * The object as the real server would write it after reading it: unknown fields, nulls and empty values dropped where Go
 * drops them, zero values put where Go writes them, quantities and times in their canonical form.
 * errors: GoDecodeError for values of the wrong type
 */
export function shapeAsGo(type: string, value: JsonObject): JsonObject {
  return shapeStruct(type, value, '')
}

/** Visits a shaped object. */
export function visitStructs(type: string, value: JsonObject, visitor: StructVisitor): void {
  visitor(type, value)
  for (const [field, spec] of Object.entries(STRUCTS[type] ?? {})) {
    const part = value[field]
    if (part !== undefined && part !== null) visitValue(baseOf(spec), part, visitor)
  }
}

function visitValue(spec: string, value: JsonValue, visitor: StructVisitor): void {
  if (spec.startsWith('[]') && Array.isArray(value)) {
    for (const each of value) visitValue(spec.slice(2), each, visitor)
  } else if (spec.startsWith('map[]') && isJsonObject(value)) {
    if (spec.includes('/')) for (const each of Object.values(value)) visitValue(spec.slice(5), each, visitor)
  } else if (STRUCTS[spec] !== undefined && isJsonObject(value)) visitStructs(spec, value, visitor)
  else if (NAMES[spec] !== undefined && isJsonObject(value)) visitor(spec, value)
}

function shapeStruct(type: string, value: JsonObject, path: string): JsonObject {
  const shaped: JsonObject = {}
  for (const [field, spec] of Object.entries(STRUCTS[type] as GoStruct)) {
    const context = { struct: type.slice(type.indexOf('.') + 1), path: path === '' ? field : `${path}.${field}` }
    const part = value[field]
    const result = part === undefined || part === null ? absent(spec) : present(spec, part, context)
    if (result !== undefined) shaped[field] = result
  }
  return shaped
}

interface Context {
  readonly struct: string
  readonly path: string
}

/** What is written for a field that was not given; undefined: nothing. */
function absent(spec: string): JsonValue | undefined {
  const always = spec.startsWith('!')
  const base = baseOf(spec)
  if (spec.replace(/^[!?]*/, '').startsWith('*')) return always ? null : undefined
  if (STRUCTS[base] !== undefined) return spec.includes('?') ? undefined : shapeStruct(base, {}, '')
  if (base === 'Time' || base === 'MicroTime') return spec.includes('?') ? undefined : null
  if (!always) return base === 'Quantity' || base === 'IntOrString' ? zeroOf(base) : undefined
  return zeroOf(underlying(base))
}

function zeroOf(base: string): JsonValue {
  if (base === 'string') return ''
  if (base === 'bool') return false
  if (base === 'Quantity') return '0'
  if (base === 'IntOrString' || /^(u?int|float)/.test(base)) return 0
  return null
}

function present(spec: string, value: JsonValue, context: Context): JsonValue | undefined {
  const shaped = shapeValue(baseOf(spec), value, context)
  const isPointer = spec.replace(/^[!?]*/, '').startsWith('*')
  // Objects are stored as protobuf, which knows no empty list.
  if (spec.startsWith('!') && !isPointer && Array.isArray(shaped) && shaped.length === 0) return null
  if (isPointer || spec.startsWith('!') || !isZero(shaped)) return shaped
  return isJsonObject(shaped) && STRUCTS[baseOf(spec)] !== undefined ? shaped : undefined
}

function isZero(value: JsonValue): boolean {
  if (value === '' || value === false || value === 0 || value === null) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function shapeValue(spec: string, value: JsonValue, context: Context): JsonValue {
  const base = spec.replace(/^\*/, '')
  if (STRUCTS[base] !== undefined) {
    if (value === null) return shapeStruct(base, {}, context.path)
    if (!isJsonObject(value)) throw mismatch(value, base, context)
    return shapeStruct(base, value, context.path)
  }
  if (NAMES[base] !== undefined) return shapeNamed(base, value, context)
  if (base.startsWith('[]')) return shapeList(base, value, context)
  if (base.startsWith('map[]')) return shapeMap(base, value, context, base)
  return shapeScalar(base, value, context, base)
}

function shapeNamed(type: string, value: JsonValue, context: Context): JsonValue {
  const base = underlying(type)
  if (base.startsWith('map[]')) return shapeMap(base, value, context, type)
  return base.startsWith('[]') ? shapeList(base, value, context) : shapeScalar(base, value, context, type)
}

function shapeList(spec: string, value: JsonValue, context: Context): JsonValue {
  if (!Array.isArray(value)) throw mismatch(value, spec, context)
  return value.map((each) => shapeValue(spec.slice(2), each, context))
}

function shapeMap(spec: string, value: JsonValue, context: Context, type: string): JsonValue {
  if (!isJsonObject(value)) throw mismatch(value, type, context)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeValue(spec.slice(5), each, context)]))
}

function shapeScalar(base: string, value: JsonValue, context: Context, type: string): JsonValue {
  switch (base) {
    case 'string':
      return typeof value === 'string' ? value : value === null ? '' : fail(value, type, context)
    case 'bool':
      return typeof value === 'boolean' ? value : value === null ? false : fail(value, type, context)
    case 'Quantity':
      return shapeQuantity(value)
    case 'IntOrString':
      if (typeof value === 'string') return value
      return typeof value === 'number' ? shapeNumber('int32', value, context, 'int32') : fail(value, 'int32', context)
    case 'Time':
    case 'MicroTime':
      return shapeTime(value, base, context)
    case 'bytes':
      return shapeBytes(value, context)
    case 'any':
      return value
    case 'schemaOrOther':
      return shapeSchemaOrOther(value, context)
    default:
      return typeof value === 'number'
        ? shapeNumber(base, value, context, type)
        : value === null
          ? 0
          : fail(value, type, context)
  }
}

/** A schema of a definition where a list of them, a boolean or names may stand too. */
function shapeSchemaOrOther(value: JsonValue, context: Context): JsonValue {
  if (Array.isArray(value)) return value.map((each) => shapeSchemaOrOther(each, context))
  return isJsonObject(value) ? shapeStruct('apiextensions/v1.JSONSchemaProps', value, context.path) : value
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  uint32: [0, 2 ** 32 - 1],
}

function shapeNumber(base: string, value: number, context: Context, type: string): JsonValue {
  if (base.startsWith('float')) return value
  const [min, max] = RANGES[base] ?? [-(2 ** 63), 2 ** 63]
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new GoDecodeError(
    `json: cannot unmarshal number ${value} into Go struct field ${context.struct}.${context.path} of type ${goName(type)}`,
  )
}

function shapeQuantity(value: JsonValue): JsonValue {
  if (value === null) return '0'
  const canonical =
    typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : undefined
  if (canonical !== undefined) return canonical
  if (value === '') return '0'
  throw new GoDecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const TO_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

function shapeTime(value: JsonValue, base: string, context: Context): JsonValue {
  if (value === null || value === '') return null
  if (typeof value !== 'string') throw mismatch(value, 'string', context)
  const match = RFC3339.exec(value)
  const at = Date.parse(value.replace(/\.\d+/, ''))
  // A MicroTime has six digits after the point, no fewer.
  const isRight = isTime(value) && (base === 'Time' || match?.[1]?.length === 7)
  if (!isRight) throw new GoDecodeError(timeFault(value, base))
  const seconds = new Date(at).toISOString().slice(0, 19)
  return base === 'Time' ? `${seconds}Z` : `${seconds}${match?.[1]}Z`
}

/** RFC 3339, of a moment that there is. */
export function isTime(value: string): boolean {
  return RFC3339.test(value) && !Number.isNaN(Date.parse(value.replace(/\.\d+/, '')))
}

/** In Go's words; `base`: Time or MicroTime. */
export function timeFault(value: string, base: string): string {
  const layout = base === 'Time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00'
  const read = TO_SECONDS.exec(value)?.[0]
  const rest = read === undefined ? value : value.slice(read.length)
  const expected = read === undefined ? '2006' : base === 'Time' ? 'Z07:00' : '.000000'
  return `parsing time "${value}" as "${layout}": cannot parse "${rest}" as "${expected}"`
}

function shapeBytes(value: JsonValue, context: Context): JsonValue {
  if (value === null) return null
  if (typeof value !== 'string') throw mismatch(value, '[]uint8', context)
  const text = value.replace(/[\r\n]/g, '')
  const wrong = /[^A-Za-z0-9+/=]|=[^=]|={3}/.exec(text)
  if (wrong !== null) throw new GoDecodeError(`illegal base64 data at input byte ${wrong.index}`)
  if (text.length % 4 !== 0)
    throw new GoDecodeError(`illegal base64 data at input byte ${text.length - (text.length % 4)}`)
  return text
}

function fail(value: JsonValue, type: string, context: Context): never {
  throw mismatch(value, type, context)
}

function mismatch(value: JsonValue, type: string, { struct, path }: Context): GoDecodeError {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return new GoDecodeError(
    `json: cannot unmarshal ${kind} into Go struct field ${struct}.${path} of type ${goName(type)}`,
  )
}

/** `[]core/v1.Container` → `[]v1.Container`, as Go's reflection has it. */
function goName(type: string): string {
  return type
    .replace(/^map\[\]/, 'map[string]')
    .replace(/meta\./, 'v1.')
    .replace(/\w+\/(v\d)\./, '$1.')
    .replace(/bytes$/, '[]uint8')
}

function baseOf(spec: string): string {
  return spec.replace(/^[!?*]*/, '')
}

function underlying(type: string): string {
  return NAMES[type] ?? type
}
