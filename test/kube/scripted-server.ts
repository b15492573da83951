import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** One request as it came in. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Respond = (request: SeenRequest, response: ServerResponse, raw: IncomingMessage) => void

export interface ScriptedServer {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Opened since the start. */
  readonly connections: number
  readonly openConnections: number
  /** What is answered from now on. */
  respond: Respond
  /** Certificates for connections made from now on. */
  setSecureContext(tls: ServerOptions): void
  close(): Promise<void>
}

/** A loopback server that answers by `respond`; over TLS when `tls` is given. */
export async function startScriptedServer(respond: Respond, tls?: ServerOptions): Promise<ScriptedServer> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const listener: RequestListener = async (raw, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of raw) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = raw
    const seen = { method, url, headers, body: Buffer.concat(chunks).toString() }
    requests.push(seen)
    scripted.respond(seen, response, raw)
  }
  const secure = tls === undefined ? undefined : createTlsServer(tls, listener)
  const server = secure ?? createServer(listener)
  server.keepAliveTimeout = 90_000
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const scripted: ScriptedServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections
    },
    get openConnections() {
      return sockets.size
    },
    respond,
    setSecureContext: (next) => secure?.setSecureContext(next),
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
  return scripted
}

/** Answers JSON, by default with 200. */
export function answer(
  response: ServerResponse,
  body: unknown,
  code = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A Kubernetes Status, as failures carry it. */
export const statusOf = (code: number, reason: string, message = reason, details?: object) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
  details,
})
