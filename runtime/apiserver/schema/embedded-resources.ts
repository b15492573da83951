import type { FieldError } from '../field-error.ts'
import { goNameOf } from '../http/go-names.ts'
import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { label1035Name } from '../kinds/strategies/names.ts'
import { validateObjectMeta } from '../kinds/strategies/object-meta.ts'
import { childPath, type FieldPath, indexPath, keyPath } from './field-path.ts'
import { objectMetaFault } from './object-meta-fault.ts'
import type { Schema } from './schema.ts'

/**
 * Checks apiVersion, kind and metadata of what is a resource in itself (x-kubernetes-embedded-resource).
 * source: apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go
 */
export function validateEmbeddedResources(schema: Schema | undefined, value: unknown, path?: FieldPath): FieldError[] {
  if (schema === undefined) return []
  const own =
    schema['x-kubernetes-embedded-resource'] === true && isJsonObject(value) ? validateResource(value, path) : []
  const below = partsOf(schema, value, path).flatMap(([child, each, at]) => validateEmbeddedResources(child, each, at))
  return [...own, ...below]
}

type Part = readonly [schema: Schema | undefined, value: JsonValue, path: FieldPath]

function partsOf(schema: Schema, value: unknown, path: FieldPath): Part[] {
  if (Array.isArray(value)) return value.map((item: JsonValue, i) => [schema.items, item, indexPath(path, i)] as const)
  if (!isJsonObject(value)) return []
  const { properties = {}, additionalProperties } = schema
  return Object.entries(value).flatMap(([key, child]): Part[] => {
    if (Object.hasOwn(properties, key)) return [[properties[key], child, childPath(path, key)]]
    return typeof additionalProperties === 'object' ? [[additionalProperties, child, keyPath(path, key)]] : []
  })
}

function validateResource(resource: JsonObject, path: FieldPath): FieldError[] {
  return [
    ...validateTypeField(resource, 'apiVersion', path, (text) =>
      text.split('/').length > 2 ? `unexpected GroupVersion string: ${text}` : undefined,
    ),
    ...validateTypeField(resource, 'kind', path, (text) => {
      const faults = label1035Name(text.toLowerCase())
      return faults.length === 0 ? undefined : `may have mixed case, but should otherwise match: ${faults.join(',')}`
    }),
    ...(resource.metadata === undefined ? [] : validateMetadata(resource, childPath(path, 'metadata'))),
  ]
}

function validateTypeField(
  resource: JsonObject,
  key: string,
  path: FieldPath,
  faultOf: (text: string) => string | undefined,
): FieldError[] {
  const field = childPath(path, key)
  const value = resource[key]
  if (value === undefined) return [{ reason: 'FieldValueRequired', field, detail: '' }]
  const invalid = (detail: string): FieldError[] => [{ reason: 'FieldValueInvalid', field, badValue: value, detail }]
  if (typeof value !== 'string') return invalid('must be a string')
  if (value === '') return invalid('must not be empty')
  const fault = faultOf(value)
  return fault === undefined ? [] : invalid(fault)
}

/** A name may be left out. */
function validateMetadata(resource: JsonObject, field: string): FieldError[] {
  const { metadata } = resource
  if (metadata === null) return []
  const why = metadataFault(metadata)
  if (why !== undefined || !isJsonObject(metadata))
    return [{ reason: 'FieldValueInvalid', field, badValue: metadata, detail: why ?? '' }]
  const name = metadata.name === undefined || metadata.name === '' ? 'fakename' : metadata.name
  const object = { ...resource, metadata: { ...metadata, name } } as unknown as ApiObject
  const rules = { namespaced: (metadata.namespace ?? '') !== '', nameRule: 'path', takesPlainFinalizers: true } as const
  return validateObjectMeta(object, rules).map((error) => ({
    ...error,
    field: error.field.replace(/^metadata/, field),
  }))
}

/** Why Go could not read it as ObjectMeta. */
function metadataFault(metadata: JsonValue | undefined): string | undefined {
  if (!isJsonObject(metadata))
    return `json: cannot unmarshal ${goNameOf(metadata ?? null)} into Go value of type v1.ObjectMeta`
  const fault = objectMetaFault(metadata)
  return (
    fault &&
    `json: cannot unmarshal ${fault.found} into Go struct field ObjectMeta.${fault.field} of type ${fault.wanted}`
  )
}

/**
 * Reads the metadata of resources in an object as Go does, which makes nothing of nulls. Answers what cannot be read.
 * source: apiextensions-apiserver pkg/apiserver/schema/objectmeta/algorithm.go
 */
export function coerceEmbeddedResources(
  schema: Schema | undefined,
  value: unknown,
  path?: FieldPath,
): FieldError | undefined {
  if (schema === undefined) return undefined
  const own = schema['x-kubernetes-embedded-resource'] === true && isJsonObject(value) ? coerce(value, path) : undefined
  if (own !== undefined) return own
  for (const [child, each, at] of partsOf(schema, value, path)) {
    const fault = coerceEmbeddedResources(child, each, at)
    if (fault !== undefined) return fault
  }
  return undefined
}

function coerce(resource: JsonObject, path: FieldPath): FieldError | undefined {
  for (const key of ['apiVersion', 'kind']) {
    const value = resource[key]
    if (value !== undefined && typeof value !== 'string')
      return { reason: 'FieldValueInvalid', field: childPath(path, key), badValue: value, detail: 'must be a string' }
  }
  const { metadata } = resource
  if (metadata === null) resource.metadata = {}
  const why = metadata === undefined || metadata === null ? undefined : metadataFault(metadata)
  if (why === undefined) return undefined
  return { reason: 'FieldValueInvalid', field: childPath(path, 'metadata'), badValue: metadata, detail: why }
}
