/**
 * The embedded API server: kube-apiserver's HTTP API, in memory, in this process. Its measure is kube-apiserver 1.36.
 *
 * What it does not imitate, and refuses with a Status that says so:
 * - CBOR; protobuf in answers but /openapi/v2 (in requests it is read)
 * - what needs a node: pods/log, exec, attach, portforward, proxy; services/proxy, nodes/proxy
 * - aggregated API servers (APIService objects with a service)
 * - the groups flowcontrol.apiserver.k8s.io and resource.k8s.io: not served, so 404
 * - what the real one puts by itself into servicecidrs, ipaddresses and leases
 * - MutatingAdmissionPolicy; of PodSecurity a warning says so
 * - webhooks behind a Service, and the variable authorizer in match conditions and policies; Secrets of type service-account-token
 * - server-side apply of subresources other than status and scale
 * - /metrics, /logs, /debug, OpenID discovery
 * - int64 beyond 2^53 (http/assert-keepable.ts), keys named __proto__, objects nested deeper than 1,000
 * What it takes without the real one's validation, beyond types and metadata (kinds/strategies/validation.ts):
 * - what the rules of a definition would cost at most: the real one refuses those that might cost too much, as over lists and
 *   strings without bounds; here what patterns and rules take is bounded by time when they run (schema/bounded-evaluation.ts)
 * - of pods the annotation scheduler.alpha.kubernetes.io/tolerations; of Nodes podCIDRs beyond the first, externalID and configSource
 * - fields of features that are off, but those of pods and claims: they are kept, as preventPodSchedulingIfMissing of a CSIDriver
 * And what it does otherwise, since no client should rely on it:
 * - no warnings about what is valid but odd (as a volume of a kind that is gone), but those of the decoder, of webhooks, of versions
 *   that are deprecated, of duplicate owners and of formats in definitions that nothing is held to
 * - in rules: lists of type set and map are lists like others to == and +; no sortBy, optMap and optional entries (`[?x]`)
 * - in ValidatingAdmissionPolicies: namespaceObject may have any fields; expressions are not checked against the types of what they
 *   are for, so status has no typeChecking; audit annotations and the action Audit end nowhere, as there is no audit log; of several
 *   policies that deny, the first by name is told; the time of all expressions is limited in place of their cost
 * - who manages which fields of what a webhook converts: fields of other versions are taken to have the same paths
 * - server-side apply of a custom resource's scale, which fails with the real one
 * - HTTP/1.1 only; no gzip
 * - OpenAPI without the descriptions of built-in kinds, so that kubectl explain shows their fields alone; no document for what is no
 *   group version; of /readyz?verbose and its like the checks that there are here
 * - discovery tells what is served, in the order of the built-in groups, whichever APIServices there are; componentstatuses are none
 * - CertificateSigningRequests are signed by nobody, as on a cluster whose controllers have no authority, and not cleaned up
 * - how YAML quotes texts and folds long ones; which fault of a request that has several is told (a path that is not there after a
 *   type that cannot be accepted); what a bookmark has beside its version
 * - the time of bookmarks; the parser's own words for YAML that cannot be read; methods that are no HTTP (400, not 405)
 * - who owns the replicas after a scale that changes nothing: the real one forgets it, and moves the version; of conflicts of an
 *   applied scale, which version they name (autoscaling/v1) and that of before-first-apply; that managedFields are deprecated or lost
 *   where a schema has x-kubernetes-int-or-string at its top
 * - emptied lists and maps in messages are null, not [] and {}, where Go has not read them from a request that leaves them out
 * - from what size on etcd refuses an object of a built-in kind: here by its JSON (rest/storable.ts), there by its protobuf
 * - a PUT to the status of a Service that is not there is a 404, not a 422
 * - a name that no path may have (`%25`, `..`) is not found, not a 400; a name in an old watch path of an empty namespace
 * - rules: what cannot fail but when it runs, as int('x'), is not tried when the definition comes; cel.bind, and has() of a field
 *   of a string, are taken; signatures by RSA-PSS of signing requests are not
 * - redirects of conversion webhooks are not followed; a ClusterRoleBinding to a Role, by who may not bind it, is a 422, not a 400
 * - how often a cause is listed in a 422 when several of the real one's checks find the same fault
 */

import { type Clock, realClock } from '../util/clock.ts'
import type { GivenToken } from './access/authentication.ts'
import { createBootstrapPolicy } from './access/bootstrap-policy.ts'
import { createAccess } from './access/create-access.ts'
import { startRoleAggregation } from './access/role-aggregation.ts'
import { SYSTEM_USER } from './access/user.ts'
import { createAdmission } from './admission/create-admission.ts'
import { type Controllers, type Simulated, startControllers } from './controllers/controllers.ts'
import { createCrdController } from './crd/crd-controller.ts'
import { createDiscovery } from './discovery/discovery.ts'
import { fromSocket, handleRequest, type RequestParts } from './http/handle-request.ts'
import { listen, type TlsOptions } from './http/listener.ts'
import { type RequestReport, withReports } from './http/request-report.ts'
import type { InProcessClient } from './in-process-client.ts'
import { createBuiltInRegistry } from './kinds/load.ts'
import type { Registry } from './kinds/registry.ts'
import { withServiceAddresses } from './kinds/strategies/service-addresses.ts'
import { strategyOf } from './kinds/strategies/strategy-of.ts'
import { serveSubresource } from './rest/serve-subresource.ts'
import { Store } from './storage/store.ts'
import { serveAction } from './subresources/serve-action.ts'

