import type { Schema } from './schema.ts'
import { general, ValidationResult } from './violations.ts'

/** anyOf, oneOf, allOf and not. Of alternatives that fail, the errors of the one that came furthest are told. */
export function validateAlternatives(schema: Schema, path: string, check: Check): ValidationResult {
  const result = new ValidationResult()
  checkAnyOf(schema, path, check, result)
  checkOneOf(schema, path, check, result)
  checkAllOf(schema, path, check, result)
  if (schema.not !== undefined && check(schema.not).isValid)
    result.add(general(`${JSON.stringify(path)} must not validate the schema (not)`))
  result.matchCount++
  return result
}

/** Checks the value at hand against one of the alternatives. */
type Check = (schema: Schema) => ValidationResult

function checkAnyOf({ anyOf = [] }: Schema, path: string, check: Check, result: ValidationResult): void {
  if (anyOf.length === 0) return
  const failures: ValidationResult[] = []
  for (const each of anyOf) {
    const outcome = check(each)
    if (outcome.isValid) {
      result.merge(outcome)
      return
    }
    failures.push(outcome)
  }
  result.add(general(`${JSON.stringify(path)} must validate at least one schema (anyOf)`))
  result.merge(best(failures))
}

function checkOneOf({ oneOf = [] }: Schema, path: string, check: Check, result: ValidationResult): void {
  if (oneOf.length === 0) return
  const outcomes = oneOf.map(check)
  const valid = outcomes.filter(({ isValid }) => isValid)
  if (valid.length === 1) {
    for (const outcome of valid) result.merge(outcome)
    return
  }
  const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`
  result.add(general(`${JSON.stringify(path)} must validate one and only one schema (oneOf). ${found}`))
  if (valid.length === 0) result.merge(best(outcomes))
}

function checkAllOf({ allOf = [] }: Schema, path: string, check: Check, result: ValidationResult): void {
  const outcomes = allOf.map(check)
  for (const outcome of outcomes) result.merge(outcome)
  const valid = outcomes.filter(({ isValid }) => isValid).length
  if (valid === allOf.length) return
  const none = valid === 0 ? '. None validated' : ''
  result.add(general(`${JSON.stringify(path)} must validate all the schemas (allOf)${none}`))
}

/** The first of those with the most checks passed. */
function best(failures: readonly ValidationResult[]): ValidationResult {
  return failures.reduce((a, b) => (b.matchCount > a.matchCount ? b : a))
}
