import { isDeepStrictEqual } from 'node:util'
import { type ApiObject, isJsonObject, type JsonObject } from '../json.ts'
import type { Strategy } from '../kinds/api-resource.ts'
import { applyBuiltInDefaults } from '../kinds/strategies/apply-defaults.ts'
import { validateBounded } from '../schema/bounded-validation.ts'
import { type Schema, schemasBelow } from '../schema/schema.ts'
import { effectiveFormat } from '../schema/string-format.ts'
import { rfc3339 } from '../timestamp.ts'
import { CLEANUP_FINALIZER, type Definition, schemaOfVersion, setCondition } from './definition.ts'
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './validate-definition.ts'

/**
 * How definitions themselves are created and changed.
 * source: apiextensions-apiserver pkg/registry/customresourcedefinition, pkg/apis/apiextensions/v1/defaults.go
 */
export function createDefinitionStrategy(now: () => Date): Strategy {
  return {
    hasGeneration: true,
    hasStatus: true,
    takesPlainFinalizers: true,
    updatesUnconditionally: false,
    applyDefaults,
    prepareForCreate(object) {
      object.status = emptyStatus()
      addStoredVersion(object)
    },
    prepareForUpdate(object, old) {
      object.status = structuredClone(old.status)
      addStoredVersion(object)
    },
    prepareForStatusUpdate(object, old) {
      object.spec = structuredClone(old.spec)
    },
    // A schema's patterns and rules are asked about its defaults.
    validate: (object) => validateBounded(() => validateDefinition(object)),
    validateUpdate: (object, old) => validateBounded(() => validateDefinitionUpdate(object, old)),
    validateStatusUpdate: validateDefinitionStatus,
    warningsOf(object, old) {
      const known = new Set(old === undefined ? [] : unrecognizedFormats(old as Definition))
      return unrecognizedFormats(object as Definition)
        .filter((format) => !known.has(format))
        .map((format) => `unrecognized format ${JSON.stringify(format)}`)
    },
    prepareForDelete(object) {
      const { metadata } = object
      // Set here, as it is without a grace period and no new generation.
      metadata.deletionTimestamp ??= rfc3339(now().getTime())
      if (!(metadata.finalizers ?? []).includes(CLEANUP_FINALIZER))
        metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER]
      const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon'
      setCondition(
        object as Definition,
        { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message },
        now(),
      )
    },
  }
}

/** Formats of the schemas that nothing is held to. */
function unrecognizedFormats({ spec }: Definition): string[] {
  const schemas = spec.versions.map((version) => schemaOfVersion(version))
  const isShared = schemas.every((schema) => isDeepStrictEqual(schema, schemas[0]))
  return (isShared ? schemas.slice(0, 1) : schemas).flatMap(unrecognizedIn)
}

function unrecognizedIn(schema: Schema): string[] {
  const { format = '' } = schema
  const own = format !== '' && effectiveFormat({ type: schema.type, format } as Schema) === undefined ? [format] : []
  return [...own, ...schemasBelow(schema).flatMap(unrecognizedIn)]
}

function emptyStatus(): JsonObject {
  return { conditions: null, acceptedNames: { kind: '', plural: '' }, storedVersions: [] }
}

/** Names and conversion; the stored versions are those of the storage version unless there are some. */
function applyDefaults(object: ApiObject): void {
  const given = (object.spec as { versions?: unknown } | undefined)?.versions
  applyBuiltInDefaults(object)
  const spec = object.spec as JsonObject
  // An empty list stays one, as definitions are not stored as protobuf.
  if (Array.isArray(given)) spec.versions ??= []
  const names = isJsonObject(spec.names) ? spec.names : undefined
  if (names !== undefined) {
    const kind = typeof names.kind === 'string' ? names.kind : ''
    if ((names.singular ?? '') === '') names.singular = kind.toLowerCase()
    if ((names.listKind ?? '') === '' && kind !== '') names.listKind = `${kind}List`
  }
  if (spec.conversion === undefined || spec.conversion === null) spec.conversion = { strategy: 'None' }
  defaultServicePort(spec)
  addStoredVersion(object, true)
}

function defaultServicePort({ conversion }: JsonObject): void {
  const webhook = isJsonObject(conversion) ? conversion.webhook : undefined
  const client = isJsonObject(webhook) ? webhook.clientConfig : undefined
  const service = isJsonObject(client) ? client.service : undefined
  if (isJsonObject(service)) service.port ??= 443
}

function addStoredVersion(object: ApiObject, onlyIfNone = false): void {
  const { versions } = object.spec as { versions?: unknown }
  const status = object.status as { storedVersions?: string[] }
  const stored = status.storedVersions ?? []
  if (!Array.isArray(versions) || (onlyIfNone && stored.length > 0)) return
  const storage = versions.find((version) => isJsonObject(version) && version.storage === true)?.name
  status.storedVersions = typeof storage === 'string' && !stored.includes(storage) ? [...stored, storage] : stored
}