export interface ApiServerOptions {
  /** Default: loopback. */
  readonly host?: string
  /** Default 0: any free one. */
  readonly port?: number
  /** What comes beyond is closed at once. Default: that of http/listener.ts. */
  readonly maxConnections?: number | undefined
  /** Default: plain HTTP. */
  readonly tls?: TlsOptions | undefined
  /** Who may come with which bearer token. */
  readonly tokens: readonly GivenToken[]
  /** Whoever shows no credentials is taken for the holder of this token: kubectl sends none over plain HTTP. */
  readonly defaultToken?: string
  /** Default: an empty one in memory. */
  readonly store?: Store
  /** Default: the real one. */
  readonly clock?: Clock
  /** PEM; default: a new one, so that tokens of service accounts end with the server. */
  readonly serviceAccountKey?: string | undefined
  /** PEM of the authority that signed the server's certificate, for kube-root-ca.crt; default: none. */
  readonly rootCaPem?: string
  readonly simulate?: Simulated | undefined
  /** Hears of each request as it is answered, as an audit log does; default: nobody does. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined
  /** Hears of the server's own faults, which its client is told as a 500. */
  readonly onFault?: (error: unknown, what: string) => void
}

/** A server that answers. */
export interface ApiServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  readonly store: Store
  readonly registry: Registry
  /** The API without a socket, for the server's own controllers. */
  readonly client: InProcessClient
  /** The server's own controllers have nothing to do right now. */
  readonly isIdle: boolean
  close(): Promise<void>
}

export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host = '127.0.0.1', port = 0, tls, tokens, store = new Store(), clock = realClock } = options
  const now = () => clock.now()
  const onFault = options.onFault ?? (() => {})
  const registry = createBuiltInRegistry(strategyOf)
  createBootstrapPolicy(store, now())
  const access = createAccess({ store, tokens, now, serviceAccountKey: options.serviceAccountKey })
  // The client comes by admission itself: what it is asked to write is not asked to be counted again.
  const own: InProcessClient = { request: (...request) => client.request(...request) }
  const admission = withServiceAddresses(
    createAdmission({ store, registry, authorizer: access.authorizer, client: own, now }),
    store,
  )
  let address = `${host}:${port}`
  const discovery = createDiscovery({ registry, serverAddress: () => address })
  const parts: RequestParts = {
    context: { store, registry, admission, now, after: clock.after },
    registry,
    access,
    virtualResources: access.virtualResources,
    discovery,
    serveSubresource: (context, request) => serveSubresource(context, request) ?? serveAction(context, request, client),
    onFault,
  }
  const client = inProcessClient(parts)
  const definitions = createCrdController({
    store,
    registry,
    client,
    clock,
    onError: (error) => onFault(error, 'definitions'),
  })
  const listener = await listen({
    host,
    port,
    tls,
    maxConnections: options.maxConnections,
    respond: (message) => {
      const request = fromSocket(message, access, clock.after, options.defaultToken)
      if (options.onRequest === undefined) return handleRequest(parts, request)
      const requesterOf = () => access.requesterOf(message)
      return withReports(request, requesterOf, now, options.onRequest, (heard) => handleRequest(parts, heard))
    },
  }).catch((error: unknown) => {
    definitions.stop()
    throw error
  })
  address = listener.url.replace(/^https?:\/\//, '')
  const controllers: Controllers = await startControllers({
    ...{ store, registry, client, clock, simulate: options.simulate, rootCaPem: options.rootCaPem ?? '' },
    address: { clusterIP: '10.96.0.1', port: listener.port },
    onError: (controller, key, error) => onFault(error, `${controller} ${key}`),
  })
  const roles = startRoleAggregation({ store, client })
  return {
    ...{ url: listener.url, port: listener.port, store, registry, client },
    get isIdle() {
      return controllers.isIdle && definitions.isIdle && roles.isIdle
    },
    async close() {
      controllers.stop()
      roles.stop()
      definitions.stop()
      await listener.close()
    },
  }
}

/** As SYSTEM_USER, past authorization: the server's own hands. */
function inProcessClient(parts: RequestParts): InProcessClient {
  return {
    async request(method, url, body, contentType = 'application/json') {
      const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
      const answer = await handleRequest(parts, {
        ...{ method, url, isTrusted: true, headers: { 'content-type': contentType } },
        readBody: async () => bytes,
        authenticate: async () => SYSTEM_USER,
      })
      if ('open' in answer) throw new Error(`Cannot ask for ${url} without a socket: it is a watch`)
      return { code: answer.code, body: parseBody(String(answer.body)) }
    },
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
