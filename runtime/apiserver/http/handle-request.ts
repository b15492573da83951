import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../util/clock.ts'
import type { Access } from '../access/access.ts'
import type { User } from '../access/user.ts'
import type { VirtualResources } from '../access/virtual-resource.ts'
import { pageNotFound } from '../discovery/answer.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { Registry } from '../kinds/registry.ts'
import { isReadablePath, parseRequestTarget, type RequestInfo, readRequestInfo } from '../request-info.ts'
import type { RestContext, RestRequest } from '../rest/rest-request.ts'
import { type ServeSubresource, serveResource } from '../rest/serve-resource.ts'
import { serveVirtual } from '../rest/serve-virtual.ts'
import { ApiError, badRequest, internalError, methodNotAllowed, pathNotFound } from '../status.ts'
import { type Answer, asYaml, errorAnswer, pretty, type StreamAnswer } from './answer.ts'
import { negotiate } from './negotiate.ts'
import { readBody } from './read-body.ts'
import { Warnings } from './warnings.ts'

/** The parts that requests go through. */
export interface RequestParts {
  readonly context: RestContext
  readonly registry: Registry
  readonly access: Access
  readonly virtualResources: VirtualResources
  readonly discovery: Discovery
  readonly serveSubresource: ServeSubresource
  /** Hears of what should not happen: an error that is no ApiError. */
  onFault(error: unknown, what: string): void
}

/** A request without its socket. */
export interface PlainRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readBody(): Promise<Buffer>
  authenticate(): Promise<User>
  readonly isTrusted: boolean
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

export function fromSocket(
  message: IncomingMessage,
  access: Access,
  after: Clock['after'],
  defaultToken?: string,
): PlainRequest {
  if (defaultToken !== undefined) message.headers.authorization ??= `Bearer ${defaultToken}`
  const headers = message.headers as Readonly<Record<string, string | undefined>>
  return {
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    headers,
    readBody: () => readBody(message, headers['content-length'], after),
    authenticate: () => access.authenticate(message),
    isTrusted: false,
  }
}

/** Answers whatever happens. */
export async function handleRequest(parts: RequestParts, request: PlainRequest): Promise<Answer | StreamAnswer> {
  const warnings = new Warnings()
  try {
    const { pathname, query } = parseRequestTarget(request.url)
    if (!isReadablePath(pathname)) return unreadable()
    assertTimeout(query.get('timeout') ?? '')
    const answer = await route(parts, request, pathname, query, warnings)
    if ('open' in answer) return { ...answer, headers: withWarnings(answer.headers, warnings) }
    return finish(answer, request, query, warnings)
  } catch (error) {
    if (!(error instanceof ApiError)) parts.onFault(error, `${request.method} ${request.url}`)
    const known =
      error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : String(error))
    return finish(errorAnswer(known), request, new URLSearchParams(), warnings, true)
  }
}

async function route(
  parts: RequestParts,
  request: PlainRequest,
  path: string,
  query: URLSearchParams,
  warnings: Warnings,
): Promise<Answer | StreamAnswer> {
  const { method, headers } = request
  const info = readRequestInfo(method, path, query)
  const user = await request.authenticate()
  if (!request.isTrusted) parts.access.authorize(user, info)
  if (!info.isResource)
    return parts.discovery.answer({
      method,
      path,
      query,
      accept: headers.accept,
      ifNoneMatch: headers['if-none-match'],
    })
  const resource = parts.registry.find(info.group, info.version, info.plural)
  if (resource === undefined) return unknownResource(parts, info)
  if (isBesideCustom(info, resource)) return pageNotFound()
  // kube-apiserver routes GET alone; a HEAD of a built-in resource is a method like any other that is not there.
  if (!METHODS.has(method) || (method === 'HEAD' && !resource.isCustom)) throw methodNotAllowed()
  const restRequest: RestRequest = {
    info: withinScope(info, resource),
    resource,
    query,
    user,
    representation: negotiate(headers.accept, {
      isList: info.verb === 'list' || info.verb === 'watch',
      isWatch: info.verb === 'watch',
      isCustom: resource.isCustom,
    }),
    contentType: headers['content-type'],
    userAgent: headers['user-agent'],
    readBody: request.readBody,
    authorize: (asked) => {
      if (!request.isTrusted) parts.access.authorize(user, asked)
    },
    warn: (text) => warnings.add(text),
  }
  const isThere = info.subresource === undefined || resource.subresources.has(info.subresource)
  if (isThere && resource.deprecation !== undefined) restRequest.warn(resource.deprecation)
  const virtual = await serveVirtual(parts.context, restRequest, parts.virtualResources)
  return virtual ?? serveResource(parts.context, restRequest, parts.serveSubresource)
}

