/** A path of the API server, read as the API server reads it. */
export type RequestInfo =
  | { readonly kind: 'path'; readonly path: string; readonly verb: string }
  | {
      readonly kind: 'resource'
      readonly group: string
      readonly version: string
      readonly plural: string
      readonly verb: string
      readonly namespace: string | undefined
      readonly name: string | undefined
      readonly subresource: string | undefined
    }

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

export function isMethod(text: string): text is Method {
  return (METHODS as readonly string[]).includes(text)
}

/** Subresources that turn a request into a connection or lead out of the API server. */
const CONNECTING = new Set(['exec', 'attach', 'portforward', 'proxy'])

/**
 * Reads method and path (with query) into what is asked for, or answers why it is refused.
 * Refused is whatever could be read in two ways (dot segments, empty segments, percent signs) and what streams.
 * source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go
 */
export function parseRequestInfo(method: Method, pathAndQuery: string): RequestInfo | { refused: string } {
  const mark = pathAndQuery.indexOf('?')
  const path = mark === -1 ? pathAndQuery : pathAndQuery.slice(0, mark)
  const query = mark === -1 ? '' : pathAndQuery.slice(mark + 1)
  const problem = pathProblem(path) ?? queryProblem(query)
  if (problem !== undefined) return { refused: problem }
  const segments = path.slice(1).split('/')
  const nonResource: RequestInfo = { kind: 'path', path, verb: method.toLowerCase() }
  if (segments[0] === 'api' && segments.length >= 3)
    return resourceInfo(method, '', segments[1] as string, segments.slice(2))
  if (segments[0] === 'apis' && segments.length >= 4) {
    return resourceInfo(method, segments[1] as string, segments[2] as string, segments.slice(3))
  }
  return nonResource
}

function pathProblem(path: string): string | undefined {
  if (!/^\/[A-Za-z0-9._~:@!$&'()*+,;=/-]*$/.test(path))
    return 'the path has characters that may not stand in it as they are'
  const segments = path.slice(1).split('/')
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'the path has dot segments'
  if (path !== '/' && segments.includes('')) return 'the path has an empty segment'
  return undefined
}

function queryProblem(query: string): string | undefined {
  if (!/^[!"$-~]*$/.test(query)) return 'the query has characters that may not stand in it as they are'
  const parameters = new URLSearchParams(query)
  const streaming = ['watch', 'follow'].find((name) => parameters.has(name) && !isFalse(parameters.getAll(name)))
  return streaming === undefined ? undefined : `"${streaming}" is not available to handlers`
}

function isFalse(values: readonly string[]): boolean {
  return values.every((value) => value === 'false' || value === '0')
}

function resourceInfo(
  method: Method,
  group: string,
  version: string,
  rest: string[],
): RequestInfo | { refused: string } {
  if (rest[0] === 'watch' || rest[0] === 'proxy') return { refused: `"${rest[0]}" is not available to handlers` }
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && rest[2] !== 'status' && rest[2] !== 'finalize'
  const namespace = inNamespace ? rest[1] : undefined
  const [plural = '', name, subresource, ...beyond] = inNamespace ? rest.slice(2) : rest
  if (subresource !== undefined && CONNECTING.has(subresource))
    return { refused: `"${subresource}" is not available to handlers` }
  if (beyond.length > 0) return { refused: 'the path goes beyond a subresource' }
  return { kind: 'resource', group, version, plural, verb: verbOf(method, name), namespace, name, subresource }
}

function verbOf(method: Method, name: string | undefined): string {
  switch (method) {
    case 'GET':
      return name === undefined ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete'
  }
}
