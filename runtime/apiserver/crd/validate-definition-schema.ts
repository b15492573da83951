import { isDeepStrictEqual } from 'node:util'
import type { FieldError } from '../field-error.ts'
import type { JsonValue } from '../json.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../kinds/strategies/field-errors.ts'
import type { CompiledRule } from '../schema/cel/compiled-rule.ts'
import { compiledRules, validateRules } from '../schema/cel.ts'
import { validateEmbeddedResources } from '../schema/embedded-resources.ts'
import { pruneValueOf } from '../schema/prune.ts'
import { type Schema, schemasBelow, type ValidationRule } from '../schema/schema.ts'
import { withSortedKeys } from '../schema/sorted-keys.ts'
import { validateSchema } from '../schema/validate.ts'
import { fieldPathSchema } from './schema-at.ts'
import { validateStructural } from './structural-schema.ts'

/**
 * Is the schema of a definition's version one that objects can be held to?
 * source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go
 * differs: what rules would cost is not estimated
 */
export function validateDefinitionSchema(schema: Schema, hasStatus: boolean, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus) errors.push(...validateRootOfStatus(schema, path))
  if (schema.nullable === true) errors.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'))
  // What cannot be had at all is told alone.
  const structural = hasUnsupported(schema) ? [] : validateStructural(schema, path)
  const defaults = structural.length === 0 ? validateDefaults(schema, path, true) : []
  errors.push(...structural, ...defaults)
  const context = { root: schema, compiles: structural.length + defaults.length === 0 && !hasUnsupported(schema) }
  const { schemaErrors, ruleErrors } = validateNode(schema, path, { ...context, isRoot: true })
  return [...errors, ...schemaErrors, ...ruleErrors]
}

const ALLOWED_AT_ROOT = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum'],
  ...['MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items'],
  ...['Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
]

function validateRootOfStatus(schema: Schema, path: string): FieldError[] {
  if (schema.type !== 'object') {
    const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    return [invalidValue(`${path}.type`, schema.type ?? '', detail)]
  }
  const others = Object.keys(schema).filter((name) => !ALLOWED_AT_ROOT.includes(goNameOf(name)))
  if (others.length === 0) return []
  const detail = `only [${ALLOWED_AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`
  return [invalidValue(path, schema as unknown as JsonValue, detail)]
}

/** `x-kubernetes-preserve-unknown-fields`: XPreserveUnknownFields. */
function goNameOf(name: string): string {
  return name
    .replace(/^x-kubernetes-/, 'X-')
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
}

/** Defaults must be what the schema allows, and have nothing that would be pruned; nobody looks at those of maps' values. */
function validateDefaults(schema: Schema, path: string, isRoot: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (schema.default !== undefined) errors.push(...validateDefault(schema, `${path}.default`, isRoot))
  const { items, properties = {} } = schema
  if (items !== undefined) errors.push(...validateDefaults(items, `${path}.items`, false))
  for (const [name, property] of Object.entries(properties))
    errors.push(...validateDefaults(property, `${path}.properties[${name}]`, false))
  return errors
}

function validateDefault(schema: Schema, path: string, isRoot: boolean): FieldError[] {
  const value = schema.default as JsonValue
  const pruned = structuredClone(value)
  pruneValueOf(schema, pruned)
  const unknown = isDeepStrictEqual(pruned, value)
    ? []
    : [invalidValue(path, withSortedKeys(value), 'must not have unknown fields')]
  const resources = validateEmbeddedResources(schema, value, path)
  const errors = resources.length > 0 ? resources : validateSchema(schema, value, undefined, path)
  if (errors.length > 0) return [...unknown, ...errors]
  // Once as what stays as it was, and once as what comes anew.
  const kept = validateRules(schema, value, value, { path, isRoot })
  return [...unknown, ...(kept.length > 0 ? kept : validateRules(schema, value, undefined, { path, isRoot }))]
}

interface Context {
  readonly root: Schema
  /** Rules are compiled: their types are known. */
  readonly compiles: boolean
  readonly isRoot?: boolean
  /** Why there may be no defaults. */
  readonly forbidsDefaults?: string
  readonly isInMeta?: boolean
  /** Below here nothing can be compared with what was. */
  readonly uncorrelatable?: string
}

interface NodeErrors {
  readonly schemaErrors: FieldError[]
  readonly ruleErrors: FieldError[]
}

