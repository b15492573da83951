import { isDeepStrictEqual } from 'node:util'
import type { FieldError } from '../field-error.ts'
import { forbiddenField, invalidValue, required } from '../kinds/strategies/field-errors.ts'
import { compileRegularExpression } from '../schema/regular-expression.ts'
import type { Schema } from '../schema/schema.ts'

type Level = 'root' | 'item' | 'field'

/**
 * Is a schema structural: is the shape of all that it describes said outside of allOf, anyOf, oneOf and not?
 * source: apiextensions-apiserver pkg/apiserver/schema/validation.go, complete.go; sorted as there
 */
export function validateStructural(schema: Schema, path: string): FieldError[] {
  const errors = [...validateInvariants(schema, 'root', path), ...validateCompleteness(schema, path)]
  return errors.sort((a, b) => (`${a.field}${a.detail}` < `${b.field}${b.detail}` ? -1 : 1))
}

const INT_OR_STRING: readonly Schema[] = [{ type: 'integer' }, { type: 'string' }]

function validateInvariants(schema: Schema, level: Level, path: string): FieldError[] {
  const { type, items, properties = {}, additionalProperties } = schema
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const errors: FieldError[] = []
  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'))
  if (items !== undefined) errors.push(...validateInvariants(items, 'item', `${path}.items`))
  for (const [name, property] of Object.entries(properties))
    errors.push(...validateInvariants(property, 'field', `${path}.properties[${name}]`))
  if (additionalProperties !== undefined) {
    const at = `${path}.additionalProperties`
    if (level === 'root') errors.push(forbiddenField(at, 'must not be used at the root'))
    if (typeof additionalProperties === 'object') errors.push(...validateInvariants(additionalProperties, 'field', at))
    if (embedded) errors.push(forbiddenField(at, 'must not be used if x-kubernetes-embedded-resource is set'))
  }
  errors.push(...validateExtensions(schema, path))
  const skipFirstAllOf = isDeepStrictEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING)
  errors.push(...validateJunctors(schema, path, isDeepStrictEqual(schema.anyOf, INT_OR_STRING), skipFirstAllOf))
  errors.push(...validateTypePresence(schema, level, path), ...validateMetaFields(schema, level, path))
  return errors
}

function validateExtensions(schema: Schema, path: string): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return []
  const names = ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const
  return names
    .filter((name) => schema[name] === true)
    .map((name) => invalidValue(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'))
}

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function validateTypePresence(schema: Schema, level: Level, path: string): FieldError[] {
  const { type } = schema
  const errors: FieldError[] = []
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type === undefined ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail))
  } else if (type === undefined && schema['x-kubernetes-int-or-string'] !== true && !preserves)
    errors.push(required(`${path}.type`, NO_TYPE[level]))
  if (level === 'root' && type !== undefined && type !== 'object')
    errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'))
  if (
    schema['x-kubernetes-embedded-resource'] === true &&
    !preserves &&
    Object.keys(schema.properties ?? {}).length === 0
  )
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  return errors
}

function validateMetaFields(schema: Schema, level: Level, path: string): FieldError[] {
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true
  const errors: FieldError[] = []
  if (!isResource) return errors
  for (const [name, property] of Object.entries({ kind, apiVersion }))
    if (property !== undefined && property.type !== 'string')
      errors.push(invalidValue(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'))
  if (metadata === undefined) return errors
  const at = `${path}.properties[metadata]`
  if (metadata.type !== 'object') errors.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'))
  if (level === 'root' && !restrictsNamesOnly(metadata))
    errors.push(
      forbiddenField(
        at,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
  return errors
}

function restrictsNamesOnly({ type: _type, properties = {}, default: _default, ...rest }: Schema): boolean {
  return (
    Object.keys(properties).every((name) => name === 'name' || name === 'generateName') &&
    Object.keys(rest).length === 0
  )
}

function validateJunctors(schema: Schema, path: string, skipAnyOf: boolean, skipFirstAllOf: boolean): FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema
  return [
    ...(skipAnyOf ? [] : anyOf.flatMap((each, i) => validateNested(each, `${path}.anyOf[${i}]`, false))),
    ...allOf.flatMap((each, i) => validateNested(each, `${path}.allOf[${i}]`, skipFirstAllOf && i === 0)),
    ...oneOf.flatMap((each, i) => validateNested(each, `${path}.oneOf[${i}]`, false)),
    ...(not === undefined ? [] : validateNested(not, `${path}.not`, false)),
    ...(pattern === undefined ? [] : validatePattern(pattern, `${path}.pattern`)),
  ]
}

function validatePattern(pattern: string, path: string): FieldError[] {
  try {
    compileRegularExpression(pattern)
    return []
  } catch (error) {
    const why = `error parsing regexp: ${error instanceof Error ? error.message : String(error)}`
    return [invalidValue(path, pattern, `must be a valid regular expression, but isn't: ${why}`)]
  }
}

/** What only the schema itself may say, and how messages call its absence. */
const ONLY_OUTSIDE: readonly (readonly [keyof Schema | 'title', string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function validateNested(schema: Schema, path: string, skipAnyOf: boolean): FieldError[] {
  const { items, properties = {} } = schema
  const forbidden = ONLY_OUTSIDE.filter(([name]) => {
    const value = (schema as Readonly<Record<string, unknown>>)[name]
    return value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0)
  })
  return [
    ...validateJunctors(schema, path, skipAnyOf, false),
    ...(items === undefined ? [] : validateNested(items, `${path}.items`, false)),
    ...Object.entries(properties).flatMap(([name, each]) => validateNested(each, `${path}.properties[${name}]`, false)),
    ...forbidden.map(([name, detail]) => forbiddenField(`${path}.${name}`, detail)),
    ...(properties.metadata === undefined
      ? []
      : [forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context')]),
  ]
}

/** Every field and item that is spoken of inside, at the root, is described outside; below the root nobody looks. */
function validateCompleteness(schema: Schema, path: string): FieldError[] {
  return junctorsOf(schema, path).flatMap(([each, at]) => checkCovered(each, schema, at, path))
}

function junctorsOf({ allOf = [], anyOf = [], oneOf = [], not }: Schema, path: string): (readonly [Schema, string])[] {
  const indexed = (name: string, all: readonly Schema[]) =>
    all.map((each, i) => [each, `${path}.${name}[${i}]`] as const)
  const negated = not === undefined ? [] : [[not, `${path}.not`] as const]
  return [...indexed('allOf', allOf), ...indexed('anyOf', anyOf), ...indexed('oneOf', oneOf), ...negated]
}

function checkCovered(nested: Schema, outside: Schema | undefined, path: string, outsidePath: string): FieldError[] {
  const { items, properties = {} } = nested
  const errors: FieldError[] = []
  if (outside === undefined) return [required(outsidePath, `because it is defined in ${path}`)]
  for (const [each, at] of junctorsOf(nested, path)) errors.push(...checkCovered(each, outside, at, outsidePath))
  if (items !== undefined) errors.push(...checkCovered(items, outside.items, `${path}.items`, `${outsidePath}.items`))
  for (const [name, each] of Object.entries(properties)) {
    const at = `${outsidePath}.properties[${name}]`
    errors.push(...checkCovered(each, outside.properties?.[name], `${path}.properties[${name}]`, at))
  }
  return errors
}
