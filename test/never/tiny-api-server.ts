import type { ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import type { ParsedObject } from '../../runtime/informer/entry.ts'
import {
  answer,
  type ScriptedServer,
  type SeenRequest,
  startScriptedServer,
  statusOf,
} from '../kube/scripted-server.ts'

/**
 * Just enough of an API server for one host: one kind (demo.io/v1 Demo), WatchList, status patches, leases, and every right. What it does not
 * imitate: everything else; the cases of test/e2e run against a real one.
 */
export interface TinyApiServer {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Creates or changes `default/NAME`; fields replace what was there. */
  put(name: string, fields?: ParsedObject): ParsedObject
  get(name: string): ParsedObject | undefined
  delete(name: string): void
  /** Whether the kind is in discovery; watches of one that goes end. */
  isServed: boolean
  /** Answers in place of the server when it returns true; it may do so later, or never. */
  intercept: (request: SeenRequest, response: ServerResponse) => boolean
  /** Breaks every watch off. */
  breakWatches(): void
  readonly watches: number
}

const DEMOS = '/apis/demo.io/v1/demos'
const OBJECT = /^\/apis\/demo\.io\/v1\/namespaces\/default\/demos\/([^/]+)(\/status)?$/
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const LEASE = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/[^/]+\/leases(\/[^/]+)?$/

export async function startTinyApiServer(leaseSpec?: object): Promise<TinyApiServer> {
  const objects = new Map<string, ParsedObject>()
  const history: { version: number; line: string }[] = []
  const watches = new Set<ServerResponse>()
  let version = 0
  let isServed = true
  let lease: ParsedObject | undefined =
    leaseSpec === undefined ? undefined : { metadata: { resourceVersion: '1' }, spec: leaseSpec }
  const server: ScriptedServer = await startScriptedServer((request, response) => {
    if (api.intercept(request, response)) return
    const { pathname, searchParams } = new URL(request.url, 'http://x')
    if (pathname === '/api') return answer(response, { kind: 'APIGroupDiscoveryList', items: [] })
    if (pathname === '/apis') return answer(response, { kind: 'APIGroupDiscoveryList', items: isServed ? [GROUP] : [] })
    if (LEASE.test(pathname)) return serveLease(request, response)
    if (pathname === REVIEWS) return answer(response, { status: { allowed: true } }, 201)
    const [, name, status] = OBJECT.exec(pathname) ?? []
    const missing = !isServed || (pathname !== DEMOS && objects.get(name ?? '') === undefined)
    if (missing) return answer(response, statusOf(404, 'NotFound', `no ${pathname}`), 404)
    if (pathname === DEMOS) return watch(searchParams, response)
    const object = objects.get(name as string) as ParsedObject
    if (request.method === 'PATCH' && status !== undefined) {
      const value = (JSON.parse(request.body) as { path: string; value: unknown }[]).find(
        ({ path }) => path === '/status',
      )
      return answer(response, api.put(name as string, { status: value?.value }))
    }
    answer(response, object)
  })
  onTestFinished(() => server.close())

  const api: TinyApiServer = {
    url: server.url,
    requests: server.requests,
    intercept: () => false,
    get watches() {
      return watches.size
    },
    get isServed() {
      return isServed
    },
    set isServed(next) {
      isServed = next
      if (next) return
      objects.clear()
      api.breakWatches()
    },
    get: (name) => objects.get(name),
    put(name, fields = {}) {
      const old = objects.get(name)
      const uid = old?.metadata?.uid ?? `${name}-${version + 1}`
      const metadata = {
        ...old?.metadata,
        namespace: 'default',
        name,
        uid,
        ...fields.metadata,
        resourceVersion: next(),
      }
      const object = { apiVersion: 'demo.io/v1', kind: 'Demo', ...old, ...fields, metadata }
      objects.set(name, object)
      tell(old === undefined ? 'ADDED' : 'MODIFIED', object)
      return object
    },
    delete(name) {
      const old = objects.get(name) as ParsedObject
      objects.delete(name)
      tell('DELETED', { ...old, metadata: { ...old.metadata, resourceVersion: next() } })
    },
    breakWatches() {
      for (const response of watches) response.destroy()
      watches.clear()
    },
  }
  return api

  function next(): string {
    return String(++version)
  }

  function tell(type: string, object: ParsedObject): void {
    const line = `${JSON.stringify({ type, object })}\n`
    history.push({ version, line })
    for (const response of watches) response.write(line)
  }

  function watch(query: URLSearchParams, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    watches.add(response)
    response.on('close', () => watches.delete(response))
    const since = Number(query.get('resourceVersion') ?? 0)
    if (query.get('sendInitialEvents') === null) {
      for (const event of history) if (event.version > since) response.write(event.line)
      return
    }
    for (const object of objects.values()) response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`)
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const metadata = { resourceVersion: String(version), annotations }
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`)
  }

  function serveLease({ method, body }: SeenRequest, response: ServerResponse): void {
    if (method === 'GET' && lease === undefined) return answer(response, statusOf(404, 'NotFound'), 404)
    if (method !== 'GET') {
      const written = JSON.parse(body) as ParsedObject
      lease = { ...written, metadata: { ...written.metadata, resourceVersion: next() } }
    }
    answer(response, lease)
  }
}

const GROUP = {
  metadata: { name: 'demo.io' },
  versions: [
    {
      version: 'v1',
      resources: [
        {
          resource: 'demos',
          responseKind: { kind: 'Demo' },
          scope: 'Namespaced',
          verbs: ['get', 'list', 'watch', 'patch'],
          subresources: [{ subresource: 'status' }],
        },
      ],
    },
  ],
}