const META_FIELDS = ['metadata', 'kind', 'apiVersion']

function validateNode(schema: Schema, path: string, context: Context): NodeErrors {
  const schemaErrors = validateStandard(schema, path, context)
  const ruleErrors: FieldError[] = []
  const descend = (child: Schema, at: string, childContext: Context) => {
    const errors = validateNode(child, at, { ...childContext, isRoot: false })
    schemaErrors.push(...errors.schemaErrors)
    ruleErrors.push(...errors.ruleErrors)
  }
  const { additionalProperties, properties = {}, items } = schema
  if (schema.uniqueItems === true)
    schemaErrors.push(
      forbiddenField(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  if (additionalProperties !== undefined && additionalProperties !== true && Object.keys(properties).length > 0)
    schemaErrors.push(
      forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    )
  if (typeof additionalProperties === 'object')
    descend(additionalProperties, `${path}.additionalProperties`, {
      ...context,
      ...(context.isInMeta === true && {
        forbidsDefaults: 'inside additionalProperties applying to object metadata',
      }),
    })
  for (const [name, property] of Object.entries(properties))
    descend(property, `${path}.properties[${name}]`, contextOfProperty(schema, name, context))
  const nested = { ...context, compiles: false }
  if (schema.not !== undefined) descend(schema.not, `${path}.not`, nested)
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, each] of (schema[junctor] ?? []).entries()) descend(each, `${path}.${junctor}[${i}]`, nested)
  if (items !== undefined)
    descend(items, `${path}.items`, schema['x-kubernetes-list-type'] === 'map' ? context : uncorrelated(context, path))
  schemaErrors.push(...validateExtensions(schema, path), ...validateListMapKeys(schema, path))
  const rules = schema['x-kubernetes-validations'] ?? []
  schemaErrors.push(
    ...rules.flatMap((rule, i) => validateRuleFields(rule, schema, `${path}.x-kubernetes-validations[${i}]`)),
  )
  if (rules.length > 0 && schemaErrors.length === 0 && context.compiles)
    ruleErrors.push(...validateCompiled(compiledRules(context.root, schema), path, context))
  return { schemaErrors, ruleErrors }
}

