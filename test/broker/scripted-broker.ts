import { type BrokerOptions, createBroker } from '../../runtime/broker/broker.ts'
import type { CallScope } from '../../runtime/broker/call-scope.ts'
import { EventRecorder } from '../../runtime/broker/event-recorder.ts'
import { objectKey } from '../../runtime/broker/object-key.ts'
import { Overlay } from '../../runtime/broker/overlay.ts'
import type { AllowEntry } from '../../runtime/config/schema.ts'
import { createEntryParser, type Entry, type ParsedObject } from '../../runtime/informer/entry.ts'
import { matchesLabels } from '../../runtime/informer/label-selector.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { formatGvk } from '../../runtime/util/gvk.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'

const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']
const resource = (group: string, kind: string, plural: string, rest: Partial<Resource> = {}): Resource => ({
  ...{ group, version: 'v1', kind, plural, namespaced: true, verbs: all, subresources: [] },
  ...rest,
})

/** The primary's kind, one that the tests allow, a cluster-scoped one, and one that nothing allows. */
export const DEMO = resource('demo.io', 'Demo', 'demos', { subresources: ['status'] })
export const DEPLOYMENT = resource('apps', 'Deployment', 'deployments', { subresources: ['status', 'scale'] })
export const NODE = resource('', 'Node', 'nodes', { namespaced: false })
const SECRET = resource('', 'Secret', 'secrets')
const SERVED = [DEMO, DEPLOYMENT, NODE, SECRET]

export const ALLOW: readonly AllowEntry[] = [
  { gvk: DEPLOYMENT, verbs: all, subresources: ['scale'] },
  { gvk: NODE, verbs: ['get', 'list', 'patch'] },
  { path: '/version', verbs: ['get'] },
]

export interface ScriptedBroker {
  readonly clock: FakeClock
  readonly overlay: Overlay
  readonly scope: CallScope
  readonly sent: readonly KubeRequest[]
  readonly warnings: readonly string[]
  /** The call is over: what it asks for from now on is wanted by nobody. */
  end(): void
  /** What the handler gets: parsed JSON, or undefined. */
  call(method: string, ...args: unknown[]): Promise<unknown>
  /** The cache of the primary's kind now has these. */
  cached(...objects: ParsedObject[]): void
  /** The informers of the primary's kind cover these namespaces; all unless told otherwise, undefined for none. */
  covers(namespaces: readonly string[] | undefined): void
}

export interface ScriptedBrokerOptions {
  /** What the API server answers, as JSON; what it throws is thrown. Default: an object of the name in the path. */
  readonly answer?: (request: KubeRequest) => unknown
  readonly allow?: readonly AllowEntry[]
  readonly namespaces?: readonly string[]
  /** The primary is of this kind instead. */
  readonly primary?: Resource
}

/** The broker of a controller of Demo, about object `mine` in namespace `a`. */
export function createScriptedBroker(options: ScriptedBrokerOptions = {}): ScriptedBroker {
  const { answer = () => demo('answered', 9), allow = ALLOW, namespaces = [], primary = DEMO } = options
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  const sent: KubeRequest[] = []
  const warnings: string[] = []
  const dropped: number[] = []
  const parser = createEntryParser({ apiVersion: 'demo.io/v1', kind: 'Demo' })
  let entries: Entry[] = []
  let covered: readonly string[] | 'all' | undefined = 'all'
  const isCovered = (kind: { kind: string }, namespace: string | undefined) =>
    kind.kind === 'Demo' && (covered === 'all' || (namespace !== undefined && covered?.includes(namespace) === true))
  const scope: CallScope = {
    primary: {
      gvk: primary,
      namespace: primary.namespaced ? 'a' : undefined,
      name: 'mine',
      uid: 'u',
      resourceVersion: '7',
    },
    exportName: 'reconcile',
    sawConflict: false,
  }
  const brokerOptions: BrokerOptions = {
    controller: 'demos',
    rights: { allow, namespaces, implied: [primary] },
    cache: {
      get: (gvk, namespace, name) =>
        isCovered(gvk, namespace)
          ? (entries.find((entry) => entry.namespace === namespace && entry.name === name) ?? null)
          : undefined,
      list: (gvk, namespace, labelSelector) =>
        isCovered(gvk, namespace)
          ? entries
              .filter((entry) => namespace === undefined || entry.namespace === namespace)
              .filter(({ labels }) => matchesLabels(labelSelector, labels))
          : undefined,
    },
    overlay,
    events: new EventRecorder({
      clock,
      send: (request) => brokerOptions.send(request),
      warn: (message) => warnings.push(message),
      dropped: () => dropped.push(1),
    }),
    resolve: async (gvk) => SERVED.find((served) => formatGvk(served) === formatGvk(gvk)),
    all: async () => [...SERVED],
    send: async (request, unsent) => {
      unsent?.throwIfAborted()
      sent.push(request)
      const answered = await answer(request)
      return { code: 200, text: typeof answered === 'string' ? answered : JSON.stringify(answered) }
    },
    now: clock.now,
    warn: (message) => warnings.push(message),
  }
  const hostCall = createBroker(brokerOptions)
  const over = new AbortController()
  return {
    clock,
    overlay,
    scope,
    sent,
    warnings,
    end: () => over.abort(new Error('over')),
    async call(method, ...args) {
      const text = await hostCall(scope, method, args, over.signal)
      return text === undefined ? undefined : JSON.parse(text)
    },
    cached(...objects) {
      entries = objects.map((object) => parser.parse(structuredClone(object)))
      for (const { namespace, name, resourceVersion } of entries) {
        overlay.observed(objectKey(DEMO, namespace, name), resourceVersion)
      }
    },
    covers(next) {
      covered = next
    },
  }
}

/** A Demo in namespace `a`. */
export function demo(name: string, version: number, fields: ParsedObject = {}): ParsedObject {
  const { metadata, ...rest } = fields
  const base = { namespace: 'a', name, uid: name, resourceVersion: String(version) }
  return { apiVersion: 'demo.io/v1', kind: 'Demo', metadata: { ...base, ...metadata }, ...rest }
}

export function statusError(code: number, reason: string): KubeStatusError {
  return new KubeStatusError(`${reason} it is`, { code, reason, details: undefined, retryAfterMs: undefined })
}
