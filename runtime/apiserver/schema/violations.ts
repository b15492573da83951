import type { FieldError } from '../field-error.ts'
import type { JsonValue } from '../json.ts'
import { formatFieldPath } from './field-path.ts'
import { formatGoFloat } from './go-number.ts'
import { withSortedKeys } from './sorted-keys.ts'

/** What a value violates: the error, and the text by which kube-apiserver tells one from another. */
export interface Violation {
  readonly text: string
  readonly error: FieldError
}

/** `count`: checks passed; of several alternatives that all fail, the one with the most is reported. */
export class ValidationResult {
  readonly violations: Violation[] = []
  matchCount = 0

  get isValid(): boolean {
    return this.violations.length === 0
  }

  add(violation: Violation): void {
    if (!this.violations.some(({ text }) => text === violation.text)) this.violations.push(violation)
  }

  merge(other: ValidationResult): void {
    for (const violation of other.violations) this.add(violation)
    this.matchCount += other.matchCount
  }
}

/** Paths in texts are relative to what is validated: `.spec` and `spec` are both met, the field has no dot in front. */
function fieldOf(path: string): string {
  const name = path.replace(/^\./, '')
  return name === '' ? formatFieldPath(undefined) : name
}

/** A violation without a field of its own. */
export function general(text: string): Violation {
  return { text, error: { reason: 'FieldValueInvalid', field: formatFieldPath(undefined), badValue: '', detail: text } }
}

export function invalidValue(path: string, badValue: JsonValue | undefined, rest: string): Violation {
  const text = `${path} in body ${rest}`
  return { text, error: { reason: 'FieldValueInvalid', field: fieldOf(path), badValue: badValue ?? '', detail: text } }
}

export function nonPositiveFactor(path: string, factor: string): Violation {
  const text = `factor MultipleOf declared for ${path} must be positive: ${factor}`
  return { text, error: { reason: 'FieldValueInvalid', field: fieldOf(path), badValue: Number(factor), detail: text } }
}

/** `found`: the value itself for a format, else the name of its type. */
export function wrongType(path: string, expected: string, found: string): Violation {
  const text = `${path} in body must be of type ${expected}: ${JSON.stringify(found)}`
  return { text, error: { reason: 'FieldValueTypeInvalid', field: fieldOf(path), badValue: found, detail: text } }
}

export function missing(path: string): Violation {
  return {
    text: `${path} in body is required`,
    error: { reason: 'FieldValueRequired', field: fieldOf(path), detail: '' },
  }
}

export function notInEnum(path: string, value: JsonValue, allowed: readonly JsonValue[]): Violation {
  const names = allowed.map((each) => JSON.stringify(typeof each === 'string' ? each : JSON.stringify(each)))
  return {
    text: `${path} in body should be one of ${names.join(' ')}`,
    error: {
      reason: 'FieldValueNotSupported',
      field: fieldOf(path),
      badValue: withSortedKeys(value),
      detail: `supported values: ${names.join(', ')}`,
    },
  }
}

export function tooLong(path: string, max: number): Violation {
  return {
    text: `${path} in body should be at most ${max} chars long`,
    error: {
      reason: 'FieldValueTooLong',
      field: fieldOf(path),
      detail: `may not be more than ${max} ${max === 1 ? 'byte' : 'bytes'}`,
    },
  }
}

export function tooMany(path: string, actual: number, max: number, what: 'items' | 'properties'): Violation {
  return {
    text: `${path} in body should have at most ${max} ${what}`,
    error: {
      reason: 'FieldValueTooMany',
      field: fieldOf(path),
      badValue: actual,
      detail: `must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
    },
  }
}

/** A bound in a message: where both are integers it is printed as such, else as Go prints floats. */
export function formatBound(bound: number, isInteger: boolean): string {
  return isInteger ? String(Math.trunc(bound)) : formatGoFloat(bound)
}

/** The same errors for a part of the object that stands at `base`. */
export function under(base: string, error: FieldError): FieldError {
  if (base === '') return error
  return { ...error, field: error.field === '<nil>' ? base : `${base}.${error.field}` }
}
