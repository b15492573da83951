import { goQuote } from './go-text.ts'
import type { JsonValue } from './json.ts'
import { formatGoFloat } from './schema/go-number.ts'

/** source: apimachinery pkg/util/validation/field/errors.go */
const TYPE_TEXT = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
} as const

export type FieldErrorReason = keyof typeof TYPE_TEXT

/** One thing that is wrong with an object. */
export interface FieldError {
  readonly reason: FieldErrorReason
  /** `spec.containers[0].image`; `<nil>` for the object as a whole. */
  readonly field: string
  /** What stands there, for those reasons that show it; undefined leaves it out. */
  readonly badValue?: JsonValue | undefined
  readonly detail: string
}

/** Those whose message names no value. */
const WITHOUT_VALUE: readonly FieldErrorReason[] = [
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'InternalError',
]

/** `Invalid value: 7: must be less than 5`: a cause's message; with the field in front it is the error's. */
export function describeFieldError({ reason, badValue, detail }: FieldError): string {
  const parts: string[] = [TYPE_TEXT[reason]]
  if (!WITHOUT_VALUE.includes(reason) && badValue !== undefined) parts.push(formatValue(badValue))
  if (detail !== '') parts.push(detail)
  return parts.join(': ')
}

/** Strings quoted, numbers and booleans bare, the rest as Go's JSON, which hides what HTML would take for its own. */
function formatValue(value: JsonValue): string {
  if (typeof value === 'string') return goQuote(value)
  const text = JSON.stringify(value)
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return formatGoFloat(value)
  if (typeof value !== 'object') return text
  return text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}
