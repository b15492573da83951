import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../../runtime/apiserver/api-server.ts'
import { type ApiClient, createApiClient } from '../../control-plane/api-client.ts'

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'

export interface PlainServer extends Pick<ApiClient, 'request'> {
  readonly server: ApiServer
  /** What the server thinks is its own fault. */
  readonly faults: unknown[]
  /** A connection to write bytes to. */
  open(): Socket
}

/** A server over plain HTTP, in this process, and its admin's client; both are gone with the test. */
export async function startPlainServer(options: Partial<ApiServerOptions> = {}): Promise<PlainServer> {
  const faults: unknown[] = []
  const server = await createApiServer({
    tokens: [{ token: 't', user: { name: 'admin', groups: ['system:masters'] } }],
    onFault: (error) => faults.push(error),
    ...options,
  })
  const client = createApiClient({ url: server.url, token: 't' })
  onTestFinished(async () => {
    client.close()
    await server.close()
  })
  return {
    ...{ server, faults },
    request: (...given) => client.request(...given),
    open() {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      onTestFinished(() => {
        socket.destroy()
      })
      return socket
    },
  }
}

/** All that comes until the server closes the connection. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('close', () => resolve())
  await promise
  return Buffer.concat(chunks).toString()
}

/** The head of a request, without the empty line behind it. */
export function head(method: string, path: string, ...headers: string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: a', 'Authorization: Bearer t', ...headers].join('\r\n')
}
