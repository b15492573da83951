import type { Environment } from '@marcbachmann/cel-js'
import type { FieldError } from '../field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { type CompiledRule, compileRule, evaluationMessage } from './cel/compiled-rule.ts'
import { createEnvironment } from './cel/environment.ts'
import { declareSchemaType, type SchemaType } from './cel/schema-type.ts'
import { usableMessage } from './cel/usable-message.ts'
import { Correlation, correlatedItem } from './correlation.ts'
import { childPath, type FieldPath, formatFieldPath, indexPath, keyPath } from './field-path.ts'
import type { Schema, ValidationRule } from './schema.ts'

/** Errors that many rules give are one too many for an answer; kube-apiserver's bound is the rules' cost, which is not counted here. */
const MAX_ERRORS = 1000

/**
 * Checks an object against the rules (x-kubernetes-validations) of its schema and of all below. Rules that name oldSelf run
 * only where there is an old value to compare with. Faults of what is unchanged are forgiven.
 * schema: a custom resource's, at its root
 * source: apiextensions-apiserver pkg/apiserver/schema/cel/validation.go
 * differs: rules' cost is not estimated; time is limited in its place (bounded-evaluation.ts)
 */
export function validateRules(schema: Schema, object: unknown, old?: unknown, options: RuleOptions = {}): FieldError[] {
  const validator = validatorOf(schema, options.isRoot ?? true)
  if (validator === undefined) return []
  const correlation = old === undefined ? undefined : new Correlation(object, old, schema)
  const walk: Walk = { rulesOf: validator.rulesOf, errors: [] }
  visit(walk, schema, object as JsonValue, old as JsonValue | undefined, options.path, {
    own: correlation,
    nearest: undefined,
  })
  return walk.errors.slice(0, MAX_ERRORS)
}

export interface RuleOptions {
  readonly path?: FieldPath
  /** Default true: the schema is a resource's. */
  readonly isRoot?: boolean
}

/** The rules of one schema, as they compile; for the definition's own validation. */
export function compiledRules(root: Schema, schema: Schema): readonly CompiledRule[] {
  return validatorOf(root, true)?.rulesOf(schema)?.rules ?? []
}

interface NodeRules {
  readonly type: SchemaType
  readonly rules: readonly CompiledRule[]
}

interface Validator {
  rulesOf(schema: Schema, rules?: readonly ValidationRule[]): NodeRules | undefined
}

/** Validators of schemas that are in use; null: it has no rules. */
const validators = new WeakMap<Schema, Validator | null>()

function validatorOf(schema: Schema, isRoot: boolean): Validator | undefined {
  const known = validators.get(schema)
  if (known !== undefined) return known ?? undefined
  const validator = hasRules(schema) ? createValidator(schema, isRoot) : null
  validators.set(schema, validator)
  return validator ?? undefined
}

function createValidator(root: Schema, isRoot: boolean): Validator {
  const environment: Environment = createEnvironment()
  const types = new Map<Schema, SchemaType>()
  declareSchemaType(environment, root, isRoot, types)
  const compiled = new Map<Schema, NodeRules | undefined>()
  return {
    rulesOf(schema) {
      if (compiled.has(schema)) return compiled.get(schema)
      const type = types.get(schema)
      const rules = schema['x-kubernetes-validations'] ?? []
      const node =
        type === undefined || rules.length === 0
          ? undefined
          : { type, rules: rules.map((rule) => compileRule(environment, type, rule)) }
      compiled.set(schema, node)
      return node
    },
  }
}

export function hasRules(schema: Schema): boolean {
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true
  const { items, additionalProperties, properties = {} } = schema
  if (items !== undefined && hasRules(items)) return true
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties)) return true
  return Object.values(properties).some(hasRules)
}

interface Walk {
  readonly rulesOf: Validator['rulesOf']
  readonly errors: FieldError[]
}

/** What the value at hand can be compared with, and the nearest above where it cannot. */
interface Ratchet {
  readonly own: Correlation | undefined
  readonly nearest: Correlation | undefined
}

function visit(
  walk: Walk,
  schema: Schema,
  value: JsonValue,
  old: JsonValue | undefined,
  path: FieldPath,
  ratchet: Ratchet,
): void {
  if (value === null || walk.errors.length >= MAX_ERRORS) return
  const node = walk.rulesOf(schema)
  if (node !== undefined) checkRules(walk, node, schema, value, old ?? undefined, path, ratchet)
  if (Array.isArray(value)) visitItems(walk, schema, value, old, path, ratchet)
  else if (isJsonObject(value)) visitFields(walk, schema, value, isJsonObject(old) ? old : undefined, path, ratchet)
}

function visitItems(
  walk: Walk,
  schema: Schema,
  list: JsonValue[],
  old: JsonValue | undefined,
  path: FieldPath,
  ratchet: Ratchet,
): void {
  const { items } = schema
  if (items === undefined) return
  for (const [i, item] of list.entries())
    visit(
      walk,
      items,
      item,
      correlatedItem(schema, item, old),
      indexPath(path, i),
      below(ratchet, ratchet.own?.index(i)),
    )
}

