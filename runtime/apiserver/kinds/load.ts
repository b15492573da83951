import { apiVersionOf } from '../../util/gvk.ts'
import type { ApiObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import type { ApiResource, Column, Strategy } from './api-resource.ts'
import { builtInColumns } from './columns/built-in-columns.ts'
import { type DistilledResource, readDistilledKinds } from './distilled-kinds.ts'
import { linkSchemas } from './link-schemas.ts'
import { Registry } from './registry.ts'

/** What a kind's own code says of it, beside what was read off a real server. */
export type BuiltInStrategy = Strategy & Pick<ApiResource, 'selectableFields' | 'convert'>

/** undefined: nothing beyond what all kinds have. */
export type BehaviourOf = (group: string, kind: string, version: string) => BuiltInStrategy | undefined

/** The built-in kinds of the distilled Kubernetes version, each with its schema, columns and behaviour. */
export function createBuiltInRegistry(behaviourOf: BehaviourOf = () => undefined): Registry {
  const registry = new Registry()
  registry.set(readDistilledKinds().resources.map((each) => toApiResource(each, behaviourOf)))
  return registry
}

/** By OpenAPI definition name, as `io.k8s.api.core.v1.Pod`, also of what only subresources and requests have; linked once. */
export function builtInSchemas(): ReadonlyMap<string, Schema> {
  schemas ??= linkSchemas(readDistilledKinds().schemas)
  return schemas
}

let schemas: ReadonlyMap<string, Schema> | undefined

/** source: k8s.io/api core/v1/lifecycle.go; no other group's has any. */
const DEPRECATIONS: Readonly<Record<string, string>> = {
  'v1 ComponentStatus': 'v1 ComponentStatus is deprecated in v1.19+',
  'v1 Endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}

function toApiResource(distilled: DistilledResource, behaviourOf: BehaviourOf): ApiResource {
  const { group, version, plural, kind, storage, schema } = distilled
  const storageApiVersion = storage ?? apiVersionOf(distilled)
  const subresources = new Map(Object.entries(distilled.subresources ?? {}))
  const plain: BuiltInStrategy = { hasGeneration: false, hasStatus: subresources.has('status'), selectableFields: {} }
  const { selectableFields, convert, ...strategy } = behaviourOf(group, kind, version) ?? plain
  return {
    group,
    version,
    kind,
    listKind: distilled.listKind ?? `${kind}List`,
    plural,
    singular: distilled.singular,
    namespaced: distilled.namespaced,
    shortNames: distilled.shortNames ?? [],
    categories: distilled.categories ?? [],
    verbs: distilled.verbs,
    subresources,
    storage: `${storageApiVersion.includes('/') ? storageApiVersion.split('/')[0] : ''}/${plural}`,
    storageApiVersion,
    schema: schema === undefined ? undefined : builtInSchemas().get(schema),
    columns: columnsOf(distilled),
    strategy,
    isCustom: false,
    deprecation: DEPRECATIONS[`${version} ${kind}`],
    selectableFields,
    convert,
  }
}

/** The real server's columns, with the cells that are known here; a column without is left empty, never left out. */
function columnsOf({ group, kind, columns = [] }: DistilledResource): Column[] {
  const cells = builtInColumns(group, kind)
  return columns.map(({ name, type = 'string', format = '', priority = 0, description }) => ({
    name,
    type,
    format,
    description,
    priority,
    cell: cells[name] ?? emptyCell,
  }))
}

function emptyCell(_object: ApiObject): null {
  return null
}
