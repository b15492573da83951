import type { AllowEntry, ControllerConfig } from '../config/schema.ts'
import { READING_VERBS } from '../informer/informer-state.ts'
import { type Access, idOfAccess } from '../kube/access.ts'
import type { Resource } from '../kube/resource.ts'
import type { Gvk } from '../util/gvk.ts'
import { sourcesOf } from './secondaries.ts'

/** Something that the identity of a controller needs a right for. */
export interface Need {
  readonly access: Access
  /** A controller works without it: events, as one that fails fails no call. */
  readonly isOptional: boolean
  /**
   * An `allow` entry with subresources names all verbs for all of them, of which a handler means a few: `create` for
   * `pods/eviction` is not to ask for `create` of pods. Of the needs that share one of these, one granted is enough.
   */
  readonly anyOf: readonly string[]
}

export interface NeededAccessOptions {
  readonly config: Pick<ControllerConfig, 'gvk' | 'namespaces' | 'owns' | 'watches' | 'allow'>
  /** Of the handler; empty while it is not known. */
  readonly exports: readonly string[]
  /** Undefined for a kind that the API server does not serve: what it needs is known once it does. */
  resolve(gvk: Gvk): Promise<Resource | undefined>
}

/** All that a controller needs: what the host does for it, and what its handler may ask for. Errors: those of `resolve`. */
export async function neededAccess(options: NeededAccessOptions): Promise<Need[]> {
  const { config, exports } = options
  const resolved = async (gvk: Gvk, needsOf: (resource: Resource) => Need[]) => {
    const resource = await options.resolve(gvk)
    return resource === undefined ? [] : needsOf(resource)
  }
  const kinds = [config.gvk, ...sourcesOf(config).map(({ gvk }) => gvk)]
  const needs = await Promise.all([
    ...kinds.map((gvk) => resolved(gvk, (resource) => needsOn(resource, READING_VERBS, config.namespaces))),
    resolved(config.gvk, (resource) => ownWrites(resource, config.namespaces, exports)),
    ...config.allow.map((entry, index) => {
      if ('path' in entry) return entry.verbs.map((verb) => need({ verb, path: entry.path }))
      return resolved(entry.gvk, (resource) => allowed(resource, entry, { index, namespaces: config.namespaces }))
    }),
  ])
  return [...new Map(needs.flat().map((each) => [idOf(each), each])).values()]
}

/** Those that are denied, but for what another of them makes up for. */
export function missingOf(needs: readonly Need[], isGranted: (access: Access) => boolean): Need[] {
  const served = new Set(needs.filter(({ access }) => isGranted(access)).flatMap(({ anyOf }) => anyOf))
  return needs.filter(({ access, anyOf }) => {
    if (isGranted(access)) return false
    return anyOf.length === 0 || anyOf.some((choice) => !served.has(choice))
  })
}

/** What the host writes by itself: status, finalizer and events. */
function ownWrites(resource: Resource, namespaces: readonly string[], exports: readonly string[]): Need[] {
  const { subresources, namespaced } = resource
  const returnsStatus = exports.some((name) => STATUS_EXPORTS.includes(name)) && subresources.includes('status')
  const eventNamespaces = namespaced ? namespaces : ['default']
  return [
    ...(returnsStatus ? needsOn(resource, ['patch'], namespaces, { subresource: 'status' }) : []),
    ...(exports.includes('finalize') ? needsOn(resource, ['patch'], namespaces) : []),
    ...needsOn(EVENTS, ['create', 'patch'], eventNamespaces).map((each) => ({ ...each, isOptional: true })),
  ]
}

interface Entry {
  readonly index: number
  /** The controller's own. */
  readonly namespaces: readonly string[]
}

function allowed(resource: Resource, entry: Extract<AllowEntry, { gvk: Gvk }>, { index, namespaces }: Entry): Need[] {
  const { verbs, subresources = [], names } = entry
  const targets = [undefined, ...subresources]
  return targets.flatMap((subresource) =>
    verbs
      .filter((verb) => isAskable(verb, subresource, names))
      .flatMap((verb) =>
        needsOn(resource, [verb], entry.namespaces ?? namespaces, { subresource, names }).map((each) => ({
          ...each,
          anyOf: subresources.length === 0 ? [] : choicesOf(index, each.access, subresource),
        })),
      ),
  )
}

/** No handler gets a watch, and an entry with names lets through no request without one. */
function isAskable(verb: string, subresource: string | undefined, names: readonly string[] | undefined): boolean {
  if (verb === 'watch') return false
  return names === undefined || subresource !== undefined || (verb !== 'list' && verb !== 'deletecollection')
}

function choicesOf(entry: number, access: Access, subresource: string | undefined): string[] {
  const place = 'path' in access ? [] : [access.namespace, access.name]
  const byVerb = JSON.stringify([entry, ...place, 'verb', access.verb])
  return subresource === undefined ? [byVerb] : [byVerb, JSON.stringify([entry, ...place, 'subresource', subresource])]
}

/** One for each namespace and name; what is created has no name yet where RBAC looks. */
function needsOn(
  { group, plural, namespaced }: Pick<Resource, 'group' | 'plural' | 'namespaced'>,
  verbs: readonly string[],
  namespaces: readonly string[],
  target: { readonly subresource?: string | undefined; readonly names?: readonly string[] | undefined } = {},
): Need[] {
  const { subresource, names = [undefined] } = target
  const places = namespaced && namespaces.length > 0 ? namespaces : [undefined]
  return places.flatMap((namespace) =>
    verbs.flatMap((verb) => {
      const isNameless = verb === 'create' && subresource === undefined
      return (isNameless ? [undefined] : names).map((name) =>
        need({ verb, group, plural, subresource, namespace, name }),
      )
    }),
  )
}

function need(access: Access): Need {
  return { access, isOptional: false, anyOf: [] }
}

/** What is needed for sure is not made less so by an entry that names it among others. */
function idOf({ access, isOptional, anyOf }: Need): string {
  return JSON.stringify([idOfAccess(access), isOptional, anyOf])
}

const STATUS_EXPORTS = ['reconcile', 'finalize']
const EVENTS = { group: 'events.k8s.io', plural: 'events', namespaced: true }
