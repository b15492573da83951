import type { IncomingMessage } from 'node:http'

export type RequestKind =
  | 'list'
  | 'watch'
  | 'get'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'other'

/** A request as a test wants to match and count it. */
export interface ProxiedRequest {
  /** `other` for paths outside /api and /apis, and for discovery. */
  readonly kind: RequestKind
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Plural, or '' for kind `other`. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A list, or what stands in for one: a watch that begins with all objects (WatchList). */
export function isList({ kind, query }: ProxiedRequest): boolean {
  return kind === 'list' || (kind === 'watch' && query.sendInitialEvents === 'true')
}

/** Reads method and URL as the API server's request info does. */
export function describeRequest({
  method = 'GET',
  url = '/',
}: Pick<IncomingMessage, 'method' | 'url'>): ProxiedRequest {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const query = Object.fromEntries(searchParams)
  const place = placeOf(pathname)
  return { kind: kindOf(method, place, query), method, path: pathname, query, ...place, at: Date.now() }
}

type Place = Pick<ProxiedRequest, 'resource' | 'namespace' | 'name' | 'subresource'>

function placeOf(pathname: string): Place {
  const parts = pathname.split('/').filter((part) => part !== '')
  const rest = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : []
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize'
  const [resource = '', name, subresource] = inNamespace ? rest.slice(2) : rest
  return { resource, namespace: inNamespace ? rest[1] : undefined, name, subresource }
}

function kindOf(method: string, { resource, name }: Place, query: ProxiedRequest['query']): RequestKind {
  if (resource === '') return 'other'
  if (method === 'GET' && name !== undefined) return 'get'
  if (method === 'GET') return query.watch === 'true' || query.watch === '1' ? 'watch' : 'list'
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete'
  return 'other'
}
