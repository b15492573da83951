import { createHash } from 'node:crypto'
import type { JsonValue } from '../../../runtime/apiserver/json.ts'
import type {
  DistilledApiService,
  DistilledColumn,
  DistilledKinds,
  DistilledResource,
  DistilledSubresource,
} from '../../../runtime/apiserver/kinds/distilled-kinds.ts'
import { distillSchema, referencesOf } from './distill-schema.ts'

/** A GET of a real API server; answers the parsed body. errors: any other status than 200 */
export type Read = (path: string, accept?: string) => Promise<unknown>

/** Those that controllers touch. Left out: resource, flowcontrol, and what is for servers alone. */
const GROUPS = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'node.k8s.io',
]

/** Bodies and options that no resource has as its own schema, and that generic code or OpenAPI readers need. */
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const ALWAYS = ['DeleteOptions', 'Status', 'ObjectMeta', 'ListMeta', 'Patch', 'WatchEvent'].map((name) => META + name)

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

/** Structure only: no descriptions but those of columns, which are a part of every table that is sent. */
export async function distill(read: Read): Promise<DistilledKinds> {
  const version = (await read('/version')) as Record<string, string>
  const groups = await readGroups(read)
  const definitions = new Map<string, JsonValue>()
  const resources: DistilledResource[] = []
  for (const { name, versions } of groups) {
    for (const each of versions) resources.push(...(await readGroupVersion(read, name, each, definitions)))
  }
  const stored = resources.map((each) => withStorage(each, resources))
  const apiServices = await readApiServices(read)
  return { version, groups, apiServices, resources: stored, schemas: reachable(definitions, stored) }
}

/** As the server registers its own group-versions; they say in which order clients prefer them. */
async function readApiServices(read: Read): Promise<DistilledApiService[]> {
  const { items } = (await read('/apis/apiregistration.k8s.io/v1/apiservices')) as {
    items: { spec: DistilledApiService }[]
  }
  return items.map(({ spec }) => spec).filter(({ group = '' }) => GROUPS.includes(group))
}

async function readGroups(read: Read): Promise<{ name: string; versions: string[] }[]> {
  const { groups } = (await read('/apis')) as {
    groups: { name: string; versions: { version: string }[] }[]
  }
  const named = groups.map(({ name, versions }) => ({ name, versions: versions.map(({ version }) => version) }))
  const missing = GROUPS.filter((group) => group !== '' && !groups.some(({ name }) => name === group))
  if (missing.length > 0) throw new Error(`The server has no group ${missing.join(', ')}`)
  return [{ name: '', versions: ['v1'] }, ...named.filter(({ name }) => GROUPS.includes(name))]
}

interface ServedResource {
  name: string
  singularName: string
  namespaced: boolean
  group?: string
  version?: string
  kind: string
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
  storageVersionHash?: string
}

async function readGroupVersion(
  read: Read,
  group: string,
  version: string,
  definitions: Map<string, JsonValue>,
): Promise<DistilledResource[]> {
  const base = group === '' ? `api/${version}` : `apis/${group}/${version}`
  const { resources } = (await read(`/${base}`)) as { resources: ServedResource[] }
  const { components } = (await read(`/openapi/v3/${base}`)) as {
    components: { schemas: Record<string, JsonValue> }
  }
  for (const [name, schema] of Object.entries(components.schemas)) definitions.set(name, distillSchema(schema))
  const found: DistilledResource[] = []
  for (const resource of resources.filter(({ name }) => !name.includes('/'))) {
    const columns = resource.verbs.includes('list') ? await readColumns(read, `/${base}/${resource.name}`) : undefined
    const listKind = resource.verbs.includes('list') ? await readListKind(read, `/${base}/${resource.name}`) : undefined
    found.push(
      withoutUndefined({
        group,
        version,
        plural: resource.name,
        singular: resource.singularName,
        kind: resource.kind,
        listKind: listKind === `${resource.kind}List` ? undefined : listKind,
        namespaced: resource.namespaced,
        verbs: resource.verbs,
        shortNames: resource.shortNames,
        categories: resource.categories,
        storage: resource.storageVersionHash,
        schema: schemaNameOf(components.schemas, group, version, resource.kind),
        subresources: subresourcesOf(resource.name, resources),
        columns,
      }),
    )
  }
  return found
}

