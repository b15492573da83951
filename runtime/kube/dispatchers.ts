import type { Cluster } from '@kubernetes/client-node/dist/config_types.js'
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici'
import type { TlsMaterial } from './credentials.ts'

/** The kept connections to one cluster under one set of certificates. */
export interface Dispatchers {
  readonly requests: Dispatcher
  readonly streams: Dispatcher
  /** Takes no more, lets what runs end, then closes the connections. */
  drain(): Promise<void>
  /** Breaks everything off. */
  destroy(): Promise<void>
}

/** Enough for the handlers' 24 (fair-gate.ts) and the host's own; past it requests queue for a connection. */
const MAX_REQUEST_CONNECTIONS = 32

/** Shorter than the API server's 90 s, so that it is always we who close: a write must not meet a connection that is closing. */
const KEEP_ALIVE_MS = 60_000

/** As client-go: below the 60 s after which load balancers drop a silent connection, so a dead peer is noticed first. */
const KEEP_ALIVE_PROBE_MS = 30_000

/**
 * Requests and streams have pools of their own: a watch holds its connection for minutes, so in one bounded pool a few dozen
 * informers would leave none for requests. Streams have no bound, as their number is that of the informers.
 */
export function createDispatchers(cluster: Cluster, tls: TlsMaterial): Dispatchers {
  const requests = createKept(cluster, tls, MAX_REQUEST_CONNECTIONS)
  const streams = createKept(cluster, tls, null)
  return {
    requests: requests.dispatcher,
    streams: streams.dispatcher,
    async drain() {
      await Promise.all([requests.dispatcher.close(), streams.dispatcher.close()])
    },
    async destroy() {
      await Promise.all([requests.destroy(), streams.destroy()])
    },
  }
}

interface Kept {
  readonly dispatcher: Dispatcher
  /** Also breaks off what is being drained. */
  destroy(): Promise<void>
}

/**
 * HTTP/1.1 on purpose: over HTTP/2 all requests and watches share one connection, so one slow reader or one dead
 * connection stops them all (kubernetes/client-go#374). The API server would choose h2 where it is offered.
 */
function createKept(cluster: Cluster, tls: TlsMaterial, connections: number | null): Kept {
  const connect = { ...tls, allowH2: false, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS }
  // undici's Agent forgets its pools at close(), and its destroy() then leaves what still runs on them alone
  const pools = new Set<Pool>()
  const options = {
    connections,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    factory(origin: string | URL, poolOptions: object): Dispatcher {
      for (const pool of pools) if (pool.destroyed) pools.delete(pool)
      const pool = new Pool(origin, poolOptions)
      pools.add(pool)
      return pool
    },
  }
  const dispatcher = cluster.proxyUrl
    ? new ProxyAgent({ ...options, uri: cluster.proxyUrl, requestTls: connect })
    : new Agent({ ...options, connect })
  return {
    dispatcher,
    async destroy() {
      await Promise.all([dispatcher, ...pools].map((each) => each.destroy()))
    },
  }
}
