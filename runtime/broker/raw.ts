import { RuntimeError } from '../errors.ts'
import type { Resource } from '../kube/resource.ts'
import { KubeStatusError } from '../kube/status-error.ts'
import { isPathAllowed } from './allow.ts'
import { assertAllowed, type BrokerContext, invalid } from './call-scope.ts'
import { isMethod, type Method, parseRequestInfo, type RequestInfo } from './request-info.ts'
import { mayCreate } from './writes.ts'

/** raw(method, path, body) → JSON of {status, body}; a refusal of the API server is an answer, not an error. */
export async function raw(
  context: BrokerContext,
  all: () => Promise<Resource[]>,
  args: readonly unknown[],
): Promise<string> {
  const [method, path, body] = args
  if (typeof method !== 'string' || !isMethod(method))
    throw invalid(`method ${JSON.stringify(method)} is not GET, POST, PUT, PATCH or DELETE`)
  if (typeof path !== 'string') throw invalid(`path ${JSON.stringify(path)} is not a string`)
  const info = parseRequestInfo(method, path)
  if ('refused' in info)
    throw new RuntimeError('DENIED', `Controller "${context.controller}" may not ${method} "${path}": ${info.refused}`)
  await assertRaw(context, all, info, body)
  const { status, text } = await send(context, method, path, body)
  return `{"status":${status},"body":${jsonOf(text)}}`
}

async function assertRaw(
  context: BrokerContext,
  all: () => Promise<Resource[]>,
  info: RequestInfo,
  body: unknown,
): Promise<void> {
  if (info.kind === 'path') {
    if (isPathAllowed(context.rights, info)) return
    throw new RuntimeError(
      'DENIED',
      `Controller "${context.controller}" may not ${info.verb} "${info.path}": add to its allow: { path: ${info.path}, verbs: [${info.verb}] }`,
    )
  }
  const { group, version, plural } = info
  const resource = (await all()).find((r) => r.plural === plural && r.group === group && r.version === version)
  if (resource === undefined)
    throw new RuntimeError(
      'KIND_NOT_FOUND',
      `The API server does not serve "${plural}" in ${group || 'the core group'} ${version}`,
    )
  const request = { ...info, gvk: resource, namespaced: resource.namespaced }
  assertAllowed(context, request)
  if (info.verb === 'update' && mayCreate(body)) {
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
