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
import { withoutManagedFields } from './stored-object.ts'

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
  try {
    await context.send({
      method: 'DELETE',
      path: pathOf(target.resource, target),
      body: JSON.stringify(body),
      contentType: 'application/json',
    })
  } catch (error) {
    if (!isNotFound(error)) throw error
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

interface Target {
  readonly resource: Resource
  readonly namespace?: string
  readonly name?: string
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
  if (!dryRun && stored.name !== undefined && stored.kind === target.resource.kind && mayBeCached(context, target)) {
    const key = objectKey(target.resource, stored.namespace, stored.name)
    context.overlay.record(key, { resourceVersion: stored.resourceVersion, json: stored.json })
  }
  return stored.json
}
