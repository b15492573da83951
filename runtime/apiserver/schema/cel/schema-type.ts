import type { Environment } from '@marcbachmann/cel-js'
import { Duration } from '@marcbachmann/cel-js/evaluator'
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts'
import { parseGoDuration } from '../duration.ts'
import type { Schema } from '../schema.ts'
import { isCelEqual } from './cel-equality.ts'
import { RuleError } from './library.ts'
import { escapePropertyName } from './property-name.ts'

/** How rules see the values of a schema: the type's name, and a value of that type. */
export interface SchemaType {
  readonly name: string
  convert(value: JsonValue): unknown
}

const TEXT: SchemaType = { name: 'string', convert: (value) => expected('string', value) }
const BOOLEAN: SchemaType = { name: 'bool', convert: (value) => expected('boolean', value) }
const DOUBLE: SchemaType = { name: 'double', convert: (value) => expected('number', value) }
const INTEGER: SchemaType = { name: 'int', convert: (value) => BigInt(expected('number', value) as number) }
const INT_OR_STRING: SchemaType = {
  name: 'dyn',
  convert: (value) => (typeof value === 'number' ? BigInt(value) : value),
}

/** Strings of some formats are no strings in rules. */
const BY_FORMAT: Readonly<Record<string, SchemaType>> = {
  byte: {
    name: 'bytes',
    convert: (value) => new Uint8Array(Buffer.from(expected('string', value) as string, 'base64')),
  },
  duration: { name: 'google.protobuf.Duration', convert: (value) => toDuration(expected('string', value) as string) },
  date: { name: 'google.protobuf.Timestamp', convert: (value) => toTime(expected('string', value) as string) },
  'date-time': { name: 'google.protobuf.Timestamp', convert: (value) => toTime(expected('string', value) as string) },
}

/** apiVersion, kind, metadata.name and metadata.generateName are seen at the root of resources, whatever the schema says. */
const STRING: Schema = { type: 'string' }
const TYPE_AND_OBJECT_META: Readonly<Record<string, Schema>> = {
  apiVersion: STRING,
  kind: STRING,
  metadata: { type: 'object', properties: { name: STRING, generateName: STRING } },
}

/**
 * Declares the types of a schema in an environment, those of all below too. Undefined: rules cannot see it (unknown type).
 * types: gets those of all schemas, for the rules there
 * source: apiserver pkg/cel/common/schemas.go
 */
export function declareSchemaType(
  environment: Environment,
  schema: Schema,
  isRoot: boolean,
  types: Map<Schema, SchemaType>,
): SchemaType | undefined {
  const type = declare(environment, schema, isRoot, types)
  if (type !== undefined) types.set(schema, type)
  return type
}

function declare(
  environment: Environment,
  schema: Schema,
  isRoot: boolean,
  types: Map<Schema, SchemaType>,
): SchemaType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return INT_OR_STRING
  if (isRoot) return declareObject(environment, { ...schema.properties, ...TYPE_AND_OBJECT_META }, types)
  const below = (child: Schema) =>
    declareSchemaType(environment, child, child['x-kubernetes-embedded-resource'] === true, types)
  switch (schema.type) {
    case 'string':
      return BY_FORMAT[schema.format ?? ''] ?? TEXT
    case 'boolean':
      return BOOLEAN
    case 'number':
      return DOUBLE
    case 'integer':
      return INTEGER
    case 'array':
      return listOf(schema.items && below(schema.items))
    case 'object':
      if (typeof schema.additionalProperties === 'object') return mapOf(below(schema.additionalProperties))
      return declareObject(environment, schema.properties ?? {}, types)
    default:
      return undefined
  }
}

function listOf(items: SchemaType | undefined): SchemaType | undefined {
  if (items === undefined) return undefined
  return {
    name: `list<${items.name}>`,
    convert: (value) => (expected('object', value) as JsonValue[]).map((item) => items.convert(item)),
  }
}

function mapOf(values: SchemaType | undefined): SchemaType | undefined {
  if (values === undefined) return undefined
  return {
    name: `map<string, ${values.name}>`,
    convert: (value) =>
      new Map(
        Object.entries(expected('object', value) as JsonObject).map(([key, each]) => [key, values.convert(each)]),
      ),
  }
}

/** A class of its own for each object: that is what the evaluator tells types by. */
function declareObject(
  environment: Environment,
  properties: Readonly<Record<string, Schema>>,
  types: Map<Schema, SchemaType>,
): SchemaType {
  const fields = new Map<string, { name: string; type: SchemaType }>()
  for (const [property, schema] of Object.entries(properties)) {
    const type = declareSchemaType(environment, schema, schema['x-kubernetes-embedded-resource'] === true, types)
    const name = escapePropertyName(property)
    if (type !== undefined && name !== undefined) fields.set(property, { name, type })
  }
  // Types are never dropped from `types` while they are declared, so its size makes a new name.
  const name = `object${types.size}`
  types.set({ ...{ type: 'object' } }, TEXT)
  const ObjectClass = class {
    [field: string]: unknown
  }
  environment.registerType(name, {
    ctor: ObjectClass,
    fields: Object.fromEntries([...fields.values()].map((field) => [field.name, field.type.name])),
  })
  environment.registerOperator(`${name} == ${name}`, (a: unknown, b: unknown) => isCelEqual(a, b))
  return {
    name,
    convert(value) {
      const object = new ObjectClass()
      for (const [property, each] of Object.entries(expected('object', value) as JsonObject)) {
        const field = fields.get(property)
        // A null in an object counts as left out.
        if (field !== undefined && each !== null) object[field.name] = field.type.convert(each)
      }
      return object
    },
  }
}

function expected(type: 'string' | 'boolean' | 'number' | 'object', value: JsonValue): JsonValue {
  if (typeof value === type && value !== null) return value
  if (value === null) throw new RuleError('invalid data, got null for schema with nullable=false')
  throw new RuleError(
    `invalid data, expected ${type}, got ${isJsonObject(value) ? 'map[string]interface {}' : typeof value}`,
  )
}

function toDuration(text: string): Duration {
  const nanoseconds = parseGoDuration(text)
  if (nanoseconds === undefined) throw new RuleError(`Invalid duration ${text}`)
  const seconds = Math.trunc(nanoseconds / 1e9)
  return new Duration(BigInt(seconds), Math.round(nanoseconds - seconds * 1e9))
}

function toTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new RuleError(`Invalid date-time formatted string ${text}`)
  return time
}
