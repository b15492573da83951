import { writeFileSync } from 'node:fs'
import {
  createServer,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { findLoopbackPort } from './loopback-port.ts'
import { describeRequest, type ProxiedRequest } from './proxied-request.ts'

export type Match = (request: ProxiedRequest) => boolean

/** A failure that the API server might answer with. */
export interface FaultyAnswer {
  /** HTTP status, and the Status object's code. */
  readonly code: number
  readonly reason: string
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
  /** For a watch: 200 with one ERROR event that holds the Status, as a resourceVersion that is too old is answered. */
  readonly asWatchEvent?: boolean
}

/**
 * Stands before an API server, plain HTTP on loopback, and breaks on command.
 * Not imitated: HTTP/2, upgrades (exec, attach, port-forward).
 */
export interface FaultyProxy {
  readonly url: string
  /** Every request so far, also those that were answered by the proxy itself. */
  readonly requests: readonly ProxiedRequest[]
  count(match: Match): number
  /** Writes a kubeconfig for this proxy; it needs no credentials. */
  writeKubeconfig(file: string): void
  /** Cuts every connection; new ones are served. */
  dropConnections(): void
  /** Takes no new connection (ECONNREFUSED); those that are open stay. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Open and new watches stay open and say nothing, until resumeWatches(). */
  stallWatches(): void
  resumeWatches(): void
  /**
   * Cuts a matching watch in the middle of the next object it sends; resolves when done.
   * `reset` ends the connection; `clean` ends the response in good order, as a broken proxy does.
   */
  cutWatch(match?: Match, ending?: 'reset' | 'clean'): Promise<void>
  /** Answers the next matching request with a failure, which the API server does not see; resolves when done. */
  answerOnce(match: Match, answer: FaultyAnswer): Promise<void>
  /** Keeps the next matching request from the API server until `release`, what it resolves with when the request is there. */
  holdOnce(match: Match): Promise<{ release(): void }>
  close(): Promise<void>
}

/** A fault that waits for its request. */
interface Pending<Fault> {
  readonly match: Match
  readonly fault: Fault
  readonly done: () => void
}

interface OpenWatch {
  readonly request: ProxiedRequest
  readonly upstream: IncomingMessage
}

export async function startFaultyProxy(target: { url: string; token?: string }): Promise<FaultyProxy> {
  const port = await findLoopbackPort()
  const url = `http://127.0.0.1:${port}`
  const requests: ProxiedRequest[] = []
  const sockets = new Set<Socket>()
  const watches = new Set<OpenWatch>()
  const answers: Pending<FaultyAnswer>[] = []
  const cuts: Pending<'reset' | 'clean'>[] = []
  const holds: Pending<Promise<void>>[] = []
  const forward = createForward(target)
  let stalled = false

  const server = createServer((incoming, response) => {
    const request = describeRequest(incoming)
    requests.push(request)
    const answer = take(answers, request)
    if (answer !== undefined) return sendFailure(response, answer)
    const pass = () =>
      forward.send(incoming, response, (upstream) => {
        if (request.kind === 'watch') relayWatch(request, upstream, response)
        else upstream.pipe(response)
      })
    const released = take(holds, request)
    if (released === undefined) pass()
    else void released.then(pass)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  function relayWatch(request: ProxiedRequest, upstream: IncomingMessage, response: ServerResponse): void {
    const watch = { request, upstream }
    watches.add(watch)
    response.once('close', () => watches.delete(watch))
    response.flushHeaders()
    upstream.on('data', (chunk: Buffer) => {
      const ending = take(cuts, request)
      if (ending !== undefined) return cut(upstream, response, chunk, ending)
      if (response.write(chunk)) return
      upstream.pause()
      response.once('drain', () => stalled || upstream.resume())
    })
    upstream.once('end', () => response.end())
    if (stalled) upstream.pause()
  }

  await listen()
  return {
    url,
    requests,
    count: (match) => requests.filter(match).length,
    writeKubeconfig: (file) => writeFileSync(file, kubeconfigOf(url)),
    dropConnections,
    refuse: () => new Promise((resolve) => (server.listening ? stopListening(resolve) : resolve())),
    accept: async () => {
      if (!server.listening) await listen()
    },
    stallWatches: () => {
      stalled = true
      for (const { upstream } of watches) upstream.pause()
    },
    resumeWatches: () => {
      stalled = false
      for (const { upstream } of watches) upstream.resume()
    },
    cutWatch: (match = () => true, ending = 'reset') => add(cuts, match, ending),
    answerOnce: (match, answer) => add(answers, match, answer),
    holdOnce: async (match) => {
      const { promise, resolve: release } = Promise.withResolvers<void>()
      await add(holds, match, promise)
      return { release }
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()))
      dropConnections()
      forward.close()
      await closed
    },
  }

  function dropConnections(): void {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  /** Resolves as soon as nothing listens; the server's own callback would wait for the connections that stay. */
  function stopListening(resolve: () => void): void {
    server.close()
    setImmediate(resolve)
  }

  function listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  }
}

function add<Fault>(pending: Pending<Fault>[], match: Match, fault: Fault): Promise<void> {
  return new Promise((done) => pending.push({ match, fault, done }))
}

/** The first fault that waits for such a request; it is used up. */
function take<Fault>(pending: Pending<Fault>[], request: ProxiedRequest): Fault | undefined {
  const index = pending.findIndex(({ match }) => match(request))
  if (index === -1) return undefined
  const [taken] = pending.splice(index, 1)
  taken?.done()
  return taken?.fault
}

/** Sends the first half of the chunk's first line. */
function cut(upstream: IncomingMessage, response: ServerResponse, chunk: Buffer, ending: 'reset' | 'clean'): void {
  const line = chunk.indexOf('\n')
  const half = chunk.subarray(0, Math.ceil((line === -1 ? chunk.length : line) / 2))
  upstream.removeAllListeners('data')
  upstream.removeAllListeners('end')
  if (ending === 'clean') response.end(half)
  else response.write(half, () => response.destroy())
}

function sendFailure(
  response: ServerResponse,
  { code, reason, message = reason, headers, asWatchEvent }: FaultyAnswer,
): void {
  const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', metadata: {}, code, reason, message }
  const body = asWatchEvent === true ? { type: 'ERROR', object: status } : status
  response.writeHead(asWatchEvent === true ? 200 : code, { 'content-type': 'application/json', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}

/** Passes requests on, with the target's token. Where the target cannot be reached, the client's connection is cut. */
function createForward({ url, token }: { url: string; token?: string }) {
  const isTls = url.startsWith('https:')
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: false }) // loopback, and a certificate that signs itself
    : new HttpAgent({ keepAlive: true })
  const send = isTls ? httpsRequest : httpRequest
  return {
    close: () => agent.destroy(),
    send: (incoming: IncomingMessage, response: ServerResponse, relay: (upstream: IncomingMessage) => void): void => {
      const { host: _, ...headers } = incoming.headers
      if (token !== undefined) headers.authorization = `Bearer ${token}`
      const options = { agent, method: incoming.method, headers }
      const outgoing = send(new URL(incoming.url ?? '/', url), options, (upstream) => {
        upstream.once('error', () => response.destroy())
        response.writeHead(upstream.statusCode ?? 502, upstream.headers)
        relay(upstream)
      })
      outgoing.once('error', () => response.destroy())
      response.once('close', () => outgoing.destroy())
      incoming.pipe(outgoing)
    },
  }
}

function kubeconfigOf(url: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'faulty',
    contexts: [{ name: 'faulty', context: { cluster: 'faulty', user: 'nobody' } }],
    clusters: [{ name: 'faulty', cluster: { server: url } }],
    users: [{ name: 'nobody', user: {} }],
  })
}
