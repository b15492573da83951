import PQueue from 'p-queue'
import { compareVersions } from '../discovery/version-order.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource, Subresource } from '../kinds/api-resource.ts'
import { customColumns } from '../kinds/columns/custom-columns.ts'
import { findByJsonPath } from '../kinds/columns/json-path.ts'
import { applySchemaDefaults } from '../schema/defaults.ts'
import { prune } from '../schema/prune.ts'
import { ApiError } from '../status.ts'
import { createCustomStrategy } from './custom-strategy.ts'
import {
  type Definition,
  type DefinitionSpec,
  type DefinitionVersion,
  isConditionTrue,
  schemaOfVersion,
  storageVersionOf,
} from './definition.ts'
import { rememberScalePaths } from './scale.ts'
import { convertByWebhook, type WebhookConversion } from './webhook-conversion.ts'

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

/** The served versions of a definition, as the registry has them, under the names that were accepted. */
export function customResources(
  definition: Definition,
  resolveService: WebhookConversion['resolveService'],
): ApiResource[] {
  return definition.spec.versions
    .filter(({ served }) => served)
    .map((version) => toResource(definition, version, resolveService))
}

function toResource(
  definition: Definition,
  version: DefinitionVersion,
  resolveService: WebhookConversion['resolveService'],
): ApiResource {
  const { spec, status } = definition
  const names = status.acceptedNames
  const schema = schemaOfVersion(version)
  const { subresources } = version
  const preservesUnknownFields = spec.preserveUnknownFields === true
  const resource: ApiResource = {
    definition: spec,
    group: spec.group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: VERBS,
    subresources: subresourcesOf(version, names.kind),
    storage: `${spec.group}/${names.plural}`,
    storageApiVersion: `${spec.group}/${storageVersionOf(spec)}`,
    schema,
    columns: customColumns(version.additionalPrinterColumns),
    strategy: createCustomStrategy({
      schema,
      hasStatus: subresources?.status !== undefined,
      scale: subresources?.scale,
      preservesUnknownFields,
      isStorageVersion: version.name === storageVersionOf(spec),
      assertCreatable: (object) => assertCreatable(definition, object),
    }),
    isCustom: true,
    deprecation: deprecationOf(version, spec),
    selectableFields: selectableFieldsOf(version),
    convert: conversionOf(definition, resolveService),
  }
  if (subresources?.scale !== undefined) rememberScalePaths(resource, subresources.scale)
  return resource
}

/** Its own words, or which newer version there is. source: apiextensions-apiserver customresource_handler.go, defaultDeprecationWarning */
function deprecationOf(version: DefinitionVersion, { group, names, versions }: Definition['spec']): string | undefined {
  if (version.deprecated !== true) return undefined
  if (version.deprecationWarning !== undefined) return version.deprecationWarning
  const [best] = versions
    .filter((each) => each.served && each.deprecated !== true && compareVersions(each.name, version.name) < 0)
    .map((each) => each.name)
    .sort(compareVersions)
  const instead = best === undefined ? '' : `; use ${group}/${best} ${names.kind}`
  return `${group}/${version.name} ${names.kind} is deprecated${instead}`
}

/** What is being taken away takes nothing in. */
function assertCreatable(definition: Definition, { metadata }: ApiObject): void {
  if (!isConditionTrue(definition, 'Terminating')) return
  const { group, names } = { group: definition.spec.group, names: definition.status.acceptedNames }
  const name = metadata.name ?? ''
  throw new ApiError(
    403,
    'Forbidden',
    `${names.plural}.${group} ${JSON.stringify(name)} is forbidden: create not allowed while custom resource definition is terminating`,
    { name, group, kind: names.plural },
  )
}

function subresourcesOf({ subresources }: DefinitionVersion, kind: string): Map<string, Subresource> {
  const verbs = ['get', 'patch', 'update']
  const all = new Map<string, Subresource>()
  if (subresources?.status !== undefined) all.set('status', { kind, verbs })
  if (subresources?.scale !== undefined) all.set('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs })
  return all
}

function selectableFieldsOf({ selectableFields = [] }: DefinitionVersion): ApiResource['selectableFields'] {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const find = findByJsonPath(jsonPath)
      const textOf = (object: ApiObject) => {
        const [value] = find(object)
        return value === undefined || value === null ? '' : String(value)
      }
      return [jsonPath.replace(/^\./, ''), textOf]
    }),
  )
}

/** That a webhook is asked for at once: a list of thousands must not open as many connections. */
const MAX_CONVERSIONS = 16

function conversionOf(
  { spec }: Definition,
  resolveService: WebhookConversion['resolveService'],
): ApiResource['convert'] {
  const { clientConfig, conversionReviewVersions = [] } = spec.conversion?.webhook ?? {}
  if (spec.conversion?.strategy !== 'Webhook' || clientConfig === undefined) return relabel(spec)
  const webhook: WebhookConversion = { clientConfig, conversionReviewVersions, resolveService }
  const queue = new PQueue({ concurrency: MAX_CONVERSIONS })
  return (object, toApiVersion) => queue.add(() => convertByWebhook(webhook, object, toApiVersion))
}

/** Conversion None: the version's name changes, and what the other version does not know goes. */
function relabel(spec: DefinitionSpec): ApiResource['convert'] {
  if (spec.versions.length < 2) return undefined
  const schemas = new Map(spec.versions.map((version) => [`${spec.group}/${version.name}`, schemaOfVersion(version)]))
  const stored = `${spec.group}/${storageVersionOf(spec)}`
  return async (original, toApiVersion) => {
    const object = structuredClone(original)
    const from = schemas.get(object.apiVersion)
    const to = schemas.get(toApiVersion)
    if (object.apiVersion === stored && from !== undefined) applySchemaDefaults(from, object)
    object.apiVersion = toApiVersion
    if (to !== undefined && spec.preserveUnknownFields !== true) prune(to, object)
    return object
  }
}
