import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { KubeRequest } from '../kube/client.ts'
import { apiVersionOf } from '../util/gvk.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import { asOptions, assertAllowed, assertName, type BrokerContext, type CallScope, invalid } from './call-scope.ts'

/** An event as the API server takes it; its name is given to it when it is written. */
export interface KubeEvent {
  readonly namespace: string
  readonly regarding: Regarding
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly action: string
  readonly note: string
  /** The rest of what is written. */
  readonly rest: JsonObject
}

/** event(type, reason, message, {regarding, action}) → the event to record. Throws DENIED or REQUEST_INVALID. */
export function readEvent(
  context: BrokerContext,
  scope: CallScope,
  args: readonly unknown[],
  nowMs: number,
): KubeEvent {
  const [type, reason, message] = args
  if (type !== 'Normal' && type !== 'Warning')
    throw invalid(`event type ${JSON.stringify(type)} is not Normal or Warning`)
  if (typeof reason !== 'string' || reason === '') throw invalid('event has no reason')
  const options = asOptions(args[3])
  const regarding = regardingOf(context, scope, options.regarding)
  return {
    namespace: regarding.namespace ?? 'default',
    regarding,
    type,
    reason: reason.slice(0, MAX_LABEL),
    action: (typeof options.action === 'string' ? options.action : scope.exportName).slice(0, MAX_LABEL),
    note: cutBytes(String(message), MAX_NOTE_BYTES),
    rest: {
      eventTime: microTime(nowMs),
      reportingController: `ostler.dev/${context.controller}`,
      reportingInstance: `ostler-${hostname()}`.slice(0, MAX_LABEL),
    },
  }
}

/** The request that writes an event of this name. */
export function createEvent(
  { namespace, rest, ...fields }: KubeEvent,
  name: string,
  series?: EventSeries,
): KubeRequest {
  const body = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace },
    ...rest,
    ...fields,
    ...(series === undefined ? {} : { series }),
  }
  return { method: 'POST', path: pathOfEvents(namespace), body: JSON.stringify(body), contentType: 'application/json' }
}

/** How often an event came again, of events.k8s.io/v1. */
export interface EventSeries {
  /** At least 2. */
  readonly count: number
  readonly lastObservedTime: string
}

export function patchSeries({ namespace }: KubeEvent, name: string, series: EventSeries): KubeRequest {
  const path = `${pathOfEvents(namespace)}/${encodeURIComponent(name)}`
  return { method: 'PATCH', path, body: JSON.stringify({ series }), contentType: 'application/merge-patch+json' }
}

function pathOfEvents(namespace: string): string {
  return `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`
}

export interface Regarding {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
}

/** The object in hand needs no entry in `allow`; events about any other need `create` of events in its namespace. */
function regardingOf(context: BrokerContext, { primary }: CallScope, given: unknown): Regarding {
  const own: Regarding = {
    apiVersion: apiVersionOf(primary.gvk),
    kind: primary.gvk.kind,
    name: primary.name,
    uid: primary.uid,
    resourceVersion: primary.resourceVersion,
    ...(primary.namespace === undefined ? {} : { namespace: primary.namespace }),
  }
  if (given === undefined) return own
  const other = reference(given)
  if (other.uid === own.uid && other.name === own.name && other.namespace === own.namespace) return own
  assertAllowed(context, {
    gvk: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
    verb: 'create',
    subresource: undefined,
    namespace: other.namespace ?? 'default',
    namespaced: true,
    name: undefined,
  })
  return other
}

function reference(object: unknown): Regarding {
  const metadata = isJsonObject(object) && isJsonObject(object.metadata) ? object.metadata : undefined
  if (metadata === undefined) throw invalid('event regards something that is no object')
  const { apiVersion, kind } = object as JsonObject
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata.name !== 'string') {
    throw invalid('event regards an object without apiVersion, kind or name')
  }
  const optional = Object.entries({
    // It becomes a part of the path.
    namespace: metadata.namespace === undefined ? undefined : assertName(metadata.namespace, 'namespace'),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  })
  return {
    apiVersion,
    kind,
    name: metadata.name,
    ...Object.fromEntries(optional.filter(([, value]) => typeof value === 'string')),
  }
}

/** Unique, and a legal name however long the object's is. */
export function eventName(name: string): string {
  return `${name
    .slice(0, 200)
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/[.-]+$/, '')}.${randomBytes(8).toString('hex')}`
}

/** metav1.MicroTime. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  return new TextDecoder()
    .decode(Buffer.from(text).subarray(0, maxBytes - 3))
    .replace(/\uFFFD$/, '')
    .concat('…')
    .slice(0, maxBytes)
}

/** events.k8s.io/v1 validation: a note is at most 1 kB, reason, action and reportingInstance 128 characters. */
const MAX_NOTE_BYTES = 1024
const MAX_LABEL = 128
