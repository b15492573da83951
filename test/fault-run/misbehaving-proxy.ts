import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findLoopbackPort } from '../control-plane/loopback-port.ts'
import { describeRequest, type ProxiedRequest } from '../control-plane/proxied-request.ts'
import { cert } from '../kube/certificates.ts'
import { type Fault, nameOf, type Outage, type Place, type WatchFault } from './faults.ts'
import { misdeliver } from './misdeliver.ts'
import { refuse } from './refuse.ts'
import { trickle } from './trickle.ts'

export interface MisbehavingProxyOptions {
  /** The API server, and the token of the user as whom every request is passed on. */
  readonly target: { readonly url: string; readonly token: string }
  /** Where the token, the CA and the kubeconfig are written. */
  readonly dir: string
  /** Plurals that faults are for; discovery meets outages only. */
  readonly resources: ReadonlySet<string>
  /** Namespaces in which lists are not streamed, so that they come in pages. */
  readonly paged: ReadonlySet<string>
  /** Watches end this much sooner than they were asked to, and pages hold no more than this. */
  readonly speed: number
  readonly pageLimit: number
}

/**
 * Stands before an API server, TLS on loopback, and does what it has been armed to. The faults come in the order in which
 * they were armed, each to the next request of its place; which request that is depends on the host's timing.
 */
export interface MisbehavingProxy {
  readonly kubeconfig: string
  /** False when as many already wait for such a request. Outages begin at once, one at a time. */
  arm(fault: Fault): boolean
  /** By name, those that happened to a request. */
  readonly struck: ReadonlyMap<string, number>
  /** Disarms what waits; what went silent stays so. */
  calm(): Promise<void>
  close(): Promise<void>
}

/** So many faults wait at one place; a host that does not come by is not to find all of them later. */
const MOST_WAITING = 6
/** So often in a row an object's requests are answered with 500, which counts as an attempt, as others do not. */
const MOST_INTERNAL = 2

const STREAM_VERBS = new Set(['list', 'watch'])