function visitFields(
  walk: Walk,
  schema: Schema,
  object: JsonObject,
  old: JsonObject | undefined,
  path: FieldPath,
  ratchet: Ratchet,
): void {
  const { properties = {}, additionalProperties } = schema
  for (const [key, value] of Object.entries(object)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    const child = property ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
    if (child === undefined) continue
    const childAt = property === undefined ? keyPath(path, key) : childPath(path, key)
    visit(walk, child, value, old?.[key], childAt, fieldRatchet(ratchet, key))
  }
}

function below(ratchet: Ratchet, own: Correlation | undefined): Ratchet {
  return ratchet.own === undefined ? ratchet : { own, nearest: ratchet.own }
}

/** Changes of apiVersion and kind cannot be seen. */
function fieldRatchet(ratchet: Ratchet, key: string): Ratchet {
  const isTypeMeta = ratchet.nearest === undefined && (key === 'apiVersion' || key === 'kind')
  return isTypeMeta ? { own: undefined, nearest: undefined } : below(ratchet, ratchet.own?.key(key))
}

function checkRules(
  walk: Walk,
  { type, rules }: NodeRules,
  schema: Schema,
  value: JsonValue,
  old: JsonValue | undefined,
  path: FieldPath,
  ratchet: Ratchet,
): void {
  const typeName = schema.type ?? ''
  const fail = (detail: string) => {
    walk.errors.push({ reason: 'FieldValueInvalid', field: formatFieldPath(path), badValue: typeName, detail })
  }
  const values = convertBoth(type, value, old)
  for (const compiled of rules) {
    const { rule } = compiled
    if (rule.rule.trim() === '') continue
    if (compiled.error !== undefined) {
      fail(`rule compile error: ${compiled.error}`)
      continue
    }
    if (compiled.usesOldSelf && old === undefined && rule.optionalOldSelf !== true) continue
    if (typeof values === 'string') {
      fail(`${values} evaluating rule: ${nameOf(rule)}`)
      continue
    }
    const outcome = evaluate(compiled, values)
    if (outcome === true) continue
    if (typeof outcome === 'string') {
      fail(outcome)
      continue
    }
    if (!compiled.usesOldSelf && isUnchanged(ratchet)) continue
    walk.errors.push(brokenRule(compiled, values, value, schema, path))
  }
}

interface Values {
  readonly self: unknown
  readonly oldSelf: unknown
}

/** A text: why not. */
function convertBoth(type: SchemaType, value: JsonValue, old: JsonValue | undefined): Values | string {
  try {
    return { self: type.convert(value), oldSelf: old === undefined ? undefined : type.convert(old) }
  } catch (error) {
    return evaluationMessage(error)
  }
}

/** A text: why it could not be evaluated. */
function evaluate(compiled: CompiledRule, { self, oldSelf }: Values): boolean | string {
  try {
    return compiled.evaluate(self, oldSelf) === true
  } catch (error) {
    const message = evaluationMessage(error)
    if (message.startsWith('no such overload'))
      return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(compiled.rule)}`
    return `${message} evaluating rule: ${nameOf(compiled.rule)}`
  }
}

function isUnchanged({ own, nearest }: Ratchet): boolean {
  return (own ?? nearest)?.isEqual() ?? false
}

function nameOf({ message, rule }: ValidationRule): string {
  return (message !== undefined && message !== '' ? message : rule).trim()
}

function brokenRule(
  compiled: CompiledRule,
  values: Values,
  value: JsonValue,
  schema: Schema,
  path: FieldPath,
): FieldError {
  const { rule } = compiled
  const { message, reason = 'FieldValueInvalid', fieldPath } = rule
  const own = message === undefined || message === '' ? `failed rule: ${nameOf(rule)}` : message.trim()
  const detail = messageOf(compiled, values) ?? own
  const field =
    fieldPath === undefined || fieldPath === ''
      ? formatFieldPath(path)
      : formatFieldPath(childPath(path, normalizeFieldPath(fieldPath, schema)))
  const hasValue = schema.type !== 'object' && schema.type !== 'array'
  const badValue = hasValue ? value : undefined
  switch (reason) {
    case 'FieldValueForbidden':
    case 'FieldValueRequired':
      return { reason, field, detail }
    case 'FieldValueDuplicate':
      return { reason, field, badValue, detail: '' }
    default:
      return { reason: 'FieldValueInvalid', field, badValue, detail }
  }
}

/** Undefined: none, or none that will do. */
function messageOf({ message }: CompiledRule, { self, oldSelf }: Values): string | undefined {
  try {
    return usableMessage(message?.(self, oldSelf))
  } catch {
    return undefined
  }
}

/** `.a['b.c'].d`: `a[b.c].d` where b.c is a key of a map, `a.b.c.d` where it is a field. */
function normalizeFieldPath(text: string, schema: Schema): string {
  let path: string | undefined
  let at: Schema | undefined = schema
  for (const [, name, quoted] of text.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/g)) {
    const key: string = name ?? (quoted ?? '').replace(/\\(.)/g, '$1')
    const isField: boolean = at?.properties !== undefined
    path = isField ? childPath(path, key) : keyPath(path, key)
    const { properties, additionalProperties }: Schema = at ?? {}
    at = isField ? properties?.[key] : typeof additionalProperties === 'object' ? additionalProperties : undefined
  }
  return path ?? ''
}
