import type { AllowEntry } from '../config/schema.ts'
import { formatGvk, type Gvk } from '../util/gvk.ts'

/** What a request asks for, in the API server's own terms (its request info). */
export interface ResourceRequest {
  readonly gvk: Gvk
  /** get list create update patch delete deletecollection. */
  readonly verb: string
  readonly subresource: string | undefined
  /** Undefined for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string | undefined
  readonly namespaced: boolean
  /** Undefined for list, and for create with generateName. */
  readonly name: string | undefined
}

export interface PathRequest {
  readonly path: string
  readonly verb: string
}

/** The rights of one controller's handler. */
export interface Rights {
  readonly allow: readonly AllowEntry[]
  /** The controller's own namespaces; empty for all. */
  readonly namespaces: readonly string[]
  /** Kinds that may be read without an entry: those of `for`, `owns` and `watches`. */
  readonly implied: readonly Gvk[]
}

/** True when an entry of `allow`, or what the kinds of the controller imply, covers the request. */
export function isAllowed(rights: Rights, request: ResourceRequest): boolean {
  return isImpliedRead(rights, request) || rights.allow.some((entry) => covers(entry, rights, request))
}

export function isPathAllowed({ allow }: Rights, { path, verb }: PathRequest): boolean {
  return allow.some((entry) => 'path' in entry && entry.path === path && entry.verbs.includes(verb))
}

/** The entry to add to the config for this request, on one line. */
export function missingEntry({ gvk, verb, subresource, namespace, namespaced }: ResourceRequest): string {
  const parts = [`for: ${formatGvk(gvk)}`, `verbs: [${verb}]`]
  if (subresource !== undefined) parts.push(`subresources: [${subresource}]`)
  if (namespaced && namespace !== undefined) parts.push(`namespaces: [${namespace}]`)
  return `{ ${parts.join(', ')} }`
}

function isImpliedRead({ implied, namespaces }: Rights, request: ResourceRequest): boolean {
  if (request.subresource !== undefined || (request.verb !== 'get' && request.verb !== 'list')) return false
  return implied.some((gvk) => isSameKind(gvk, request.gvk)) && isInside(namespaces, request)
}

function covers(entry: AllowEntry, { namespaces }: Rights, request: ResourceRequest): boolean {
  if ('path' in entry || !isSameKind(entry.gvk, request.gvk) || !entry.verbs.includes(request.verb)) return false
  if (request.subresource !== undefined && !entry.subresources?.includes(request.subresource)) return false
  if (entry.names !== undefined && (request.name === undefined || !entry.names.includes(request.name))) return false
  return isInside(entry.namespaces ?? namespaces, request)
}

/** Rights are given by group and kind, as RBAC gives them by group and resource: the version is no boundary. */
export function isSameKind(a: Gvk, b: Gvk): boolean {
  return a.group === b.group && a.kind === b.kind
}

function isInside(namespaces: readonly string[], { namespaced, namespace }: ResourceRequest): boolean {
  if (!namespaced || namespaces.length === 0) return true
  return namespace !== undefined && namespaces.includes(namespace)
}
