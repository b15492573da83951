import type { JsonObject } from '../json.ts'
import type { ApiResource, Subresource } from '../kinds/api-resource.ts'
import {
  builtInDefinitionName,
  DELETE_OPTIONS,
  definitionNameOf,
  type Gvk,
  listNameOf,
  STATUS,
} from './openapi-definitions.ts'

/** One method of one path, before it is written as OpenAPI v2 or v3. */
export interface Operation {
  readonly path: string
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As `x-kubernetes-action` has it. */
  readonly action: string
  readonly tag: string
  readonly id: string
  readonly gvk: Gvk
  /** Definition names; undefined: none. */
  readonly body: string | undefined
  readonly answer: string | undefined
  readonly parameters: readonly Parameter[]
  /** Media types of a patch. */
  readonly patchTypes: readonly string[]
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'string' | 'integer' | 'boolean'
}

const WRITE = queries('string', ['dryRun', 'fieldManager', 'fieldValidation'])
const LIST = [
  ...queries('boolean', ['allowWatchBookmarks']),
  ...queries('string', ['continue', 'fieldSelector', 'labelSelector']),
  ...queries('integer', ['limit']),
  ...queries('string', ['resourceVersion', 'resourceVersionMatch']),
  ...queries('boolean', ['sendInitialEvents']),
  ...queries('integer', ['timeoutSeconds']),
  ...queries('boolean', ['watch']),
]
const DELETE = [
  ...queries('string', ['dryRun']),
  ...queries('integer', ['gracePeriodSeconds']),
  ...queries('boolean', ['orphanDependents']),
  ...queries('string', ['propagationPolicy']),
]

function queries(type: Parameter['type'], names: readonly string[]): Parameter[] {
  return names.map((name) => ({ name, in: 'query', type }))
}

/** By the verb that discovery lists; the old `/watch/` paths are left out. */
const VERBS: Readonly<
  Record<string, Pick<Operation, 'method' | 'action' | 'parameters'> & { onName: boolean; id: string }>
> = {
  list: { method: 'get', action: 'list', parameters: LIST, onName: false, id: 'list' },
  create: { method: 'post', action: 'post', parameters: WRITE, onName: false, id: 'create' },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    parameters: [...DELETE, ...LIST],
    onName: false,
    id: 'delete',
  },
  get: { method: 'get', action: 'get', parameters: [], onName: true, id: 'read' },
  update: { method: 'put', action: 'put', parameters: WRITE, onName: true, id: 'replace' },
  patch: {
    method: 'patch',
    action: 'patch',
    parameters: [...WRITE, ...queries('boolean', ['force'])],
    onName: true,
    id: 'patch',
  },
  delete: { method: 'delete', action: 'delete', parameters: DELETE, onName: true, id: 'delete' },
}

export function operationsOf(resource: ApiResource): Operation[] {
  const { group, version, plural, kind, namespaced, verbs } = resource
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const base = `${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`
  const own = verbs.flatMap((verb) => operation(resource, base, verb, { group, version, kind }, ''))
  const below = [...resource.subresources].flatMap(([name, subresource]) => {
    const object = gvkOf(resource, subresource)
    return subresource.verbs.flatMap((verb) => operation(resource, `${base}/{name}/${name}`, verb, object, name))
  })
  const everywhere =
    namespaced && verbs.includes('list')
      ? operation(resource, `${root}/${plural}`, 'list', { group, version, kind }, 'ForAllNamespaces')
      : []
  return [...own, ...below, ...everywhere]
}

function gvkOf(resource: ApiResource, { group, version, kind }: Subresource): Gvk {
  return { group: group ?? resource.group, version: version ?? resource.version, kind }
}

function operation(resource: ApiResource, base: string, verb: string, gvk: Gvk, suffix: string): Operation[] {
  const known = VERBS[verb]
  if (known === undefined) return []
  const { method, action, parameters, onName } = known
  const isSubresource = base.includes('/{name}/')
  const path = onName && !isSubresource ? `${base}/{name}` : base
  const object = isSubresource ? subresourceName(resource, gvk) : definitionNameOf(resource)
  const tag = tagOf(resource)
  const scope = path.includes('{namespace}') ? 'Namespaced' : ''
  return [
    {
      path,
      method,
      action: isSubresource && verb === 'create' ? 'post' : action,
      tag,
      id: operationId(verb, `${scope}${resource.kind}${capitalize(suffix)}`, tag),
      // Custom resources' subresources are labelled with the resource's own kind.
      gvk: resource.isCustom ? { group: resource.group, version: resource.version, kind: resource.kind } : gvk,
      body: bodyOf(verb, object),
      answer: verb === 'list' ? listNameOf(resource) : verb.startsWith('delete') ? STATUS : object,
      parameters: [...pathParameters(path), ...parameters],
      patchTypes: verb === 'patch' ? patchTypes(resource) : [],
    },
  ]
}

function operationId(verb: string, object: string, tag: string): string {
  const groupVersion = capitalize(tag).replace('_', '')
  if (verb === 'deletecollection') return `delete${groupVersion}Collection${object}`
  return `${VERBS[verb]?.id}${groupVersion}${object}`
}

function subresourceName(resource: ApiResource, gvk: Gvk): string | undefined {
  if (gvk.group === resource.group && gvk.version === resource.version && gvk.kind === resource.kind) {
    return definitionNameOf(resource)
  }
  return builtInDefinitionName(gvk)
}

function bodyOf(verb: string, object: string | undefined): string | undefined {
  if (verb === 'create' || verb === 'update') return object
  return verb.startsWith('delete') ? DELETE_OPTIONS : undefined
}

function pathParameters(path: string): Parameter[] {
  return ['name', 'namespace']
    .filter((name) => path.includes(`{${name}}`))
    .map((name) => ({ name, in: 'path', type: 'string' }))
}

/** Custom resources know no strategic merge patch. */
function patchTypes({ isCustom }: ApiResource): string[] {
  const types = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json']
  return isCustom ? types : [...types, 'application/strategic-merge-patch+json']
}

/** `apps_v1`, `crddemoIo_v1`: `rbac.authorization.k8s.io` is `rbacAuthorization_v1`. */
function tagOf({ group, version }: ApiResource): string {
  const words = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split('.')
  return `${words.map((word, i) => (i === 0 ? word : capitalize(word))).join('')}_${version}`
}

function capitalize(text: string): string {
  return text.replaceAll(/(?<=^|_)[a-z]/g, (letter) => letter.toUpperCase())
}

/** By path and method, each as `write` puts it. */
export function pathsOf(
  operations: readonly Operation[],
  write: (operation: Operation) => JsonObject,
): Record<string, object> {
  const paths: Record<string, JsonObject> = {}
  for (const each of operations) {
    const methods = paths[each.path] ?? {}
    methods[each.method] = write(each)
    paths[each.path] = methods
  }
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)))
}
