import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'

/** What kubectl asks `/openapi/v2` for when v3 does not know a kind. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/**
 * An OpenAPI v2 document in the protobuf that Go's clients read.
 * source: github.com/google/gnostic-models openapiv2/OpenAPIv2.proto
 */
export function encodeOpenApiV2(document: object): Buffer {
  return encode('Document', document as JsonObject)
}

/**
 * Messages by name: JSON field → `NUMBER TYPE`. A type is `string`, `boolean`, `number`, `integer`, `any` (as text), a
 * message, or `[]` and one of these. `*` takes all fields that have no line: each becomes an entry of name and value.
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Document: { swagger: '1 string', info: '2 Info', paths: '8 Paths', definitions: '9 Schemas' },
  Info: { title: '1 string', version: '2 string' },
  Paths: { '*': '2 PathItem' },
  PathItem: {
    ...{ get: '2 Operation', put: '3 Operation', post: '4 Operation', delete: '5 Operation' },
    ...{ options: '6 Operation', head: '7 Operation', patch: '8 Operation', parameters: '9 []Parameter' },
    '*': '10 any',
  },
  Operation: {
    ...{ tags: '1 []string', description: '3 string', operationId: '5 string', produces: '6 []string' },
    ...{ consumes: '7 []string', parameters: '8 []Parameter', responses: '9 Responses', schemes: '10 []string' },
    '*': '13 any',
  },
  body: { description: '1 string', name: '2 string', in: '3 string', required: '4 boolean', schema: '5 Schema' },
  query: { in: '2 string', description: '3 string', name: '4 string', type: '6 string', uniqueItems: '20 boolean' },
  path: {
    ...{ required: '1 boolean', in: '2 string', description: '3 string', name: '4 string', type: '5 string' },
    uniqueItems: '19 boolean',
  },
  Responses: { '*': '1 Response' },
  Response: { description: '1 string', schema: '2 SchemaItem' },
  Schemas: { '*': '1 Schema' },
  Schema: {
    ...{ $ref: '1 string', format: '2 string', title: '3 string', description: '4 string', default: '5 any' },
    ...{ multipleOf: '6 number', maximum: '7 number', exclusiveMaximum: '8 boolean', minimum: '9 number' },
    ...{ exclusiveMinimum: '10 boolean', maxLength: '11 integer', minLength: '12 integer', pattern: '13 string' },
    ...{ maxItems: '14 integer', minItems: '15 integer', uniqueItems: '16 boolean', maxProperties: '17 integer' },
    ...{
      minProperties: '18 integer',
      required: '19 []string',
      enum: '20 []any',
      additionalProperties: '21 Additional',
    },
    ...{ type: '22 Type', items: '23 Items', allOf: '24 []Schema', properties: '25 Schemas', example: '30 any' },
    '*': '31 any',
  },
}

function encode(message: string, object: JsonObject): Buffer {
  const fields = MESSAGES[message] ?? {}
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(object)) {
    const [number = '', type = ''] = (fields[name] ?? fields['*'] ?? '').split(' ')
    if (number === '') continue
    if (fields[name] === undefined) parts.push(bytesField(Number(number), namedValue(name, type, value)))
    else if (type.startsWith('[]'))
      for (const item of value as JsonValue[]) parts.push(encodeField(Number(number), type.slice(2), item))
    else parts.push(encodeField(Number(number), type, value))
  }
  return Buffer.concat(parts)
}

function namedValue(name: string, type: string, value: JsonValue): Buffer {
  return Buffer.concat([bytesField(1, Buffer.from(name)), encodeField(2, type, value)])
}

function encodeField(number: number, type: string, value: JsonValue): Buffer {
  switch (type) {
    case 'boolean':
      return Buffer.concat([varint(number << 3), varint(value === true ? 1 : 0)])
    case 'integer':
      return Buffer.concat([varint(number << 3), varint(Number(value))])
    case 'number':
      return Buffer.concat([varint((number << 3) | 1), doubleBytes(Number(value))])
    default:
      return bytesField(number, contentOf(type, value))
  }
}

/** What is wrapped in a message of its own, for protobuf has no alternatives else. */
function contentOf(type: string, value: JsonValue): Buffer {
  switch (type) {
    case 'string':
      return Buffer.from(String(value))
    case 'any':
      // As YAML, which JSON is.
      return bytesField(2, Buffer.from(`${JSON.stringify(value)}\n`))
    case 'Type':
      return Buffer.concat([value].flat().map((each) => bytesField(1, Buffer.from(String(each)))))
    case 'Items':
    case 'SchemaItem':
      return bytesField(1, encode('Schema', objectOf(value)))
    case 'Additional':
      return isJsonObject(value) ? bytesField(1, encode('Schema', value)) : encodeField(2, 'boolean', value)
    case 'Response':
      return bytesField(1, encode('Response', objectOf(value)))
    case 'Parameter':
      return bytesField(1, parameterContent(objectOf(value)))
    default:
      return encode(type, objectOf(value))
  }
}

function parameterContent(parameter: JsonObject): Buffer {
  if (parameter.in === 'body') return bytesField(1, encode('body', parameter))
  const isPath = parameter.in === 'path'
  return bytesField(2, bytesField(isPath ? 4 : 3, encode(isPath ? 'path' : 'query', parameter)))
}

function objectOf(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {}
}

function bytesField(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function doubleBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

/** Of a number that is not below zero. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}
