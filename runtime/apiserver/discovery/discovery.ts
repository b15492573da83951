import { allowsJson, noRepresentation, notAcceptable, parseAccept } from '../http/accept.ts'
import type { Answer } from '../http/answer.ts'
import { readDistilledKinds } from '../kinds/distilled-kinds.ts'
import type { Registry } from '../kinds/registry.ts'
import { methodNotAllowed, notImitated, pathNotFound } from '../status.ts'
import { AGGREGATED_TYPE, aggregatedDiscovery } from './aggregated.ts'
import { type DiscoveryRequest, emptyAnswer, hashOf, indentedAnswer, jsonAnswer, pageNotFound } from './answer.ts'
import { type ApiGroup, groupResources } from './api-groups.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './group-lists.ts'
import { answerHealth, type HealthCheck } from './health.ts'
import { OpenApi } from './openapi.ts'

export interface DiscoveryOptions {
  readonly registry: Registry
  /** HOST:PORT that clients reach the server at. */
  readonly serverAddress: () => string
  /** Beside `ping`. */
  readonly checks?: readonly HealthCheck[]
}

/** Everything that is not about objects: which kinds there are, what they look like, and whether the server is well. */
export interface Discovery {
  /** For every path that is no resource's; a path that nothing serves is a 404. errors: ApiError 404, 405, 406, 501 */
  answer(request: DiscoveryRequest): Answer
}

export function createDiscovery({ registry, serverAddress, checks = [] }: DiscoveryOptions): Discovery {
  let groups: readonly ApiGroup[] = []
  let generation = -1
  const currentGroups = () => {
    if (generation !== registry.generation) groups = groupResources(registry.list())
    generation = registry.generation
    return groups
  }
  const openApi = new OpenApi(currentGroups)
  return {
    answer: (request) => {
      const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path
      const [root, ...rest] = path.split('/').slice(1)
      switch (root) {
        case '':
          if (path !== '/') return pageNotFound()
          return indentedAnswer({ paths: pathsOf(currentGroups()) })
        case 'version':
          onlyGet(request)
          return rest.length === 0 ? indentedAnswer(readDistilledKinds().version) : pageNotFound()
        case 'api':
          return answerCore(request, rest, currentGroups(), serverAddress)
        case 'apis':
          return answerGroups(request, rest, currentGroups())
        case 'openapi':
          return openApi.answer(request, rest)
        case 'healthz':
        case 'livez':
        case 'readyz':
          return answerHealth(path, request.query, checks)
        case 'metrics':
          throw notImitated('/metrics')
        case 'logs':
        case 'debug':
        case 'openid':
        case '.well-known':
          throw notImitated(`/${root}`)
        default:
          return pageNotFound()
      }
    },
  }
}

function onlyGet({ method }: DiscoveryRequest): void {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
}

function answerCore(
  request: DiscoveryRequest,
  rest: readonly string[],
  groups: readonly ApiGroup[],
  serverAddress: () => string,
): Answer {
  onlyGet(request)
  const core = groups.filter(({ name }) => name === '')
  const [version] = rest
  if (version === undefined) return negotiated(request, core, () => apiVersions(serverAddress()))
  return answerGroupVersion(request, core[0], version)
}

function answerGroups(request: DiscoveryRequest, rest: readonly string[], groups: readonly ApiGroup[]): Answer {
  const named = groups.filter(({ name }) => name !== '')
  const [name, version] = rest
  if (name === undefined) return negotiated(request, named, () => apiGroupList(named))
  const group = named.find((each) => each.name === name)
  if (group === undefined) return pageNotFound()
  if (version !== undefined) return answerGroupVersion(request, group, version)
  if (!parseAccept(request.accept).some(allowsJson)) throw notAcceptable()
  return jsonAnswer(apiGroup(group))
}

function answerGroupVersion(request: DiscoveryRequest, group: ApiGroup | undefined, version: string): Answer {
  const found = group?.versions.find((each) => each.version === version)
  if (found === undefined) throw pathNotFound()
  onlyGet(request)
  if (!parseAccept(request.accept).some(allowsJson)) throw noRepresentation()
  return jsonAnswer(apiResourceList(found))
}

/** Aggregated where the client prefers that, else plain. v2beta1 is refused, as 1.36 does. */
function negotiated(request: DiscoveryRequest, groups: readonly ApiGroup[], plain: () => object): Answer {
  let isKnown = false
  for (const range of parseAccept(request.accept)) {
    const { as, g, v } = range.parameters
    if (!allowsJson(range)) continue
    isKnown = true
    if (as === undefined) return jsonAnswer(plain())
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && v === 'v2') {
      return withETag(request, JSON.stringify(aggregatedDiscovery(groups)))
    }
  }
  throw isKnown ? notAcceptable() : noRepresentation()
}

function withETag({ ifNoneMatch }: DiscoveryRequest, body: string): Answer {
  const etag = `"${hashOf(body)}"`
  const headers = { 'cache-control': 'public', etag, vary: 'Accept' }
  if (ifNoneMatch === etag) return emptyAnswer(304, headers)
  return { code: 200, headers: { ...headers, 'content-type': AGGREGATED_TYPE }, body: `${body}\n` }
}

function pathsOf(groups: readonly ApiGroup[]): string[] {
  const ofGroups = groups
    .filter(({ name }) => name !== '')
    .flatMap(({ name, versions }) => [`/apis/${name}`, ...versions.map(({ version }) => `/apis/${name}/${version}`)])
  const others = ['/api', '/api/v1', '/apis', '/apis/', '/healthz', '/livez', '/openapi/v2', '/openapi/v3']
  return [
    ...others,
    ...ofGroups,
    '/openapi/v3/',
    '/readyz',
    '/version',
    '/healthz/ping',
    '/livez/ping',
    '/readyz/ping',
  ].sort()
}
