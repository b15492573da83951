import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Answer, StreamAnswer, StreamSink } from './answer.ts'

/** For HTTPS; client certificates are asked for, and looked at by who authenticates. */
export interface TlsOptions {
  readonly key: string
  readonly cert: string
  /** Of client certificates, PEM. */
  readonly ca?: string | undefined
}

export interface ListenerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly tls?: TlsOptions | undefined
  /** What comes beyond is closed at once. Default: MAX_CONNECTIONS. */
  readonly maxConnections?: number | undefined
  /** Never throws: what fails is an answer too. */
  respond(request: IncomingMessage): Promise<Answer | StreamAnswer>
}

export interface Listener {
  readonly port: number
  readonly url: string
  /** Cuts what is open, after what is being answered has had `graceMs`. */
  close(graceMs?: number): Promise<void>
}

/** Far more than clients of one machine have, and below the number of files that a process may open. */
const MAX_CONNECTIONS = 8_192
/** Headers beyond this are refused by Node.js (431). */
const MAX_HEADER_BYTES = 64 * 1024
/** As long as a header may take to arrive. */
const HEADERS_TIMEOUT_MS = 30_000
/** Longer than the idle connections that clients keep: they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 180_000

export async function listen(options: ListenerOptions): Promise<Listener> {
  const { host, port, tls, maxConnections = MAX_CONNECTIONS, respond } = options
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Bodies have a time limit of their own; watches last for hours.
    requestTimeout: 0,
    // What asks for websockets or SPDY (exec, attach, portforward) is told in a Status why not.
    shouldUpgradeCallback: () => false,
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    // What cannot be answered must not stay open, and is nobody else's affair.
    answer(request, response, respond).catch(() => response.destroy())
  }
  const server =
    tls === undefined
      ? createServer(settings, handle)
      : createSecureServer({ ...settings, ...tls, requestCert: true, rejectUnauthorized: false }, handle)
  server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  const bound = (server.address() as AddressInfo).port
  const scheme = tls === undefined ? 'http' : 'https'
  return {
    port: bound,
    url: `${scheme}://${formatHost(host)}:${bound}`,
    close: (graceMs = 0) => close(server, graceMs),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  respond: ListenerOptions['respond'],
): Promise<void> {
  // Whoever goes away while being answered is no fault of ours.
  response.on('error', () => {})
  const result = await respond(request)
  if (response.destroyed) return
  if ('open' in result) return stream(response, result)
  const body = Buffer.from(result.body)
  // What has not been read of the body would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close')
  response.writeHead(result.code, { ...result.headers, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function stream(response: ServerResponse, { code, headers, open }: StreamAnswer): void {
  response.writeHead(code, headers)
  response.flushHeaders()
  response.socket?.setNoDelay(true)
  const sink: StreamSink = {
    write: (chunk) => response.write(chunk),
    onDrain: (listener) => response.on('drain', listener),
    onClose: (listener) => response.on('close', listener),
    end: () => response.end(),
    destroy: () => response.destroy(),
  }
  open(sink)
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
}

function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
