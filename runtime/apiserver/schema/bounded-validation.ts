import type { FieldError } from '../field-error.ts'
import { evaluateBounded, MAX_EVALUATION_MS } from './bounded-evaluation.ts'

/** Validation that runs patterns and rules of clients: what there is no time for is refused. */
export function validateBounded(validate: () => FieldError[]): FieldError[] {
  const detail =
    'validation failed due to running out of cost budget, no further validation rules will be run: the patterns and rules ' +
    `took longer than ${MAX_EVALUATION_MS} ms`
  return evaluateBounded(validate) ?? [{ reason: 'FieldValueInvalid', field: '<nil>', badValue: null, detail }]
}