export async function startMisbehavingProxy(options: MisbehavingProxyOptions): Promise<MisbehavingProxy> {
  const { target, dir, resources, paged } = options
  const port = await findLoopbackPort()
  const struck = new Map<string, number>()
  const waiting = new Map<Fault['at'], Fault[]>()
  const internals = new Map<string, number>()
  const sockets = new Set<Socket>()
  const agent = new HttpsAgent({ keepAlive: true, rejectUnauthorized: false })
  const files = { token: join(dir, 'token'), ca: join(dir, 'ca.crt'), kubeconfig: join(dir, 'faulty.kubeconfig') }
  let authority: 'a' | 'b' = 'a'
  let token = 1
  let storm: 'tooMany' | 'tooManyWait' | undefined
  let outage: Promise<void> | undefined

  writeFileSync(files.token, tokenText(token))
  writeFileSync(files.ca, cert('ca-a.crt'))
  writeFileSync(files.kubeconfig, kubeconfigOf(port, files))
  const server = createServer({ key: cert('server.key'), cert: cert('server-a.crt') }, (incoming, response) => {
    response.on('error', () => {})
    incoming.on('error', () => {})
    void handle(incoming, response).catch(() => response.destroy())
  })
  server.on('tlsClientError', () => {}) // a client that does not know the CA yet
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await listen()

  return {
    kubeconfig: files.kubeconfig,
    struck,
    arm(fault) {
      if (fault.at === 'all') return begin(fault.kind, fault.forMs)
      const queue = waiting.get(fault.at) ?? []
      waiting.set(fault.at, queue)
      return queue.length < MOST_WAITING && queue.push(fault) > 0
    },
    async calm() {
      waiting.clear()
      await outage
    },
    async close() {
      await outage
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      await closed
    },
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = describeRequest(incoming)
    const body = Buffer.concat(await incoming.toArray())
    if (incoming.headers.authorization !== `Bearer ${tokenText(token)}`) return refuse(response, 'unauthorized')
    if (storm !== undefined) return refuse(response, storm)
    if (!resources.has(request.resource)) return forward(incoming, request, body, response, (up) => up.pipe(response))
    const place = placeOf(request)
    if (place === 'streamedList' && paged.has(request.namespace ?? '')) return refuse(response, 'notStreamed')
    const fault = take(place ?? 'exchange', request)
    if (place === 'watch' || place === 'streamedList') return watch(fault)
    if (place !== undefined) return page(fault)
    return exchange(fault)

    function watch(refusal: Fault['kind'] | undefined): void {
      // A 410 comes as a status or as an event, in turns.
      const isEvent = refusal === 'gone' && (struck.get(`${place}.gone`) ?? 0) % 2 === 0
      if (refusal !== undefined) return refuse(response, refusal, { isEvent })
      forward(incoming, request, body, response, (upstream) => {
        if (upstream.statusCode !== 200) return upstream.pipe(response)
        const isStreamedList = place === 'streamedList'
        void misdeliver(upstream, response, { isStreamedList, fault: () => take('watchEvent', request) as WatchFault })
      })
    }

    function page(kind: Fault['kind'] | undefined): void {
      if (kind !== undefined && kind !== 'cut' && kind !== 'slow' && kind !== 'silence') return refuse(response, kind)
      forward(incoming, request, body, response, async (upstream) => {
        if (kind === undefined) return void upstream.pipe(response)
        const text = Buffer.concat(await upstream.toArray())
        const half = text.subarray(0, Math.floor(text.length / 2))
        if (kind === 'slow')
          await trickle(response, text.subarray(0, 4_000)).then(() => response.end(text.subarray(4_000)))
        else response.write(half, () => kind === 'cut' && response.destroy())
      })
    }

    function exchange(kind: Fault['kind'] | undefined): void {
      const reaches = kind === undefined || kind === 'slow' || kind.startsWith('lost')
      if (!reaches) return refuse(response, kind)
      forward(incoming, request, body, undefined, async (upstream) => {
        const text = Buffer.concat(await upstream.toArray())
        if (kind === undefined && request.kind === 'patch' && upstream.statusCode === 200)
          internals.delete(keyOf(request))
        if (kind === 'lostByReset') return void response.destroy()
        if (kind === 'lostInSilence') return
        response.writeHead(upstream.statusCode ?? 502, upstream.headers)
        if (kind === 'lostInHalf') response.write(text.subarray(0, text.length / 2), () => response.destroy())
        else if (kind === 'slow') await trickle(response, text).then(() => response.end())
        else response.end(text)
      })
    }
  }

  /** The first fault that waits at this place; it is used up. */
  function take(at: Fault['at'], request: ProxiedRequest): Fault['kind'] | undefined {
    const queue = waiting.get(at)
    const fault = queue?.[0]
    if (queue === undefined || fault === undefined) return undefined
    const key = keyOf(request)
    const isCounted = at === 'exchange' && fault.kind === 'internal'
    if (isCounted && (internals.get(key) ?? 0) >= MOST_INTERNAL) return undefined
    if (isCounted) internals.set(key, (internals.get(key) ?? 0) + 1)
    queue.shift()
    count(fault)
    return fault.kind
  }

  function count(fault: Fault): void {
    struck.set(nameOf(fault), (struck.get(nameOf(fault)) ?? 0) + 1)
  }

  /** `answerTo` gets the head at once; without it the relay writes it. */
  function forward(
    { method, url, headers: { host: _, ...headers } }: IncomingMessage,
    request: ProxiedRequest,
    body: Buffer,
    answerTo: ServerResponse | undefined,
    relay: (upstream: IncomingMessage) => void,
  ): void {
    const to = shortened(new URL(url ?? '/', target.url), request)
    headers.authorization = `Bearer ${target.token}`
    const outgoing = httpsRequest(to, { agent, method, headers }, (upstream) => {
      upstream.on('error', () => answerTo?.destroy())
      answerTo?.writeHead(upstream.statusCode ?? 502, upstream.headers)
      answerTo?.flushHeaders()
      relay(upstream)
    })
    outgoing.on('error', () => answerTo?.destroy())
    // What has begun as a write is left to end: its answer is what goes missing.
    answerTo?.once('close', () => outgoing.destroy())
    outgoing.end(body)
  }

  function shortened(to: URL, { kind }: ProxiedRequest): URL {
    const seconds = Number(to.searchParams.get('timeoutSeconds'))
    if (seconds > 0) to.searchParams.set('timeoutSeconds', String(Math.ceil(seconds / options.speed)))
    if (kind === 'list' && to.searchParams.has('limit')) to.searchParams.set('limit', String(options.pageLimit))
    return to
  }

  function begin(kind: Outage, forMs: number): boolean {
    if (outage !== undefined) return false
    count({ at: 'all', kind, forMs })
    outage = suffer(kind, forMs).finally(() => {
      outage = undefined
    })
    return true
  }

  async function suffer(kind: Outage, forMs: number): Promise<void> {
    switch (kind) {
      case 'drop':
        return dropConnections()
      case 'refuse':
        server.close()
        dropConnections()
        await sleep(forMs)
        return listen()
      case 'storm':
      case 'stormWait':
        storm = kind === 'storm' ? 'tooMany' : 'tooManyWait'
        await sleep(forMs)
        storm = undefined
        return
      case 'certificateFileFirst':
      case 'certificateServerFirst':
        authority = authority === 'a' ? 'b' : 'a'
        return inOrder(kind === 'certificateFileFirst', forMs, writeAuthority, () => {
          server.setSecureContext({ key: cert('server.key'), cert: cert(`server-${authority}.crt`) })
          dropConnections()
        })
      case 'tokenFileFirst':
      case 'tokenServerFirst': {
        const next = token + 1
        const write = () => writeFileSync(files.token, tokenText(next))
        return inOrder(kind === 'tokenFileFirst', forMs, write, () => {
          token = next
        })
      }
    }
  }

  function writeAuthority(): void {
    writeFileSync(files.ca, cert(`ca-${authority}.crt`))
  }

  function dropConnections(): void {
    for (const socket of sockets) socket.destroy()
  }

  async function listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  }
}

async function inOrder(isFirst: boolean, forMs: number, first: () => void, second: () => void): Promise<void> {
  const [now, later] = isFirst ? [first, second] : [second, first]
  now()
  await sleep(forMs)
  later()
}

/** Undefined for a request about one object. */
function placeOf({ kind, query }: ProxiedRequest): Place | undefined {
  if (!STREAM_VERBS.has(kind)) return undefined
  if (kind === 'watch') return query.sendInitialEvents === 'true' ? 'streamedList' : 'watch'
  return query.continue === undefined ? 'page' : 'nextPage'
}

/** An object of a namespace, whatever the resource: a copy has the name of its original. */
function keyOf({ namespace, name }: ProxiedRequest): string {
  return `${namespace}/${name}`
}

const tokenText = (serial: number) => `token-${serial}`

function kubeconfigOf(port: number, files: { token: string; ca: string }): string {
  const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': files.ca }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'faulty',
    contexts: [{ name: 'faulty', context: { cluster: 'faulty', user: 'host' } }],
    clusters: [{ name: 'faulty', cluster }],
    users: [{ name: 'host', user: { tokenFile: files.token } }],
  })
}