function contextOfProperty(schema: Schema, name: string, context: Context): Context {
  const isMeta =
    (context.isRoot === true || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.includes(name)
  return {
    ...context,
    ...(isMeta && { isInMeta: true }),
    ...(isMeta && context.isRoot === true && { forbidsDefaults: `in top-level ${name}` }),
  }
}

function uncorrelated(context: Context, path: string): Context {
  return context.uncorrelatable === undefined ? { ...context, uncorrelatable: path } : context
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref']

function hasUnsupported(schema: Schema): boolean {
  const fields = schema as Readonly<Record<string, unknown>>
  return UNSUPPORTED.some((name) => fields[name] !== undefined) || schemasBelow(schema).some(hasUnsupported)
}

function validateStandard(schema: Schema, path: string, context: Context): FieldError[] {
  const errors: FieldError[] = []
  const type = schema.type as string | undefined
  if (type !== undefined && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES))
  if (schema.default !== undefined && context.forbidsDefaults !== undefined)
    errors.push(forbiddenField(`${path}.default`, `must not be set ${context.forbidsDefaults}`))
  const fields = schema as Readonly<Record<string, unknown>>
  for (const name of UNSUPPORTED)
    if (fields[name] !== undefined) errors.push(forbiddenField(`${path}.${name}`, `${name} is not supported`))
  if (type === 'null')
    errors.push(forbiddenField(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(schema.items))
    errors.push(forbiddenField(`${path}.items`, 'items must be a schema object and not an array'))
  if (context.isInMeta === true && schema['x-kubernetes-embedded-resource'] === true)
    errors.push(forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  return errors
}

function validateExtensions(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { items } = schema
  const [mapType, listType] = [schema['x-kubernetes-map-type'], schema['x-kubernetes-list-type']]
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  if (mapType !== undefined) errors.push(...requireType(schema, 'object', 'x-kubernetes-map-type', path))
  if (mapType !== undefined && !['atomic', 'granular'].includes(mapType))
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  if (listType !== undefined && schema.type !== 'array')
    errors.push(...requireType(schema, 'array', 'x-kubernetes-list-type', path))
  else if (listType === 'set' && items !== undefined) errors.push(...requireAtomicItems(items, path))
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']))
  return errors
}

function requireType(schema: Schema, type: string, because: string, path: string): FieldError[] {
  if (schema.type === type) return []
  const detail = `must be ${type} if ${because} is specified`
  return [
    schema.type === undefined ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, schema.type, detail),
  ]
}

function requireAtomicItems(items: Schema, path: string): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items['x-kubernetes-list-type']
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, listType, detail)]
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-map-type`, listType ?? null, detail)]
  return []
}

function validateListMapKeys(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const { items } = schema
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    const at = `${path}.x-kubernetes-list-type`
    errors.push(listType === undefined ? required(at, detail) : invalidValue(at, listType, detail))
  }
  if (listType === 'map') {
    if (keys.length === 0) errors.push(required(keysPath, 'must not be empty if x-kubernetes-list-type is map'))
    if (items === undefined)
      errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'))
    else if (items.type !== 'object')
      errors.push(
        invalidValue(
          `${path}.items.type`,
          items.type ?? '',
          "must be object if parent array's x-kubernetes-list-type is map",
        ),
      )
    else errors.push(...validateKeyNames(items, keys, path))
  }
  if ((listType === 'map' || listType === 'set') && items?.nullable === true)
    errors.push(
      forbiddenField(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    )
  if (listType === 'map' && items !== undefined) errors.push(...validateKeysPresence(items, keys, path))
  return errors
}

function validateKeyNames(items: Schema, keys: readonly string[], path: string): FieldError[] {
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  return keys.flatMap((key, i) => {
    const property = items.properties?.[key]
    const errors: FieldError[] = []
    if (property === undefined)
      errors.push(invalidValue(keysPath, [...keys], 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalidValue(
          `${path}.items.properties[${key}].type`,
          items.type ?? '',
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (keys.indexOf(key) < i) errors.push(invalidValue(keysPath, [...keys], 'must not contain duplicate entries'))
    return errors
  })
}

function validateKeysPresence(items: Schema, keys: readonly string[], path: string): FieldError[] {
  return keys.flatMap((key) => {
    const property = items.properties?.[key]
    const errors: FieldError[] = []
    const at = `${path}.items.properties[${key}]`
    if (property === undefined) return errors
    const why = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!(items.required ?? []).includes(key) && property.default === undefined)
      errors.push(required(`${at}.default`, `${why} must have a default or be a required property`))
    if (property.nullable === true) errors.push(forbiddenField(`${at}.nullable`, `${why} cannot be nullable`))
    return errors
  })
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

function validateRuleFields(rule: ValidationRule, schema: Schema, path: string): FieldError[] {
  const { message, messageExpression, reason, fieldPath } = rule
  const errors: FieldError[] = []
  const isBlank = (text: string | undefined) => text !== undefined && text !== '' && text.trim() === ''
  const hasNewline = (text: string | undefined) => text !== undefined && /[\n\r]/.test(text.trim())
  if ((rule.rule ?? '').trim() === '') errors.push(required(`${path}.rule`, 'rule is not specified'))
  else if (isBlank(message)) errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'))
  else if (hasNewline(message)) errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'))
  else if (hasNewline(rule.rule) && (message ?? '').trim() === '')
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'))
  if (isBlank(messageExpression))
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'))
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, REASONS))
  if (isBlank(fieldPath)) errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be non-empty if specified'))
  if (hasNewline(fieldPath)) errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must not contain line breaks'))
  if (fieldPath !== undefined && fieldPath !== '' && typeof fieldPathSchema(schema, fieldPath) === 'string')
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be a valid path'))
  return errors
}

function validateCompiled(rules: readonly CompiledRule[], path: string, context: Context): FieldError[] {
  return rules.flatMap(({ rule, error, messageError, usesOldSelf }, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`
    const errors: FieldError[] = []
    const shown = goRule(rule)
    if (error !== undefined) errors.push(invalidValue(`${at}.rule`, shown, error))
    if (messageError !== undefined) errors.push(invalidValue(`${at}.messageExpression`, shown, messageError))
    if (usesOldSelf && context.uncorrelatable !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${context.uncorrelatable}`
      errors.push(invalidValue(`${at}.rule`, rule.rule, detail))
    } else if (!usesOldSelf && rule.optionalOldSelf !== undefined && error === undefined)
      errors.push(
        invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
      )
    return errors
  })
}

/** As Go writes the struct. */
function goRule(rule: ValidationRule): JsonValue {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}
