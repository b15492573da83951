import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { readDistilledKinds } from '../kinds/distilled-kinds.ts'
import type { ApiGroupVersion } from './api-groups.ts'
import { definitionsFor, PATCH } from './openapi-definitions.ts'
import { type Operation, operationsOf, pathsOf } from './openapi-operations.ts'

/** The document of one group version. */
export function openApiV3({ resources }: ApiGroupVersion): object {
  const { major, minor } = readDistilledKinds().version
  const isCustom = resources.every((each) => each.isCustom)
  return {
    openapi: '3.0.0',
    info: isCustom
      ? { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' }
      : { title: 'Kubernetes', version: `${major}.${minor}` },
    paths: pathsOf(resources.flatMap(operationsOf), operationOf),
    components: {
      schemas: Object.fromEntries(
        [...definitionsFor(resources)].map(([name, schema]) => [name, withReferences(schema)]),
      ),
    },
  }
}

const ROOT = '#/components/schemas/'

/** `$ref` may have no siblings in v3.0: they stand beside an allOf. */
function withReferences(value: JsonValue, isProperty = false): JsonValue {
  if (Array.isArray(value)) return value.map((each) => withReferences(each))
  if (!isJsonObject(value)) return value
  const { $ref: name, ...siblings } = value
  const rest = Object.fromEntries(Object.entries(siblings).map(([key, each]) => [key, withField(key, each)]))
  if (typeof name !== 'string') return rest
  const reference = { $ref: ROOT + name }
  // A property has a sibling always: on a real server its description.
  return isProperty || Object.keys(siblings).length > 0 ? { ...rest, allOf: [reference] } : reference
}

function withField(key: string, value: JsonValue): JsonValue {
  if (key === 'default' || key === 'enum') return value
  if (key !== 'properties') return withReferences(value)
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, each]) => [name, withReferences(each, true)]),
  )
}

function operationOf({ tag, id, parameters, body, answer, patchTypes, action, gvk }: Operation): JsonObject {
  const content = contentOf(body, patchTypes)
  return {
    tags: [tag],
    operationId: id,
    parameters: parameters.map(({ name, in: place, type }) => ({
      name,
      in: place,
      ...(place === 'path' && { required: true }),
      schema: { type, uniqueItems: true },
    })),
    ...(content !== undefined && { requestBody: { content } }),
    responses: {
      '200': {
        description: 'OK',
        ...(answer !== undefined && { content: { 'application/json': { schema: { $ref: ROOT + answer } } } }),
      },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { ...gvk },
  }
}

function contentOf(body: string | undefined, patchTypes: readonly string[]): JsonObject | undefined {
  if (body !== undefined) return { '*/*': { schema: { $ref: ROOT + body } } }
  if (patchTypes.length === 0) return undefined
  return Object.fromEntries(patchTypes.map((type) => [type, { schema: { $ref: ROOT + PATCH } }]))
}
