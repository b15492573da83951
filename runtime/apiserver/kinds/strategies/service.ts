import type { ApiObject, JsonObject } from '../../json.ts'
import { isExternallyAccessible } from './defaults/core-defaults.ts'
import {
  ensureObjectIn,
  fill,
  isSame,
  jsonOf,
  listIn,
  numberIn,
  objectIn,
  objectsIn,
  textIn,
  textsIn,
} from './json-parts.ts'
import { dropStatus } from './prepare.ts'

/** What belongs to one type of Service: gone when the type changes, unless the change sets it anew. */
const TYPE_FIELDS: readonly { readonly fields: readonly string[]; readonly isOf: (spec: JsonObject) => boolean }[] = [
  {
    fields: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'],
    isOf: needsClusterIp,
  },
  { fields: ['healthCheckNodePort'], isOf: needsHealthCheckPort },
  { fields: ['allocateLoadBalancerNodePorts', 'loadBalancerClass'], isOf: isLoadBalancer },
  { fields: ['externalTrafficPolicy'], isOf: isExternallyAccessible },
]

export function prepareService(service: ApiObject): void {
  const spec = ensureObjectIn(jsonOf(service), 'spec')
  alignClusterIps(spec, undefined)
  setFamilies(spec)
  dropStatus(service)
}

/** Runs before addresses are assigned as well as after: it does nothing the second time. */
export function prepareServiceUpdate(service: ApiObject, old: ApiObject): void {
  const spec = ensureObjectIn(jsonOf(service), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  keepClusterIps(spec, before)
  alignClusterIps(spec, before)
  dropForeignFields(spec, before)
  if (needsClusterIp(spec) && before.ipFamilyPolicy !== undefined) fill(spec, { ipFamilyPolicy: before.ipFamilyPolicy })
  setFamilies(spec)
  if (!isLoadBalancer(spec)) ensureObjectIn(jsonOf(service), 'status').loadBalancer = {}
}

export function needsClusterIp(spec: JsonObject): boolean {
  return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(textIn(spec, 'type'))
}

export function needsNodePort(spec: JsonObject): boolean {
  return textIn(spec, 'type') === 'NodePort' || (isLoadBalancer(spec) && spec.allocateLoadBalancerNodePorts !== false)
}

export function needsHealthCheckPort(spec: JsonObject): boolean {
  return isLoadBalancer(spec) && spec.externalTrafficPolicy === 'Local'
}

export function isHeadless(spec: JsonObject): boolean {
  return textsIn(spec, 'clusterIPs')[0] === 'None' || textIn(spec, 'clusterIP') === 'None'
}

function isLoadBalancer(spec: JsonObject): boolean {
  return textIn(spec, 'type') === 'LoadBalancer'
}

/** Who sends an update without the addresses that were given does not mean to lose them. */
function keepClusterIps(spec: JsonObject, before: JsonObject): void {
  if (!needsClusterIp(spec) || !needsClusterIp(before)) return
  if (textIn(spec, 'clusterIP') === '' && before.clusterIP !== undefined) spec.clusterIP = before.clusterIP
  const addresses = textsIn(before, 'clusterIPs')
  if (textsIn(spec, 'clusterIPs').length === 0 && addresses.length > 0) spec.clusterIPs = addresses
}

/** clusterIP is the first of clusterIPs; who writes only one of the two means both. */
function alignClusterIps(spec: JsonObject, before: JsonObject | undefined): void {
  const single = textIn(spec, 'clusterIP')
  const many = textsIn(spec, 'clusterIPs')
  if (before === undefined) {
    if (single !== '' && many.length === 0) spec.clusterIPs = [single]
    return
  }
  const isSingleChanged = single !== textIn(before, 'clusterIP')
  const isListChanged = !isSame(many, listIn(before, 'clusterIPs'))
  if (isSingleChanged && !isListChanged) {
    if (single === '') delete spec.clusterIPs
    else spec.clusterIPs = [single]
  } else if (isListChanged && !isSingleChanged && many.length === 0) delete spec.clusterIP
}

function dropForeignFields(spec: JsonObject, before: JsonObject): void {
  for (const { fields, isOf } of TYPE_FIELDS) {
    if (!isOf(before) || isOf(spec)) continue
    for (const field of fields) if (isSame(spec[field], before[field])) delete spec[field]
  }
  if (!needsNodePort(before) || needsNodePort(spec) || !hasSameNodePorts(spec, before)) return
  for (const port of objectsIn(spec, 'ports')) delete port.nodePort
}

function hasSameNodePorts(spec: JsonObject, before: JsonObject): boolean {
  const known = new Set(objectsIn(before, 'ports').map((port) => numberIn(port, 'nodePort')))
  return objectsIn(spec, 'ports').every((port) => port.nodePort === undefined || known.has(numberIn(port, 'nodePort')))
}

/** The cluster has IPv4 alone; but a headless Service without selector may have endpoints of any family. */
function setFamilies(spec: JsonObject): void {
  if (!needsClusterIp(spec)) return
  const isOpen = isHeadless(spec) && Object.keys(objectIn(spec, 'selector')).length === 0
  if (spec.ipFamilyPolicy === undefined) spec.ipFamilyPolicy = isOpen ? 'RequireDualStack' : 'SingleStack'
  if (listIn(spec, 'ipFamilies').length > 0) return
  spec.ipFamilies = isOpen && spec.ipFamilyPolicy !== 'SingleStack' ? ['IPv4', 'IPv6'] : ['IPv4']
}
