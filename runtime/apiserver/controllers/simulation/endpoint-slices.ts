import { isDeepStrictEqual } from 'node:util'
import type { ApiObject } from '../../json.ts'
import { matchesSelector } from '../../label-selector.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { type ResourcePath, unlessCode } from '../object-client.ts'
import { keyOf, parseKey } from '../object-key.ts'
import { controllerReference } from './ownership.ts'
import { isFinished, isReady, isTerminating, type Pod } from './pod.ts'
import { nameOf } from './pod-set.ts'

interface ServicePort {
  name?: string
  port: number
  protocol?: string
  appProtocol?: string
  targetPort?: number | string
}

interface Service extends ApiObject {
  spec: {
    type?: string
    selector?: Record<string, string>
    ports?: ServicePort[]
    publishNotReadyAddresses?: boolean
  }
}

interface Port {
  name: string
  port: number
  protocol: string
}

const SLICES = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }
const ENDPOINTS = { group: '', version: 'v1', plural: 'endpoints' }
const MANAGER = 'endpointslice-controller.k8s.io'
const SERVICE_NAME = 'kubernetes.io/service-name'
/** source: kubernetes pkg/controller/endpointslice: maxEndpointsPerSlice, by default 100; Endpoints hold 1,000 */
const MAX_ENDPOINTS = 100
const MAX_ADDRESSES = 1000

/** Keeps who answers for a Service: IPv4, one set of ports a Service. source: kubernetes pkg/controller/endpointslice, endpoint */
export function startEndpointSlices(context: ControllerContext): RunningController {
  const { store, objects, client } = context
  const loop = startLoop(context, 'endpointslice-controller', reconcile)
  return running(
    loop,
    enqueueSelf(store, '/services', loop),
    store.watch('/pods', ({ stored, old }) => {
      for (const each of [stored, old]) if (each !== undefined) addServicesOf(objects.parse<Pod>(each))
    }),
  )

  function addServicesOf({ metadata }: Pod): void {
    for (const service of objects.list<Service>('/services', metadata.namespace ?? ''))
      if (selects(service, metadata.labels)) loop.add(keyOf(nameOf(service)))
  }

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const service = objects.get<Service>('/services', namespace, name)
    // Slices go by their owner; Endpoints have none.
    if (service === undefined) return await unlessCode(client.delete(ENDPOINTS, { namespace, name }), 404)
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName' || isTerminating(service)) return
    const pods = objects.list<Pod>('/pods', namespace).filter((pod) => selects(service, pod.metadata.labels))
    const addressed = pods.filter((pod) => pod.status?.podIP !== undefined && !isFinished(pod))
    await syncSlices(service, addressed)
    await syncEndpoints(service, addressed)
  }

  async function syncSlices(service: Service, pods: readonly Pod[]): Promise<void> {
    const { namespace = '', name = '', labels = {} } = service.metadata
    const ports = portsOf(service, pods)
    const chunks = Array.from({ length: Math.max(1, Math.ceil(pods.length / MAX_ENDPOINTS)) }, (_, i) =>
      pods.slice(i * MAX_ENDPOINTS, (i + 1) * MAX_ENDPOINTS),
    )
    const isOurs = ({ metadata }: ApiObject) =>
      metadata.labels?.[SERVICE_NAME] === name && metadata.labels['endpointslice.kubernetes.io/managed-by'] === MANAGER
    const slices = objects.list('discovery.k8s.io/endpointslices', namespace).filter(isOurs)
    for (const [i, chunk] of chunks.entries()) {
      const content = { addressType: 'IPv4', endpoints: chunk.map((pod) => endpointOf(service, pod)), ports }
      const metadata = {
        generateName: `${name}-`,
        namespace,
        labels: { ...labels, 'endpointslice.kubernetes.io/managed-by': MANAGER, [SERVICE_NAME]: name },
        ownerReferences: [controllerReference(service)],
      }
      const wanted = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...content }
      await ensure(SLICES, slices[i], wanted, ({ endpoints, ports: p }) => ({
        endpoints: endpoints ?? [],
        ports: p ?? [],
      }))
    }
    for (const slice of slices.slice(chunks.length)) await unlessCode(client.delete(SLICES, nameOf(slice)), 404)
  }

  async function syncEndpoints(service: Service, pods: readonly Pod[]): Promise<void> {
    const { namespace = '', name = '', labels = {} } = service.metadata
    const shown = pods.filter((pod) => !isTerminating(pod)).slice(0, MAX_ADDRESSES)
    const ports = portsOf(service, pods)
    const addresses = (ready: boolean) =>
      shown
        .filter((pod) => counts(service, pod) === ready)
        .map(addressOf)
        .sort(byAddress)
    const subset = {
      ...(addresses(true).length > 0 && { addresses: addresses(true) }),
      ...(addresses(false).length > 0 && { notReadyAddresses: addresses(false) }),
      ports,
    }
    const wanted = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace, labels: { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
      ...(shown.length > 0 && { subsets: [subset] }),
    }
    await ensure(ENDPOINTS, objects.get('/endpoints', namespace, name), wanted, ({ subsets }) => subsets ?? [])
  }

  /** Creates it, or updates it when `content` differs. */
  async function ensure(
    resource: ResourcePath,
    found: ApiObject | undefined,
    wanted: ApiObject,
    content: (object: ApiObject) => unknown,
  ): Promise<void> {
    if (found === undefined) return void (await unlessCode(client.create(resource, wanted), 404, 409))
    if (isDeepStrictEqual(content(found), content(JSON.parse(JSON.stringify(wanted))))) return
    await unlessCode(client.update(resource, { ...wanted, metadata: found.metadata }), 404)
  }
}

function selects({ spec }: Service, labels: Record<string, string> | undefined): boolean {
  return spec.selector !== undefined && matchesSelector({ matchLabels: spec.selector }, labels)
}

/** Traffic may go to it. */
function counts({ spec }: Service, pod: Pod): boolean {
  return spec.publishNotReadyAddresses === true || isReady(pod)
}

function endpointOf(service: Service, pod: Pod): object {
  const isUp = isReady(pod)
  const isGoing = isTerminating(pod)
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (isUp && !isGoing),
      serving: isUp,
      terminating: isGoing,
    },
    ...(pod.spec.subdomain === service.metadata.name &&
      pod.spec.hostname !== undefined && { hostname: pod.spec.hostname }),
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: referenceTo(pod),
  }
}

function byAddress(a: { ip: string }, b: { ip: string }): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0
}

function addressOf(pod: Pod): { ip: string } & Record<string, unknown> {
  return {
    ip: pod.status?.podIP ?? '',
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: referenceTo(pod),
  }
}

function referenceTo({ metadata }: Pod): object {
  return { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

/** A port by name is looked up in the first pod that has it. */
function portsOf({ spec }: Service, pods: readonly Pod[]): Port[] {
  return (spec.ports ?? []).flatMap(({ name = '', port, protocol = 'TCP', targetPort = port, appProtocol }) => {
    const number = typeof targetPort === 'number' ? targetPort : findPort(pods, targetPort, protocol)
    if (number === undefined) return []
    return [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

function findPort(pods: readonly Pod[], name: string, protocol: string): number | undefined {
  for (const { spec } of pods)
    for (const { ports = [] } of spec.containers) {
      const found = ports.find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)
      if (found !== undefined) return found.containerPort
    }
  return undefined
}
