import type { Dispatcher } from 'undici'
import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { CredentialSource, type Credentials, type TlsMaterial } from './credentials.ts'
import { createDispatchers, type Dispatchers } from './dispatchers.ts'
import { type Answer, exchange } from './exchange.ts'
import type { FairGate } from './fair-gate.ts'
import type { KubeConfig } from './kubeconfig.ts'
import { decideRetry, parseRetryAfter } from './retry.ts'
import { statusErrorOf } from './status-error.ts'
import { openStream } from './stream.ts'

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  /** As pathOf() builds it; may bear a query of its own. */
  readonly path: string
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: string
  /** Default with a body: application/json. */
  readonly contentType?: string
  /** Default: application/json. */
  readonly accept?: string
  readonly signal?: AbortSignal | undefined
  /** Takes turns with other users at the client's gate; without it the request goes at once. */
  readonly user?: string
  /** The user whose rights the request has (impersonation); '' or undefined: the client's own. */
  readonly as?: string | undefined
  /** Cap of the answer's body; default 64 MiB. */
  readonly maxBytes?: number
  /** Per attempt, waiting for a connection included; default 60 s. */
  readonly timeoutMs?: number
  /** Called at each attempt when it goes to a connection: from then on the server may act on it. */
  readonly onSent?: () => void
}

/** One attempt, once it is over; for metrics. */
export interface RequestSeen {
  readonly method: string
  readonly host: string
  /** `200`; `<error>` when no answer came, as in client-go's rest_client_requests_total. */
  readonly code: string
  /** Until the answer was there whole; of a stream, until its headers were. */
  readonly seconds: number
}

/** Stands around each request: may refuse it, follow it, or break it off by its signal. */
export type RequestGuard = (request: KubeRequest, run: (request: KubeRequest) => Promise<Answer>) => Promise<Answer>

export interface KubeClientOptions {
  readonly kubeConfig: KubeConfig
  readonly clock: Clock
  /** `ostler/1.2.3`. */
  readonly userAgent: string
  readonly gate?: FairGate
  readonly guard?: RequestGuard | undefined
  readonly onRequest?: (seen: RequestSeen) => void
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** kube-apiserver's own limit for anything but streams (--request-timeout). */
const DEFAULT_TIMEOUT_MS = 60_000

/** Requests to one API server, over connections that are kept. */
export class KubeClient {
  readonly #options: KubeClientOptions
  readonly #server: URL
  readonly #credentials: CredentialSource
  readonly #closing = new AbortController()
  /** The connections for `tls`; replaced when that changes. */
  #pool: { readonly tls: TlsMaterial; readonly dispatchers: Dispatchers } | undefined
  /** Replaced pools in which something still runs. */
  readonly #draining = new Set<Dispatchers>()

  constructor(options: KubeClientOptions) {
    this.#options = options
    this.#server = new URL(options.kubeConfig.cluster.server)
    this.#credentials = new CredentialSource(options.kubeConfig, options.clock)
  }

  /**
   * Resolves with an answer below 400. Waits and repeats where decideRetry() allows it.
   * errors:  KubeStatusError · ApiUnreachableError (API_UNREACHABLE) · REQUEST_INVALID (answer above maxBytes) ·
   *          KUBECONFIG_INVALID (credentials) · SHUTTING_DOWN after close() · the signal's reason · the guard's own
   */
  request(request: KubeRequest): Promise<Answer> {
    const run = (guarded: KubeRequest) => this.#repeat(guarded, (credentials) => this.#attempt(guarded, credentials))
    const { guard } = this.#options
    return guard === undefined ? run(request) : guard(request, run)
  }

  /**
   * Resolves once the headers of an answer below 400 are in. Ending the iteration, or aborting, closes the connection.
   * errors:  as request(), but a 429 or 5xx is left to the caller, who has a backoff of its own; a stream that breaks off
   *          throws API_UNREACHABLE from the iteration
   */
  stream(request: KubeRequest): Promise<AsyncIterableIterator<Buffer>> {
    return this.#repeat(request, (credentials) => this.#openStream(request, credentials), { mayWait: false })
  }

