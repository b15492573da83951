import type { KubeRequest } from '../kube/client.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import { isNotFound } from '../kube/status-error.ts'
import { apiVersionOf } from '../util/gvk.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import { isSameKind } from './allow.ts'
import {
  asOptions,
  assertAllowed,
  assertName,
  assertSubresource,
  type BrokerContext,
  type CallScope,
  invalid,
  namespaceOf,
  resolveKind,
} from './call-scope.ts'
import { objectKey } from './object-key.ts'
import { expectedUid, withUid, withUidPrecondition, withUidTest } from './primary-guard.ts'
import { recordStored, type StoredObject, withoutManagedFields } from './stored-object.ts'

const PATCH_TYPES: Record<string, string> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

/** create(object, {dryRun}) → the stored object's JSON. */
export async function create(context: BrokerContext, scope: CallScope, args: readonly unknown[]): Promise<string> {
  const target = await targetOfObject(context, scope, args[0], { nameRequired: false })
  allow(context, target, ['create'])
  const { name: _inBody, ...collection } = target
  return write(context, collection, asOptions(args[1]), { method: 'POST', body: JSON.stringify(target.object) })
}

/** update(object, {subresource, dryRun}) → the stored object's JSON. */
export async function update(context: BrokerContext, scope: CallScope, args: readonly unknown[]): Promise<string> {
  const options = asOptions(args[1])
  const target = await targetOfObject(context, scope, args[0], { subresource: options.subresource })
  allow(context, target, ['update'])
  const body = withUid(target.object, expectedUid(target, scope))
  if (mayCreate(body)) allow(context, { ...target, subresource: undefined }, ['create'])
  return write(context, target, options, { method: 'PUT', body: JSON.stringify(body) })
}

/** patch(kind, ref, body, {type, subresource, dryRun}) → the stored object's JSON. */
export async function patch(context: BrokerContext, scope: CallScope, args: readonly unknown[]): Promise<string> {
  const [kind, ref, body] = args
  const options = asOptions(args[3])
  const target = await targetOfRef(context, scope, kind, ref, options.subresource)
  allow(context, target, ['patch'])
  const type = options.type ?? 'merge'
  const contentType = typeof type === 'string' && Object.hasOwn(PATCH_TYPES, type) ? PATCH_TYPES[type] : undefined
  if (contentType === undefined) throw invalid(`patch type ${JSON.stringify(type)} is not merge, json or strategic`)
  if (body === undefined) throw invalid('patch has no body')
  const guarded = (type === 'json' ? withUidTest : withUid)(body, expectedUid(target, scope))
  return write(context, target, options, { method: 'PATCH', body: JSON.stringify(guarded), contentType })
}

/** apply(object, {force = true, subresource, dryRun}) → the stored object's JSON. */
export async function apply(context: BrokerContext, scope: CallScope, args: readonly unknown[]): Promise<string> {
  const options = asOptions(args[1])
  const target = await targetOfObject(context, scope, args[0], { subresource: options.subresource })
  allow(context, target, ['create', 'patch'])
  const { managedFields: _refusedByTheServer, ...metadata } = target.object.metadata as JsonObject
  return write(context, target, options, {
    method: 'PATCH',
    body: JSON.stringify(withUid({ ...target.object, metadata }, expectedUid(target, scope))),
    contentType: 'application/apply-patch+yaml',
    query: { force: options.force !== false },
  })
}

/** delete(kind, ref, {propagationPolicy, gracePeriodSeconds, preconditions, dryRun}); gone already is success. */
export async function remove(context: BrokerContext, scope: CallScope, args: readonly unknown[]): Promise<undefined> {
  const [kind, ref] = args
  const options = asOptions(args[2])
  // No others: one of them deletes what cannot be read, past all finalizers.
  const { propagationPolicy, gracePeriodSeconds, preconditions } = options
  const target = await targetOfRef(context, scope, kind, ref, undefined)
  allow(context, target, ['delete'])
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...withUidPrecondition({ propagationPolicy, gracePeriodSeconds, preconditions }, expectedUid(target, scope)),
    ...(isDryRun(options) ? { dryRun: ['All'] } : {}),
  }
  const request = { method: 'DELETE', path: pathOf(target.resource, target), body: JSON.stringify(body) } as const
  try {
    const { text } = await context.send({ ...request, contentType: 'application/json' })
    if (!isDryRun(options)) recordDeletion(context, target, text)
  } catch (error) {
    if (!isNotFound(error)) throw error
    recordDeletion(context, target, undefined)
  }
}

