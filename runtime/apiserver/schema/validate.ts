import type { FieldError } from '../field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { validateAlternatives } from './alternatives.ts'
import { Correlation } from './correlation.ts'
import { jsonTypes, validateEnum, validateNumber, validateString, validateType } from './scalar-checks.ts'
import type { Schema } from './schema.ts'
import { invalidValue, missing, tooMany, under, ValidationResult } from './violations.ts'

/**
 * Checks a value against what its schema says of types, bounds, formats and alternatives; lists of type set and map, embedded
 * resources and rules are checked elsewhere. With the old value, what is unchanged may stay invalid.
 * base: where the value stands in the object, for the errors' fields
 * source: kube-openapi pkg/validation/validate, apiextensions-apiserver pkg/apiserver/validation; the order of the checks is theirs
 */
export function validateSchema(schema: Schema, value: unknown, old?: unknown, base = ''): FieldError[] {
  const correlation = old === undefined ? undefined : new Correlation(value, old, schema)
  return validateValue(schema, value as JsonValue, '', correlation).violations.map(({ error }) => under(base, error))
}

/** One value; what it violates is forgiven where it is what it was. */
function validateValue(
  schema: Schema,
  value: JsonValue,
  path: string,
  correlation: Correlation | undefined,
): ValidationResult {
  const result = validateNode(schema, value, path, correlation)
  return result.isValid || correlation?.isEqual() !== true ? result : new ValidationResult()
}

/** Without forgiveness for the value itself: alternatives have none of their own. */
function validateNode(
  schema: Schema,
  value: JsonValue,
  path: string,
  correlation: Correlation | undefined,
): ValidationResult {
  const result = new ValidationResult()
  if (jsonTypes(schema).length > 0 || schema.format !== undefined)
    applied(result, validateType(schema, value, path), value)
  if (value === null) {
    result.merge(validateEnum(schema, value, path))
    return result
  }
  applied(
    result,
    validateAlternatives(schema, path, (each) => validateNode(each, value, path, correlation)),
  )
  if (typeof value === 'string') applied(result, validateString(schema, value, path))
  if (typeof value === 'number') applied(result, validateNumber(schema, value, path))
  if (Array.isArray(value)) applied(result, validateArray(schema, value, path, correlation))
  applied(result, validateEnum(schema, value, path))
  if (isJsonObject(value)) applied(result, validateObject(schema, value, path, correlation))
  result.matchCount++
  return result
}

function applied(result: ValidationResult, part: ValidationResult, value?: JsonValue): void {
  result.merge(part)
  if (value !== null) result.matchCount++
}

function validateArray(
  schema: Schema,
  list: JsonValue[],
  path: string,
  correlation: Correlation | undefined,
): ValidationResult {
  const result = new ValidationResult()
  const { items, minItems, maxItems, uniqueItems } = schema
  if (items !== undefined)
    for (const [i, item] of list.entries())
      result.merge(validateValue(items, item, `${path}[${i}]`, correlation?.index(i)))
  if (minItems !== undefined && list.length < minItems)
    result.add(invalidValue(path, list.length, `should have at least ${minItems} items`))
  if (maxItems !== undefined && list.length > maxItems) result.add(tooMany(path, list.length, maxItems, 'items'))
  if (uniqueItems === true && new Set(list.map((item) => JSON.stringify(item))).size < list.length)
    result.add(invalidValue(path, undefined, `shouldn't contain duplicates`))
  result.matchCount++
  return result
}

function validateObject(
  schema: Schema,
  object: JsonObject,
  path: string,
  correlation: Correlation | undefined,
): ValidationResult {
  const result = new ValidationResult()
  const { minProperties, maxProperties, properties = {}, required = [], additionalProperties } = schema
  const keys = Object.keys(object)
  if (minProperties !== undefined && keys.length < minProperties)
    result.add(invalidValue(path, keys.length, `should have at least ${minProperties} properties`))
  if (maxProperties !== undefined && keys.length > maxProperties)
    result.add(tooMany(path, keys.length, maxProperties, 'properties'))
  const child = (key: string) => (path === '' && isTypeMeta(key) ? undefined : correlation?.key(key))
  for (const key of keys) {
    if (Object.hasOwn(properties, key)) continue
    if (additionalProperties === false) result.add(invalidValue(`${path}.${key}`, key, 'is a forbidden property'))
    if (typeof additionalProperties === 'object')
      result.merge(validateValue(additionalProperties, object[key] as JsonValue, `${path}.${key}`, child(key)))
  }
  for (const [key, property] of Object.entries(properties)) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined
    if (value === undefined) continue
    result.merge(validateValue(property, value, path === '' ? key : `${path}.${key}`, child(key)))
  }
  for (const key of required) if (!Object.hasOwn(object, key)) result.add(missing(`${path}.${key}`))
  return result
}

/** Changes of these cannot be seen: old and new are converted to the same version first. */
function isTypeMeta(key: string): boolean {
  return key === 'apiVersion' || key === 'kind'
}
