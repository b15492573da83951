import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../util/message-of.ts'
import { limitConnections } from './connection-limit.ts'
import { formatListenAddress, type ListenAddress, listenError, parseListenAddress } from './listen-address.ts'
import type { Logger } from './log.ts'
import { isLoopbackAddress, isLoopbackHost } from './loopback.ts'
import type { Overview } from './page.ts'
import { type Reply, type Request, RequestRefused, route } from './routes.ts'

/** A replay's body is a name and a namespace: 253 and 63 letters at most. */
const MAX_BODY_BYTES = 4 * 1024
const MAX_HEADER_BYTES = 8 * 1024
/** Probes and scrapes are answered in milliseconds; who takes longer to ask holds a connection and nothing else. */
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
/** Longer than the 10 to 30 s between probes is of use to nobody here. */
const KEEP_ALIVE_TIMEOUT_MS = 5_000
/** A kubelet, a Prometheus and a few people. */
const MAX_CONNECTIONS = 100
const CLOSE_GRACE_MS = 1_000

/** What the server shows, and the one thing it can do; the host states it. */
export interface ServerSource {
  ready(): Readiness
  /** What is parked, all controllers together; as JSON it is shown as it is. */
  parked(): readonly object[]
  /** Runs a parked object again; false when no such object is parked. */
  replay(controller: string, ref: ReplayRef): boolean
  overview(): Overview
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
}

export interface Readiness {
  readonly ok: boolean
  readonly controllers: readonly ControllerReadiness[]
  /** What holds the host as a whole, such as an API server that has not answered. */
  readonly problems?: readonly string[]
}

export interface ControllerReadiness {
  readonly name: string
  readonly state: string
  readonly message?: string
  readonly ok: boolean
}

export interface ReplayRef {
  readonly namespace?: string
  readonly name: string
}

export interface ServerOptions extends ServerSource {
  /** HOST:PORT; port 0 takes a free one. */
  readonly listen: string
  readonly log: Pick<Logger, 'error'>
}

export interface Server {
  /** As bound. */
  readonly address: ListenAddress
  readonly url: string
  /** Takes no more requests; those in hand have a second. */
  close(): Promise<void>
}

/**
 * Serves probes, metrics, what is parked, and the page.
 * errors:  RuntimeError when `listen` is no address, is taken, or is not to be had
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const listen = parseListenAddress(options.listen)
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Checked as often as the shortest of them asks for; Node.js does it every 30 s by default.
    connectionsCheckingInterval: 1_000,
  })
  limitConnections(server, MAX_CONNECTIONS)
  server.on('request', (request, response) => void respond(request, response, options))
  await bind(server, listen)
  const { address: host, port } = server.address() as AddressInfo
  return { address: { host, port }, url: `http://${formatListenAddress({ host, port })}`, close: () => close(server) }
}

function bind(server: HttpServer, listen: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(listen, cause)))
    server.listen({ host: listen.host, port: listen.port }, () => {
      server.removeAllListeners('error')
      // What goes wrong with one connection later on is that connection's trouble.
      server.on('error', () => {})
      resolve()
    })
  })
}

function close(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function respond(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const reply = await answer(request, options)
  response.writeHead(reply.status, {
    'content-type': reply.contentType ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(reply.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
    // What was not read of a refused body would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? '' : reply.body)
}

async function answer(request: IncomingMessage, options: ServerOptions): Promise<Reply> {
  try {
    return await route(readRequest(request), options)
  } catch (error) {
    if (error instanceof RequestRefused) return error.reply
    // Of a client that went away in the middle of its body there is nothing to say.
    if (!request.destroyed) options.log.error(`Cannot answer ${request.method} ${request.url}`, { error })
    return { status: 500, body: `Internal error: ${messageOf(error)}\n` }
  }
}

function readRequest(request: IncomingMessage): Request {
  const { remoteAddress, localAddress } = request.socket
  const url = request.url ?? '/'
  const [path = '', query = ''] = url.split('?', 2)
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    contentType: request.headers['content-type'],
    isLoopback:
      isLoopbackAddress(remoteAddress) && isLoopbackAddress(localAddress) && isLoopbackHost(request.headers.host),
    readBody: () => readBody(request),
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MAX_BODY_BYTES) throw new RequestRefused(413, `The body is longer than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}
