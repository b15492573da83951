import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts'
import { ensureObjectIn, fill, isSame, listIn, mapIn, objectIn, objectsIn, textIn } from '../json-parts.ts'
import type { TypeDefaults } from '../type-defaults.ts'

/** Three hours. */
const CLIENT_IP_TIMEOUT_SECONDS = 10_800

/** source: kubernetes pkg/apis/core/v1/defaults.go */
export const CORE_DEFAULTS: TypeDefaults = {
  'core/v1.Service': defaultService,
  'core/v1.ServicePort': (port) => {
    fill(port, { protocol: 'TCP' })
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
      port.targetPort = port.port ?? 0
  },
  'core/v1.Secret': defaultSecret,
  'core/v1.EndpointPort': (port) => fill(port, { protocol: 'TCP' }),
  'core/v1.Namespace': defaultNamespace,
  'core/v1.NamespaceStatus': (status) => fill(status, { phase: 'Active' }),
  'core/v1.PersistentVolume': (volume) => {
    fill(ensureObjectIn(volume, 'status'), { phase: 'Pending' })
    fill(ensureObjectIn(volume, 'spec'), { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' })
  },
  'core/v1.PersistentVolumeClaim': (claim) => fill(ensureObjectIn(claim, 'status'), { phase: 'Pending' }),
  'core/v1.PersistentVolumeClaimSpec': (spec) => fill(spec, { volumeMode: 'Filesystem' }),
  'core/v1.NodeStatus': (status) => {
    if (status.capacity !== undefined) fill(status, { allocatable: status.capacity })
  },
  'core/v1.NodeSpec': (spec) => alignLists(spec, 'podCIDR', 'podCIDRs', (cidr) => cidr),
  'core/v1.PodStatus': (status) => alignLists(status, 'podIP', 'podIPs', (ip) => ({ ip })),
  'core/v1.LimitRangeItem': defaultLimits,
  'core/v1.ReplicationController': defaultReplicationController,
}

function defaultService(service: JsonObject): void {
  const spec = ensureObjectIn(service, 'spec')
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  const type = textIn(spec, 'type')
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP') {
    const config = ensureObjectIn(spec, 'sessionAffinityConfig')
    fill(ensureObjectIn(config, 'clientIP'), { timeoutSeconds: CLIENT_IP_TIMEOUT_SECONDS })
  }
  if (isExternallyAccessible(spec)) fill(spec, { externalTrafficPolicy: 'Cluster' })
  if (['ClusterIP', 'NodePort', 'LoadBalancer'].includes(type)) fill(spec, { internalTrafficPolicy: 'Cluster' })
  if (type !== 'LoadBalancer') return
  fill(spec, { allocateLoadBalancerNodePorts: true })
  for (const ingress of objectsIn(objectIn(objectIn(service, 'status'), 'loadBalancer'), 'ingress'))
    if (textIn(ingress, 'ip') !== '') fill(ingress, { ipMode: 'VIP' })
}

/** The old field of one value and the new one of several: the first of these, or all of them when they disagree. */
function alignLists(value: JsonObject, one: string, many: string, toItem: (text: string) => JsonValue): void {
  const single = textIn(value, one)
  const list = listIn(value, many)
  if (single !== '' && !isSame(list[0], toItem(single))) value[many] = [toItem(single)]
  else if (single === '' && list[0] !== undefined) value[one] = textOf(list[0])
}

function textOf(item: JsonValue): string {
  return typeof item === 'string' ? item : isJsonObject(item) ? textIn(item, 'ip') : ''
}

/** `stringData` is only ever written: it goes into `data`, and wins there. */
function defaultSecret(secret: JsonObject): void {
  fill(secret, { type: 'Opaque' })
  const entries = Object.entries(mapIn(secret, 'stringData'))
  for (const [key, text] of entries) ensureObjectIn(secret, 'data')[key] = Buffer.from(text).toString('base64')
  delete secret.stringData
}

export function isExternallyAccessible(spec: JsonObject): boolean {
  const type = textIn(spec, 'type')
  return (
    type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && objectsOrTexts(spec.externalIPs) > 0)
  )
}

function objectsOrTexts(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}

function defaultNamespace(namespace: JsonObject): void {
  const metadata = ensureObjectIn(namespace, 'metadata')
  const name = textIn(metadata, 'name')
  // One with generateName has none yet; its label is set when it has.
  if (name !== '') ensureObjectIn(metadata, 'labels')['kubernetes.io/metadata.name'] = name
}

function defaultLimits(item: JsonObject): void {
  if (item.type !== 'Container') return
  const limits = ensureObjectIn(item, 'default')
  const requests = ensureObjectIn(item, 'defaultRequest')
  fill(limits, objectIn(item, 'max'))
  fill(requests, limits)
  fill(requests, objectIn(item, 'min'))
  for (const key of ['default', 'defaultRequest']) if (Object.keys(objectIn(item, key)).length === 0) delete item[key]
}

function defaultReplicationController(controller: JsonObject): void {
  const spec = ensureObjectIn(controller, 'spec')
  fill(spec, { replicas: 1 })
  const labels = mapIn(objectIn(objectIn(spec, 'template'), 'metadata'), 'labels')
  if (Object.keys(labels).length === 0) return
  fill(spec, { selector: labels })
  fill(ensureObjectIn(controller, 'metadata'), { labels })
}
