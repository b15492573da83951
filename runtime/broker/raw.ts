import { RuntimeError } from '../errors.ts'
import type { Resource } from '../kube/resource.ts'
import { KubeStatusError } from '../kube/status-error.ts'
import { isJsonObject } from '../util/json.ts'
import { isPathAllowed } from './allow.ts'
import { asOptions, assertAllowed, type BrokerContext, type CallScope, invalid } from './call-scope.ts'
import { expectedUid, withUid, withUidPrecondition, withUidTest } from './primary-guard.ts'
import { isMethod, type Method, parseRequestInfo, type RequestInfo } from './request-info.ts'
import { withoutManagedFields } from './stored-object.ts'
import { mayCreate, recordDeletion, recordWritten, type Target } from './writes.ts'

/** raw(method, path, body) → JSON of {status, body}; a refusal of the API server is an answer, not an error. */
export async function raw(
  context: BrokerContext,
  scope: CallScope,
  all: () => Promise<Resource[]>,
  args: readonly unknown[],
): Promise<string> {
  const [method, path, given] = args
  if (typeof method !== 'string' || !isMethod(method))
    throw invalid(`method ${JSON.stringify(method)} is not GET, POST, PUT, PATCH or DELETE`)
  if (typeof path !== 'string') throw invalid(`path ${JSON.stringify(path)} is not a string`)
  const info = parseRequestInfo(method, path)
  if ('refused' in info)
    throw new RuntimeError('DENIED', `Controller "${context.controller}" may not ${method} "${path}": ${info.refused}`)
  const target = await targetOf(all, info)
  const body = guarded(method, target, scope, given)
  assertRaw(context, info, target, body)
  if (method === 'DELETE') assertDeleteOptions(path, body)
  const run = () => send(context, method, path, body)
  const { status, text } = await (isLong(method, info) ? context.inListTurn(run) : run())
  const isWrite = method !== 'GET' && status < 300 && !isDryRun(method, path, body)
  if (target !== undefined && isWrite) record(context, method, target, text)
  return `{"status":${status},"body":${jsonOf(text)}}`
}

/** As the other writes: to the object in hand, and not to a later one of its name. */
function guarded(method: Method, target: Target | undefined, scope: CallScope, body: unknown): unknown {
  const uid = target === undefined ? undefined : expectedUid(target, scope)
  if (uid === undefined || method === 'GET' || method === 'POST') return body
  if (method === 'DELETE') return target?.subresource === undefined ? withUidPrecondition(asOptions(body), uid) : body
  return Array.isArray(body) ? withUidTest(body, uid) : withUid(body, uid)
}

/** Whatever is no single object may be as long as a list: it takes its turn with those. */
function isLong(method: Method, info: RequestInfo): boolean {
  if (info.kind === 'path' || info.name === undefined || info.subresource !== undefined) return method === 'GET'
  return false
}

/** No others than `delete` takes: one of them deletes what cannot be read, past all finalizers. */
function assertDeleteOptions(path: string, body: unknown): void {
  const unknown = [...queryOf(path).keys(), ...Object.keys(asOptions(body))].find((name) => !DELETE_OPTIONS.has(name))
  if (unknown !== undefined) throw invalid(`"${unknown}" is no option of a deletion that a handler can ask for`)
}

function isDryRun(method: Method, path: string, body: unknown): boolean {
  return queryOf(path).has('dryRun') || (method === 'DELETE' && isJsonObject(body) && 'dryRun' in body)
}

function queryOf(path: string): URLSearchParams {
  const mark = path.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : path.slice(mark))
}

/** As any write by a name; after one of a whole collection, or of parts that are no object, the cache tells. */
function record(context: BrokerContext, method: Method, target: Target, text: string): void {
  if (method === 'DELETE') recordDeletion(context, target, text)
  else if (isJsonObject(JSON.parse(jsonOf(text)))) recordWritten(context, target, withoutManagedFields(text))
}

/** Undefined for a path that leads to no resource. */
async function targetOf(all: () => Promise<Resource[]>, info: RequestInfo): Promise<Target | undefined> {
  if (info.kind === 'path') return undefined
  const { group, version, plural, namespace, name, subresource } = info
  const resource = (await all()).find((r) => r.plural === plural && r.group === group && r.version === version)
  if (resource !== undefined) return { resource, namespace, name, subresource }
  throw new RuntimeError(
    'KIND_NOT_FOUND',
    `The API server does not serve "${plural}" in ${group || 'the core group'} ${version}`,
  )
}

function assertRaw(context: BrokerContext, info: RequestInfo, target: Target | undefined, body: unknown): void {
  const { verb } = info
  if (info.kind === 'path' || target === undefined) {
    const path = info.kind === 'path' ? info.path : info.plural
    if (isPathAllowed(context.rights, { path, verb })) return
    throw new RuntimeError(
      'DENIED',
      `Controller "${context.controller}" may not ${verb} "${path}": add to its allow: { path: ${path}, verbs: [${verb}] }`,
    )
  }
  const request = { ...info, gvk: target.resource, namespaced: target.resource.namespaced }
  assertAllowed(context, request)
  if (verb === 'update' && mayCreate(body)) {
    assertAllowed(context, { ...request, verb: 'create', subresource: undefined })
  }
}

async function send(
  context: BrokerContext,
  method: Method,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  try {
    const { code, text } = await context.send({
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body), contentType: contentTypeOf(method, body) }),
    })
    return { status: code, text }
  } catch (error) {
    if (!(error instanceof KubeStatusError)) throw error
    const { code, reason, message, details } = error
    return { status: code, text: JSON.stringify({ kind: 'Status', code, reason, message, details }) }
  }
}

/** A JSON patch is an array, a merge patch an object. */
function contentTypeOf(method: string, body: unknown): string {
  if (method !== 'PATCH') return 'application/json'
  return Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json'
}

/** Plain text (`/livez`, logs) becomes a JSON string. */
function jsonOf(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}

const DELETE_OPTIONS = new Set([
  ...['apiVersion', 'kind', 'propagationPolicy', 'gracePeriodSeconds', 'preconditions', 'dryRun'],
  // Of collections.
  ...['labelSelector', 'fieldSelector'],
])
