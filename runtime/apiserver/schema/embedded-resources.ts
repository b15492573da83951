import type { FieldError } from '../field-error.ts'
import { type ApiObject, isJsonObject, type JsonObject } from '../json.ts'
import { label1035Name } from '../kinds/strategies/names.ts'
import { validateObjectMeta } from '../kinds/strategies/object-meta.ts'
import { childPath, type FieldPath, indexPath, keyPath } from './field-path.ts'
import type { Schema } from './schema.ts'

/**
 * Checks apiVersion, kind and metadata of what is a resource in itself (x-kubernetes-embedded-resource).
 * source: apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go
 */
export function validateEmbeddedResources(schema: Schema | undefined, value: unknown, path?: FieldPath): FieldError[] {
  if (schema === undefined) return []
  if (Array.isArray(value))
    return value.flatMap((item, i) => validateEmbeddedResources(schema.items, item, indexPath(path, i)))
  if (!isJsonObject(value)) return []
  const { properties = {}, additionalProperties } = schema
  const own = schema['x-kubernetes-embedded-resource'] === true ? validateResource(value, path) : []
  const below = Object.entries(value).flatMap(([key, child]) => {
    if (Object.hasOwn(properties, key)) return validateEmbeddedResources(properties[key], child, childPath(path, key))
    if (typeof additionalProperties !== 'object') return []
    return validateEmbeddedResources(additionalProperties, child, keyPath(path, key))
  })
  return [...own, ...below]
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
  if (!isJsonObject(metadata)) {
    const detail = 'json: cannot unmarshal into Go value of type v1.ObjectMeta'
    return [{ reason: 'FieldValueInvalid', field, badValue: metadata, detail }]
  }
  const name = metadata.name === undefined || metadata.name === '' ? 'fakename' : metadata.name
  const object = { ...resource, metadata: { ...metadata, name } } as unknown as ApiObject
  const rules = { namespaced: (metadata.namespace ?? '') !== '', nameRule: 'path', isCustom: true } as const
  return validateObjectMeta(object, rules).map((error) => ({
    ...error,
    field: error.field.replace(/^metadata/, field),
  }))
}