async function readListKind(read: Read, path: string): Promise<string> {
  return ((await read(path)) as { kind: string }).kind
}

async function readColumns(read: Read, path: string): Promise<DistilledColumn[]> {
  const { columnDefinitions } = (await read(path, TABLE)) as {
    columnDefinitions: { name: string; type: string; format: string; priority: number; description: string }[]
  }
  return columnDefinitions.map(({ name, type, format, priority, description }) => ({
    name,
    ...(type !== 'string' && { type }),
    ...(format !== '' && { format }),
    ...(priority !== 0 && { priority }),
    description,
  }))
}

function schemaNameOf(
  schemas: Record<string, JsonValue>,
  group: string,
  version: string,
  kind: string,
): string | undefined {
  return Object.keys(schemas).find((name) => {
    const schema = schemas[name] as {
      'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
    }
    const own = schema['x-kubernetes-group-version-kind'] ?? []
    return own.length === 1 && own[0]?.group === group && own[0].version === version && own[0].kind === kind
  })
}

function subresourcesOf(
  plural: string,
  resources: readonly ServedResource[],
): Record<string, DistilledSubresource> | undefined {
  const own = resources.filter(({ name }) => name.startsWith(`${plural}/`))
  if (own.length === 0) return undefined
  return Object.fromEntries(
    own.map(({ name, group, version, kind, verbs }) => [
      name.slice(plural.length + 1),
      withoutUndefined({ group, version, kind, verbs }),
    ]),
  )
}

/**
 * Discovery tells the stored version as a hash of it: that version is found by trying those that there are. Both groups'
 * events are found to be one storage this way.
 * source: k8s.io/apiserver pkg/endpoints/discovery/storageversionhash.go
 */
function withStorage(resource: DistilledResource, all: readonly DistilledResource[]): DistilledResource {
  if (resource.storage === undefined) return resource
  const match = all.find(
    ({ group, version, kind }) => kind === resource.kind && hashOf(`${group}/${version}/${kind}`) === resource.storage,
  )
  // An older version that is not served, as v1beta1 of definitions: what it is called matters here as a hash only.
  const { group, version } = match ?? resource
  const storage = group === '' ? version : `${group}/${version}`
  return { ...resource, storage, ...(match === undefined && { storageVersionHash: resource.storage }) }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64')
}

/** Schemas of resources and of what their subresources take, and all that these name; in the order of their names. */
function reachable(
  definitions: ReadonlyMap<string, JsonValue>,
  resources: readonly DistilledResource[],
): Record<string, JsonValue> {
  const found = new Map<string, JsonValue>()
  const open = [
    ...ALWAYS,
    ...resources.flatMap(({ schema }) => schema ?? []),
    ...subresourceSchemas(definitions, resources),
  ]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    const schema = definitions.get(name)
    if (schema === undefined) throw new Error(`No schema ${name}`)
    found.set(name, schema)
    open.push(...referencesOf(schema))
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Scale, Eviction, TokenRequest: kinds that have a group of their own. */
function subresourceSchemas(
  definitions: ReadonlyMap<string, JsonValue>,
  resources: readonly DistilledResource[],
): string[] {
  const all = Object.fromEntries(definitions) as Record<string, JsonValue>
  return resources.flatMap(({ subresources = {} }) =>
    Object.values(subresources).flatMap(({ group, version, kind }) =>
      group === undefined || version === undefined ? [] : (schemaNameOf(all, group, version, kind) ?? []),
    ),
  )
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