/** Of some kinds (Service, Lease), a PUT of what is not there creates it, unless it says which one it means. */
export function mayCreate(object: unknown): boolean {
  const metadata = isJsonObject(object) ? object.metadata : undefined
  return !isJsonObject(metadata) || typeof metadata.uid !== 'string' || metadata.uid === ''
}

/** Nothing that was meant as a trial may become a write. */
function isDryRun({ dryRun = false }: JsonObject): boolean {
  if (typeof dryRun === 'boolean') return dryRun
  throw invalid(`dryRun ${JSON.stringify(dryRun)} is not true or false`)
}

export interface Target {
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

async function targetOfRef(
  context: BrokerContext,
  scope: CallScope,
  kind: unknown,
  ref: unknown,
  subresource: unknown,
): Promise<Target> {
  const resource = await resolveKind(context, kind)
  const { namespace, name } = asOptions(ref)
  return target(resource, namespaceOf(resource, namespace, scope), assertName(name, 'name'), subresource)
}

/** The target of a whole object, with the namespace that was left out filled in. */
async function targetOfObject(
  context: BrokerContext,
  scope: CallScope,
  object: unknown,
  { subresource, nameRequired = true }: { subresource?: unknown; nameRequired?: boolean },
): Promise<Target & { object: JsonObject }> {
  if (!isJsonObject(object) || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') {
    throw invalid('an object needs apiVersion and kind')
  }
  if (!isJsonObject(object.metadata)) throw invalid('an object needs metadata')
  const resource = await resolveKind(context, `${object.apiVersion}/${object.kind}`)
  const namespace = namespaceOf(resource, object.metadata.namespace, scope)
  const { name, generateName } = object.metadata
  const unnamed = !nameRequired && name === undefined && typeof generateName === 'string'
  const metadata = namespace === undefined ? object.metadata : { ...object.metadata, namespace }
  return {
    ...target(resource, namespace, unnamed ? undefined : assertName(name, 'metadata.name'), subresource),
    object: { ...object, apiVersion: apiVersionOf(resource), metadata },
  }
}

function target(
  resource: Resource,
  namespace: string | undefined,
  name: string | undefined,
  subresource: unknown,
): Target {
  const checked = assertSubresource(resource, subresource)
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(checked === undefined ? {} : { subresource: checked }),
  }
}

function allow(
  context: BrokerContext,
  { resource, namespace, name, subresource }: Target,
  verbs: readonly string[],
): void {
  for (const verb of verbs) {
    assertAllowed(context, { gvk: resource, verb, subresource, namespace, namespaced: resource.namespaced, name })
  }
}

/** What is never read from the cache would only be kept, each object with its whole text. */
function mayBeCached({ rights }: BrokerContext, { resource }: Target): boolean {
  return rights.implied.some((gvk) => isSameKind(gvk, resource))
}

/**
 * Lays a deletion over the cache. The API server answers with the object while something holds it yet, and with a Status,
 * or with the object as it was, when it is gone.
 */
export function recordDeletion(context: BrokerContext, target: Target, text: string | undefined): void {
  const { resource, namespace, name } = target
  if (name === undefined || target.subresource !== undefined || !mayBeCached(context, target)) return
  const answer = text === undefined ? undefined : withoutManagedFields(text)
  if (answer?.kind === resource.kind && answer.isDeleting && !answer.isLast) {
    return recordStored(context.overlay, resource, { namespace, name }, answer)
  }
  const key = objectKey(resource, namespace, name)
  const cached = context.cache.get(resource, namespace, name)
  const before = context.overlay.lookup(key, { version: resource.version, cached })
  const known = typeof before === 'object' ? before : cached
  // What neither the cache nor the overlay shows need not be hidden.
  if (!known) return
  const { uid, resourceVersion } = known
  context.overlay.record(key, { version: resource.version, uid, resourceVersion, json: undefined })
}

/** Lays what was stored over the cache. */
export function recordWritten(context: BrokerContext, target: Target, stored: StoredObject): void {
  const { namespace, name, kind } = stored
  if (name === undefined || kind !== target.resource.kind || !mayBeCached(context, target)) return
  recordStored(context.overlay, target.resource, { namespace, name }, stored)
}

/** Sends a write, and lays what was stored over the cache. */
async function write(
  context: BrokerContext,
  target: Target,
  options: JsonObject,
  request: Omit<KubeRequest, 'path'>,
): Promise<string> {
  const dryRun = isDryRun(options)
  const { text } = await context.send({
    contentType: 'application/json',
    ...request,
    path: pathOf(target.resource, target),
    query: { ...request.query, fieldManager: `ostler-${context.controller}`, dryRun: dryRun ? 'All' : undefined },
  })
  const stored = withoutManagedFields(text)
  if (!dryRun) recordWritten(context, target, stored)
  return stored.json
}