  /** Breaks off what runs and closes every connection. */
  async close(): Promise<void> {
    this.#closing.abort(new RuntimeError('SHUTTING_DOWN', `Cannot reach ${this.#server.host}: the client is closed`))
    const all = [...this.#draining, ...(this.#pool === undefined ? [] : [this.#pool.dispatchers])]
    await Promise.all(all.map((dispatchers) => dispatchers.destroy()))
  }

  async #repeat<T>(
    request: KubeRequest,
    run: (credentials: Credentials) => Promise<T>,
    { mayWait = true } = {},
  ): Promise<T> {
    const { method, signal } = request
    let renewed = false
    for (let attempt = 1; ; attempt++) {
      let used: Credentials | undefined
      try {
        // one turn for each attempt, so that no slot is held while waiting for a Retry-After
        return await this.#inTurn(request, async () => {
          // read once it is our turn: older ones would bring connections back that have been replaced
          used = this.#credentials.fresh ?? (await abortable(this.#credentials.current(), signal))
          this.#closing.signal.throwIfAborted()
          return run(used)
        })
      } catch (error) {
        this.#closing.signal.throwIfAborted()
        if (signal?.aborted || used === undefined) throw error
        const decision = decideRetry({ error, method, attempt, renewed })
        if (decision.kind === 'renew') {
          renewed = true
          if ((await abortable(this.#credentials.renew(used), signal)) === used) throw error
        } else if (decision.kind === 'wait' && mayWait) {
          await this.#options.clock.sleep(decision.delayMs, anyOf(this.#closing.signal, signal))
        } else throw error
      }
    }
  }

  #inTurn<T>({ user, signal }: KubeRequest, fn: () => Promise<T>): Promise<T> {
    const { gate } = this.#options
    return gate === undefined || user === undefined ? fn() : gate.run(user, signal, fn)
  }

  async #attempt(request: KubeRequest, credentials: Credentials): Promise<Answer> {
    const action = this.#actionOf(request)
    const answer = await this.#observed(request, () =>
      exchange(this.#dispatchers(credentials.tls).requests, this.#dispatchOptions(request, credentials), {
        action,
        clock: this.#options.clock,
        timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
        signal: request.signal,
        onSent: request.onSent,
      }),
    )
    if (answer.code >= 400) throw this.#failureOf(action, answer)
    return answer
  }

  async #openStream(request: KubeRequest, credentials: Credentials): Promise<AsyncIterableIterator<Buffer>> {
    const action = this.#actionOf(request)
    const opened = await this.#observed(request, () =>
      openStream(this.#dispatchers(credentials.tls).streams, this.#dispatchOptions(request, credentials), {
        action,
        clock: this.#options.clock,
        timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal: request.signal,
      }),
    )
    if (opened.kind === 'failed') throw this.#failureOf(action, opened)
    return opened.chunks
  }

  #failureOf(action: string, { code, text, headers }: Answer) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], this.#options.clock.now())
    return statusErrorOf({ action, code, text, retryAfterMs })
  }

  async #observed<T extends { readonly code: number }>({ method }: KubeRequest, run: () => Promise<T>): Promise<T> {
    const { onRequest } = this.#options
    const startedMs = performance.now()
    let code = '<error>'
    try {
      const answer = await run()
      code = String(answer.code)
      return answer
    } finally {
      onRequest?.({ method, host: this.#server.host, code, seconds: (performance.now() - startedMs) / 1_000 })
    }
  }

  /** The old connections end with what runs on them, watches included, within their timeoutSeconds. */
  #dispatchers(tls: TlsMaterial): Dispatchers {
    if (this.#pool?.tls === tls) return this.#pool.dispatchers
    const old = this.#pool?.dispatchers
    if (old !== undefined) {
      this.#draining.add(old)
      const forget = () => this.#draining.delete(old)
      // it fails only when close() breaks it off
      old.drain().then(forget, forget)
    }
    const dispatchers = createDispatchers(this.#options.kubeConfig.cluster, tls)
    this.#pool = { tls, dispatchers }
    return dispatchers
  }

  #actionOf({ method, path }: KubeRequest): string {
    return `${method} ${this.#server.origin}${path}`
  }

  /** A server may have a path of its own in front (Rancher's `/k8s/clusters/ID`). */
  #dispatchOptions(request: KubeRequest, { headers }: Credentials): Dispatcher.RequestOptions {
    const { method, path, body, contentType, accept, as } = request
    return {
      origin: this.#server.origin,
      path: `${this.#server.pathname.replace(/\/$/, '')}${path}${queryOf(request)}`,
      method,
      body: body ?? null,
      headers: {
        ...(as ? impersonating(headers, as) : headers),
        'user-agent': this.#options.userAgent,
        accept: accept ?? 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      },
      // exchange() and openStream() have their own limits
      headersTimeout: 0,
      bodyTimeout: 0,
    }
  }
}

export function createKubeClient(options: KubeClientOptions): KubeClient {
  return new KubeClient(options)
}

/**
 * Without groups: the API server adds those of a service account by itself, and system:authenticated to all, while each
 * group sent would be a further right to ask for. What the kubeconfig impersonates is not to be mixed into it.
 * source: k8s.io/apiserver pkg/endpoints/filters/impersonation
 */
function impersonating(headers: Credentials['headers'], user: string): Credentials['headers'] {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('impersonate-'))
  return { ...Object.fromEntries(own), 'impersonate-user': user }
}

function queryOf({ path, query = {} }: KubeRequest): string {
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  if (given.length === 0) return ''
  return `${path.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`
}

function anyOf(closing: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closing : AbortSignal.any([closing, signal])
}

/** Stops waiting when the signal aborts; what is awaited goes on for others that share it. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
