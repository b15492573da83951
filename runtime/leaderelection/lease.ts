import type { KubeClient, KubeRequest } from '../kube/client.ts'
import type { Answer } from '../kube/exchange.ts'
import { isNotFound } from '../kube/status-error.ts'

/** A `coordination.k8s.io/v1` Lease. Times are the writer's own and for people: nobody decides by them. */
export interface Lease {
  readonly metadata: { readonly resourceVersion?: string; readonly [field: string]: unknown }
  readonly spec?: LeaseSpec
}

export interface LeaseSpec {
  /** Empty or absent: released. */
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  /** RFC 3339, microseconds. */
  readonly acquireTime?: string
  readonly renewTime?: string
  /** How often the holder has changed. */
  readonly leaseTransitions?: number
}

/** Reads and writes one Lease. */
export interface LeaseClient {
  /** Undefined where there is none. */
  get(signal: AbortSignal): Promise<Lease | undefined>
  create(spec: LeaseSpec, signal: AbortSignal): Promise<Lease>
  /** Replaces the spec of that very version; a KubeStatusError 409 when it is another one by now. */
  update(lease: Lease, spec: LeaseSpec, signal: AbortSignal): Promise<Lease>
}

export interface LeasePlace {
  readonly namespace: string
  readonly name: string
}

export function createLeaseClient(client: Pick<KubeClient, 'request'>, { namespace, name }: LeasePlace): LeaseClient {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
  const path = `${collection}/${encodeURIComponent(name)}`
  const send = async (request: KubeRequest) => parse(await client.request(request))
  const body = (lease: object) => JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease })
  return {
    get: (signal) => send({ method: 'GET', path, signal }).catch(undefinedWhenNotFound),
    create: (spec, signal) =>
      send({ method: 'POST', path: collection, body: body({ metadata: { namespace, name }, spec }), signal }),
    update: ({ metadata, spec: old }, spec, signal) =>
      // What others keep in it (labels, a strategy) stays.
      send({ method: 'PUT', path, body: body({ metadata, spec: { ...old, ...spec } }), signal }),
  }
}

/** As metav1.MicroTime is written. */
export function formatMicroTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/Z$/, '000Z')
}

function parse({ text }: Pick<Answer, 'text'>): Lease {
  return JSON.parse(text) as Lease
}

function undefinedWhenNotFound(error: unknown): undefined {
  if (isNotFound(error)) return undefined
  throw error
}
