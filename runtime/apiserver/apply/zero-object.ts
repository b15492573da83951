import { apiVersionOf } from '../../util/gvk.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { emptyObject } from '../kinds/strategies/apply-defaults.ts'
import type { Schema } from '../schema/schema.ts'

/**
 * What is there before a create, as ownership sees it. Of built-in kinds that is Go's empty struct, in which structs and
 * required fields are present: who creates a Deployment does not own `spec` as such, who creates a custom object does.
 * Where Go's type is not known the schema tells: a struct shows in it by its default `{}`.
 */
export function zeroObject(
  resource: Pick<ApiResource, 'group' | 'version' | 'kind' | 'schema' | 'isCustom'>,
): JsonObject {
  const { group, version, kind, schema, isCustom } = resource
  const named = { apiVersion: apiVersionOf(resource), kind }
  if (isCustom) return named
  const empty = emptyObject(group, version, kind) ?? (schema === undefined ? {} : zeroFields(schema))
  return { ...empty, ...named }
}

function zeroFields(schema: Schema): JsonObject {
  const fields: JsonObject = {}
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (isStruct(property)) fields[name] = zeroFields(property)
    else if (schema.required?.includes(name)) fields[name] = zeroValue(property)
  }
  return fields
}

function isStruct({ default: value, properties }: Schema): boolean {
  return properties !== undefined && typeof value === 'object' && value !== null
}

function zeroValue({ type, default: value }: Schema): JsonValue {
  if (value === undefined) return null
  switch (type) {
    case 'string':
      return ''
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    default:
      return null
  }
}