/** What Go's server says before anything else is asked. */
function unreadable(): Answer {
  return { code: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '400 Bad Request' }
}

/** To authorization a namespace is in itself; to the store it is in none. errors: ApiError 404 for other such paths */
function withinScope(info: RequestInfo, { namespaced, group, plural }: ApiResource): RequestInfo {
  if (namespaced && info.namespace === '') return withoutNamespace(info)
  if (namespaced || info.namespace === undefined) return info
  if (group !== '' || plural !== 'namespaces') throw pathNotFound()
  return { ...info, namespace: undefined }
}

/** An empty namespace is all of them; what is in one is not in that. errors: ApiError 400 */
function withoutNamespace(info: RequestInfo): RequestInfo {
  if (info.verb === 'list' || info.verb === 'watch') return { ...info, namespace: undefined }
  if (info.verb === 'create' && info.name === undefined) return info
  throw badRequest('Namespace parameter required.')
}

/** Custom resources are in their namespaces or in none; only lists and watches are across all. */
function isBesideCustom({ namespace, verb }: RequestInfo, { isCustom, namespaced }: ApiResource): boolean {
  if (!isCustom) return false
  return namespaced ? !namespace && verb !== 'list' && verb !== 'watch' : namespace !== undefined
}

/** Of a group that is not built in the path is no API's at all. */
function unknownResource({ registry }: RequestParts, { group }: RequestInfo): Answer {
  const isBuiltIn = registry.list().some((each) => each.group === group && !each.isCustom)
  if (isBuiltIn) throw pathNotFound()
  return pageNotFound()
}

/** Requests here take no time that could be limited. errors: ApiError 400 for what is no duration of Go's */
function assertTimeout(timeout: string): void {
  if (timeout === '' || /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(timeout)) return
  const isUnitless = /^[-+]?(\d+\.?\d*|\.\d+)$/.test(timeout)
  const why = `time: ${isUnitless ? 'missing unit in duration' : 'invalid duration'} ${JSON.stringify(timeout)}`
  throw badRequest(`invalid timeout specified in the request URL - ${why}`)
}

/** People who ask by hand get their answers indented. source: apiserver pkg/endpoints/handlers/negotiation isPrettyPrint */
function finish(
  answer: Answer,
  request: PlainRequest,
  query: URLSearchParams,
  warnings: Warnings,
  isError = false,
): Answer {
  const warned = { ...answer, headers: withWarnings(answer.headers, warnings) }
  if (wantsYaml(request.headers.accept, isError) && answer.headers['content-type'] === 'application/json')
    return asYaml(warned)
  const asked = query.get('pretty')
  const isByHand = /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '')
  const isPretty = asked === null ? isByHand : !['0', 'false'].includes(asked)
  return isPretty ? pretty(warned) : warned
}

function withWarnings(headers: Answer['headers'], { header }: Warnings): Answer['headers'] {
  return header === undefined ? headers : { ...headers, warning: header }
}

function wantsYaml(accept: string | undefined, isError: boolean): boolean {
  if (accept === undefined || !accept.includes('yaml')) return false
  try {
    return negotiate(accept, { isError }).format === 'yaml'
  } catch {
    return false
  }
}
