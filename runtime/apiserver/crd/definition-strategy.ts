import { type ApiObject, isJsonObject, type JsonObject } from '../json.ts'
import type { Strategy } from '../kinds/api-resource.ts'
import { validateBounded } from '../schema/bounded-validation.ts'
import { CLEANUP_FINALIZER, type Definition, setCondition } from './definition.ts'
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './validate-definition.ts'

/**
 * How definitions themselves are created and changed.
 * source: apiextensions-apiserver pkg/registry/customresourcedefinition, pkg/apis/apiextensions/v1/defaults.go
 */
export function createDefinitionStrategy(now: () => Date): Strategy {
  return {
    hasGeneration: true,
    hasStatus: true,
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
    prepareForDelete(object) {
      const { metadata } = object
      // Set here, as it is without a grace period and no new generation.
      metadata.deletionTimestamp ??= `${now().toISOString().slice(0, 19)}Z`
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

function emptyStatus(): JsonObject {
  return { conditions: null, acceptedNames: { kind: '', plural: '' }, storedVersions: [] }
}

/** Names and conversion; the stored versions are those of the storage version unless there are some. */
function applyDefaults(object: ApiObject): void {
  const spec = isJsonObject(object.spec) ? object.spec : {}
  object.spec = spec
  const names = isJsonObject(spec.names) ? spec.names : undefined
  if (names !== undefined) {
    const kind = typeof names.kind === 'string' ? names.kind : ''
    if ((names.singular ?? '') === '') names.singular = kind.toLowerCase()
    if ((names.listKind ?? '') === '' && kind !== '') names.listKind = `${kind}List`
  }
  if (spec.conversion === undefined || spec.conversion === null) spec.conversion = { strategy: 'None' }
  defaultServicePort(spec)
  dropEmpty(spec.versions)
  object.status ??= emptyStatus()
  addStoredVersion(object, true)
}

/** Go writes out no empty map or list of a schema. */
function dropEmpty(value: unknown): void {
  if (Array.isArray(value)) for (const each of value) dropEmpty(each)
  if (!isJsonObject(value)) return
  for (const [key, each] of Object.entries(value)) {
    // What a default or an enumeration has is data.
    if (key === 'default' || key === 'enum' || key === 'example') continue
    dropEmpty(each)
    if (OMITTED_EMPTY.has(key) && isEmpty(each)) delete value[key]
  }
}

const OMITTED_EMPTY: ReadonlySet<string> = new Set([
  ...['properties', 'required', 'allOf', 'anyOf', 'oneOf', 'patternProperties', 'definitions', 'dependencies'],
  ...['x-kubernetes-list-map-keys', 'x-kubernetes-validations', 'additionalPrinterColumns', 'selectableFields'],
])

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
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
