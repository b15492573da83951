import type { FieldError } from '../../field-error.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import { textIn } from './json-parts.ts'

/** source: apimachinery pkg/util/validation/field/errors.go */
export function required(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field, detail }
}

export function invalidValue(field: string, badValue: JsonValue | undefined, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, badValue: badValue === undefined ? null : badValue, detail }
}

export function forbiddenField(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, detail }
}

export function duplicate(field: string, badValue: JsonValue): FieldError {
  return { reason: 'FieldValueDuplicate', field, badValue, detail: '' }
}

export function notFoundValue(field: string, badValue: JsonValue): FieldError {
  return { reason: 'FieldValueNotFound', field, badValue, detail: '' }
}

export function notSupported(field: string, badValue: JsonValue, supported: readonly string[]): FieldError {
  const values = supported.map((each) => JSON.stringify(each)).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field,
    badValue,
    detail: supported.length === 0 ? '' : `supported values: ${values}`,
  }
}

export function tooLong(field: string, maxBytes: number): FieldError {
  return { reason: 'FieldValueTooLong', field, detail: `may not be more than ${maxBytes} bytes` }
}

export const IMMUTABLE = 'field is immutable'
export const NOT_NEGATIVE = 'must be greater than or equal to 0'
const PORT_RANGE = 'must be between 1 and 65535, inclusive'

/** Wrong where it is negative. */
export function checkNotNegative(value: JsonValue | undefined, field: string): FieldError[] {
  return typeof value === 'number' && value < 0 ? [invalidValue(field, value, NOT_NEGATIVE)] : []
}

export function checkPort(value: number, field: string): FieldError[] {
  return value >= 1 && value <= 65535 ? [] : [invalidValue(field, value, PORT_RANGE)]
}

/** `''` is required, all else one of these. */
export function checkOneOf(value: string, field: string, supported: readonly string[]): FieldError[] {
  if (value === '') return [required(field)]
  return supported.includes(value) ? [] : [notSupported(field, value, supported)]
}

/** Absent is well; `''` is none of them either. */
export function checkOneOfOptional(
  value: JsonValue | undefined,
  field: string,
  supported: readonly string[],
): FieldError[] {
  return value === undefined || supported.includes(String(value)) ? [] : [notSupported(field, value, supported)]
}

/** Absent is well. */
export function checkRange(value: JsonValue | undefined, field: string, min: number, max: number): FieldError[] {
  if (typeof value !== 'number' || (value >= min && value <= max)) return []
  return [invalidValue(field, value, `must be between ${min} and ${max}, inclusive`)]
}

/** Texts that may not be empty. */
export function checkRequired(value: JsonObject, field: string, keys: readonly string[]): FieldError[] {
  return keys.filter((key) => textIn(value, key) === '').map((key) => required(`${field}.${key}`))
}

export function tooMany(field: string, actual: number, max: number): FieldError {
  return { reason: 'FieldValueTooMany', field, badValue: actual, detail: `must have at most ${max} items` }
}
