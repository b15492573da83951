/** What a request is about, as the API server reads it. source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go */
export interface RequestInfo {
  readonly isResource: boolean
  /** Without the query. */
  readonly path: string
  /** For resources: get, list, watch, create, update, patch, delete, deletecollection; else the method in small letters. */
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly plural: string
  /** Empty where the path has none between its slashes. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  /** Of a list or watch with the field selector `metadata.name=x`: x, for authorization. */
  readonly selectedName?: string | undefined
  readonly subresource: string | undefined
  /** What stands behind a subresource, as in `proxy/index.html`. */
  readonly rest: readonly string[]
}

/** Path and query of what a request line asks for, also where that has the server in front, as proxies write it. */
export function parseRequestTarget(target: string): { pathname: string; query: URLSearchParams } {
  const url = target.replace(/^https?:\/\/[^/?]*/i, '')
  const at = url.indexOf('?')
  const pathname = at < 0 ? url : url.slice(0, at)
  return { pathname, query: new URLSearchParams(at < 0 ? '' : readable(url.slice(at + 1))) }
}

/** As Go reads a query: without the parts whose escapes or semicolons are none of a query's. */
function readable(query: string): string {
  return query
    .split('&')
    .filter((part) => !part.includes(';') && !/%(?![0-9a-f]{2})/i.test(part))
    .join('&')
}

/** Not so: nothing serves such a path, nor reads it. */
export function isReadablePath(path: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(path)
}

/** Reads method, path and query; the old `/watch/` prefix is a watch. */
export function readRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  // As Go does: decoded before it is split, and an empty part within is a part.
  const segments = decode(path)
    .replace(/^\/|\/+$/g, '')
    .split('/')
  const isCore = segments[0] === 'api' && segments.length >= 3
  const isGroup = segments[0] === 'apis' && segments.length >= 4
  if (!isCore && !isGroup) return nonResource(method, path)
  const group = isCore ? '' : (segments[1] as string)
  const version = segments[isCore ? 1 : 2] as string
  let parts = segments.slice(isCore ? 2 : 3)
  const isOldWatch = parts[0] === 'watch'
  if (isOldWatch) parts = parts.slice(1)
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] as string)
  const namespace = inNamespace || (parts[0] === 'namespaces' && parts.length > 1) ? parts[1] : undefined
  const [plural = '', name, subresource, ...rest] = inNamespace ? parts.slice(2) : parts
  const verb = isOldWatch ? 'watch' : verbOf(method, name, query)
  const selectedName = name === undefined ? readSelectedName(verb, query) : undefined
  return { isResource: true, path, verb, group, version, plural, namespace, name, selectedName, subresource, rest }
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

function nonResource(method: string, path: string): RequestInfo {
  return {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    plural: '',
    namespace: undefined,
    name: undefined,
    subresource: undefined,
    rest: [],
  }
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
    case 'HEAD': {
      if (name !== undefined) return 'get'
      const isWatch = query.has('watch') && !['false', '0'].includes(query.get('watch') as string)
      return isWatch ? 'watch' : 'list'
    }
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete'
    default:
      return ''
  }
}

function readSelectedName(verb: string, query: URLSearchParams): string | undefined {
  if (!['list', 'watch'].includes(verb)) return undefined
  const terms = (query.get('fieldSelector') ?? '').split(',')
  return terms.map((term) => /^metadata\.name==?([^=]+)$/.exec(term.trim())?.[1]).find((name) => name !== undefined)
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
