import { RuntimeError } from '../errors.ts'
import type { Entry } from '../informer/entry.ts'
import type { LabelSelector } from '../informer/label-selector.ts'
import type { KubeRequest } from '../kube/client.ts'
import type { Resource } from '../kube/resource.ts'
import { formatGvk, type Gvk, parseGvk } from '../util/gvk.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import { isAllowed, missingEntry, type ResourceRequest, type Rights } from './allow.ts'
import type { Overlay } from './overlay.ts'

/** The object a call is about. */
export interface Primary {
  readonly gvk: Gvk
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
}

/** One call of a handler, as the broker sees it. */
export interface CallScope {
  readonly primary: Primary
  /** The default `action` of events. */
  readonly exportName: string
  /** Set by the first 409 of the call: from then on its reads are live. */
  sawConflict: boolean
}

/** Reads this controller's own informers, where they cover what is asked for wholly; undefined elsewhere. */
export interface OwnCache {
  /** null: the object is certainly absent. */
  get(gvk: Gvk, namespace: string | undefined, name: string): Entry | null | undefined
  /** `namespace` undefined: all. */
  list(gvk: Gvk, namespace: string | undefined, labelSelector: LabelSelector): Entry[] | undefined
}

/** What every method of the broker works with; one a controller. */
export interface BrokerContext {
  readonly controller: string
  readonly rights: Rights
  readonly cache: OwnCache
  readonly overlay: Overlay
  resolve(gvk: Gvk): Promise<Resource | undefined>
  /** Sends a request in this controller's turn, unless `unsent` aborts first; throws KubeStatusError and API_UNREACHABLE. */
  send(request: KubeRequest, unsent?: AbortSignal): Promise<{ code: number; text: string }>
  /** Aborts when the call is over, and nobody waits for an answer any more. */
  readonly callSignal: AbortSignal
  /** Runs a list of many pages when few others of this controller are under way: each is held whole. */
  inListTurn<T>(run: () => Promise<T>): Promise<T>
}

/** Reads the kind that a handler names; throws REQUEST_INVALID or KIND_NOT_FOUND. */
export async function resolveKind(context: BrokerContext, kind: unknown): Promise<Resource> {
  const gvk = typeof kind === 'string' ? parseGvk(kind) : undefined
  if (gvk === undefined) throw invalid(`kind ${show(kind)} is not of the form "group/version/Kind" or "v1/Kind"`)
  const resource = await context.resolve(gvk)
  if (resource === undefined) {
    throw new RuntimeError('KIND_NOT_FOUND', `The API server does not serve the kind "${formatGvk(gvk)}"`)
  }
  return resource
}

/** The namespace a request goes to: none for cluster-scoped kinds, else the one given, else the primary's. */
export function namespaceOf(resource: Resource, given: unknown, scope: CallScope): string | undefined {
  if (!resource.namespaced) return undefined
  if (given === undefined) return scope.primary.namespace
  return assertName(given, 'namespace')
}

/** A name that cannot change the path it is put into. */
export function assertName(name: unknown, what: string): string {
  if (typeof name === 'string' && /^[!-~]{1,253}$/.test(name) && !/[/%?#\\]|^\.\.?$/.test(name)) return name
  throw invalid(`${what} ${show(name)} is not a name`)
}

export function assertSubresource(resource: Resource, subresource: unknown): string | undefined {
  if (subresource === undefined) return undefined
  if (typeof subresource === 'string' && resource.subresources.includes(subresource)) return subresource
  throw invalid(
    `${formatGvk(resource)} has no subresource ${show(subresource)}; it has: ${resource.subresources.join(', ') || 'none'}`,
  )
}

/** Throws DENIED, with the entry to add, unless the controller's `allow` covers the request. */
export function assertAllowed(context: BrokerContext, request: ResourceRequest): void {
  if (isAllowed(context.rights, request)) return
  const { verb, gvk, namespace, name, subresource } = request
  const target = `${formatGvk(gvk)}${subresource === undefined ? '' : `/${subresource}`}`
  const place = [namespace, name].filter((part) => part !== undefined).join('/')
  throw new RuntimeError(
    'DENIED',
    `Controller "${context.controller}" may not ${verb} ${target}${place === '' ? '' : ` "${place}"`}: add to its allow: ${missingEntry(request)}`,
  )
}

export function asOptions(value: unknown): JsonObject {
  if (value === undefined || value === null) return {}
  if (isJsonObject(value)) return value
  throw invalid(`options ${show(value)} are not an object`)
}

export function invalid(problem: string): RuntimeError {
  return new RuntimeError('REQUEST_INVALID', `Invalid request of the handler: ${problem}`)
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 120) ?? String(value)
}
