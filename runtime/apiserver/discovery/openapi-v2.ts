import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { readDistilledKinds } from '../kinds/distilled-kinds.ts'
import type { ApiGroup } from './api-groups.ts'
import { definitionsFor, PATCH } from './openapi-definitions.ts'
import { type Operation, operationsOf, pathsOf } from './openapi-operations.ts'

/** One document for all that is served, for clients older than v3. */
export function openApiV2(groups: readonly ApiGroup[]): object {
  const resources = groups.flatMap(({ versions }) => versions.flatMap((each) => each.resources))
  const { major, minor } = readDistilledKinds().version
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: `${major}.${minor}` },
    paths: pathsOf(resources.flatMap(operationsOf), operationOf),
    definitions: Object.fromEntries([...definitionsFor(resources)].map(([name, schema]) => [name, toV2(schema)])),
  }
}

const ROOT = '#/definitions/'
/** Not in v2's vocabulary; kube-apiserver leaves them out as well. */
const NOT_IN_V2 = new Set(['anyOf', 'oneOf', 'not', 'nullable', 'default'])

function toV2(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema
  if (schema.format === 'int-or-string') return { type: 'string', format: 'int-or-string' }
  // A quantity: a string first of all.
  const type = Array.isArray(schema.oneOf) && schema.type === undefined ? { type: 'string' } : {}
  const converted: JsonObject = { ...type }
  for (const [key, value] of Object.entries(schema)) {
    if (NOT_IN_V2.has(key)) continue
    if (key === '$ref') converted.$ref = ROOT + (value as string)
    else if (key === 'properties') converted.properties = mapValues(value as JsonObject)
    else if (key === 'items' || key === 'additionalProperties') converted[key] = toV2(value)
    else if (key === 'allOf') converted.allOf = (value as JsonValue[]).map(toV2)
    else converted[key] = value
  }
  return converted
}

function mapValues(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, toV2(each)]))
}

function operationOf({ tag, id, parameters, body, answer, patchTypes, action, gvk }: Operation): JsonObject {
  const sent = body ?? (patchTypes.length > 0 ? PATCH : undefined)
  const bodyParameter = sent === undefined ? [] : [{ name: 'body', in: 'body', schema: { $ref: ROOT + sent } }]
  return {
    consumes: patchTypes.length > 0 ? [...patchTypes] : ['*/*'],
    produces: ['application/json'],
    schemes: ['https'],
    tags: [tag],
    operationId: id,
    parameters: [
      ...bodyParameter,
      ...parameters.map(({ name, in: place, type }) => ({
        name,
        in: place,
        type,
        uniqueItems: true,
        ...(place === 'path' && { required: true }),
      })),
    ],
    responses: {
      '200': { description: 'OK', ...(answer !== undefined && { schema: { $ref: ROOT + answer } }) },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { ...gvk },
  }
}
