import { isDeepStrictEqual } from 'node:util'
import type { JsonValue } from '../json.ts'
import { compileRegularExpression } from './regular-expression.ts'
import type { Schema } from './schema.ts'
import { effectiveFormat, isOfFormat } from './string-format.ts'
import {
  formatBound,
  general,
  invalidValue,
  nonPositiveFactor,
  notInEnum,
  tooLong,
  ValidationResult,
  wrongType,
} from './violations.ts'

/** Go's largest float32. */
const MAX_FLOAT32 = 3.4028234663852886e38

/** What JSON types a schema allows; none: any. */
export function jsonTypes(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return schema.type === undefined ? [] : [schema.type]
}

/** `integer` for whole numbers: JSON text with a fraction of zero is taken as one, as the YAML of most clients is. */
function jsonTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return isWhole(value) ? 'integer' : 'number'
  return typeof value
}

export function validateType(schema: Schema, value: JsonValue, path: string): ValidationResult {
  const result = new ValidationResult()
  const types = jsonTypes(schema)
  if (value === null) {
    if (types.length > 0 && schema.nullable !== true) result.add(wrongType(path, types.join(','), 'null'))
    else result.matchCount++
    return result
  }
  const found = jsonTypeOf(value)
  const fits = types.includes(found) || (found === 'integer' && types.includes('number'))
  const format = effectiveFormat(schema)
  const isText = found === 'string' || found === 'array'
  const dataFormat = found === 'integer' ? 'int64' : found === 'number' ? 'float64' : ''
  const numeric = types.includes('number') || types.includes('integer')
  if (!isText && format !== undefined && !fits && format !== dataFormat) result.add(wrongType(path, format, dataFormat))
  else if (!(isText && format !== undefined && !numeric) && types.length > 0 && !fits)
    result.add(wrongType(path, types.join(','), found))
  else result.matchCount++
  return result
}

/** Null is in no enumeration that has no null. */
export function validateEnum(schema: Schema, value: JsonValue, path: string): ValidationResult {
  const result = new ValidationResult()
  const allowed = schema.enum ?? []
  if (allowed.length > 0 && !(value !== null && allowed.some((each) => isSame(value, each))))
    result.add(notInEnum(path, value, allowed))
  return result
}

/** As Go converts the value to the type of what is allowed first: 1.5 is 1, and 97 is "a". */
function isSame(value: JsonValue, allowed: JsonValue): boolean {
  if (typeof value !== 'number') return isDeepStrictEqual(allowed, value)
  if (typeof allowed === 'number') return Number.isInteger(allowed) ? Math.trunc(value) === allowed : value === allowed
  const isCharacter = Number.isInteger(value) && value >= 0 && value <= 0x10ffff
  return isCharacter && allowed === String.fromCodePoint(value)
}

/** At most one of length and pattern, then the format. */
export function validateString(schema: Schema, text: string, path: string): ValidationResult {
  const result = new ValidationResult()
  const { minLength, maxLength, pattern } = schema
  const length = minLength === undefined && maxLength === undefined ? 0 : countCodePoints(text)
  if (maxLength !== undefined && length > maxLength) result.add(tooLong(path, maxLength))
  else if (minLength !== undefined && length < minLength)
    result.add(invalidValue(path, text, `should be at least ${minLength} chars long`))
  else if (pattern !== undefined && pattern !== '' && !compileRegularExpression(pattern).test(text))
    result.add(invalidValue(path, text, `should match '${pattern}'`))
  const format = effectiveFormat(schema)
  if (format !== undefined && !isOfFormat(text, format)) result.add(wrongType(path, format, text))
  return result
}

function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

export function validateNumber(schema: Schema, value: number, path: string): ValidationResult {
  const result = new ValidationResult()
  const { multipleOf, maximum, exclusiveMaximum = false, minimum, exclusiveMinimum = false } = schema
  checkRange(schema, value, 'Checked', path, result)
  // A bound that is not of the type is told with every value, and then compared as a number.
  const isNative = (bound: number, name: string) => checkRange(schema, bound, name, path, result) && isWhole(value)
  if (multipleOf !== undefined) {
    const text = formatBound(multipleOf, isNative(multipleOf, 'MultipleOf'))
    if (Number(text) <= 0) result.add(nonPositiveFactor(path, text))
    else if (!isMultiple(value, Number(text))) result.add(invalidValue(path, value, `should be a multiple of ${text}`))
  }
  if (minimum !== undefined) {
    const text = formatBound(minimum, isNative(minimum, 'Minimum boundary'))
    if (value < Number(text) || (exclusiveMinimum && value === Number(text)))
      result.add(invalidValue(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${text}`))
  }
  if (maximum !== undefined) {
    const text = formatBound(maximum, isNative(maximum, 'Maximum boundary'))
    if (value > Number(text) || (exclusiveMaximum && value === Number(text)))
      result.add(invalidValue(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${text}`))
  }
  result.matchCount++
  return result
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 63
}

/** Does the number fit into the type and format that are declared? */
function checkRange(schema: Schema, value: number, name: string, path: string, result: ValidationResult): boolean {
  const format = schema['x-kubernetes-int-or-string'] === true ? undefined : effectiveFormat(schema)
  const named = format === undefined ? '(default format)' : `with format ${format}`
  const fits =
    schema.type === 'integer'
      ? isWhole(value) && (format !== 'int32' || (value >= -(2 ** 31) && value < 2 ** 31))
      : !(schema.type === 'number' && format === 'float') || Math.abs(value) <= MAX_FLOAT32
  if (!fits) result.add(general(`${name} value must be of type ${schema.type} ${named} in ${path}`))
  return fits
}

/** source: go-openapi/swag IsFloat64AJSONInteger, which cuts off and does not round */
function isMultiple(value: number, factor: number): boolean {
  if (isWhole(value) && Number.isInteger(factor)) return value % factor === 0
  const quotient = factor < 1 ? (1 / factor) * value : value / factor
  if (Math.abs(quotient) > Number.MAX_SAFE_INTEGER) return false
  const whole = Math.trunc(quotient)
  return quotient === whole || Math.abs(quotient - whole) / (Math.abs(quotient) + Math.abs(whole)) < 1e-9
}
