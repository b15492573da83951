import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject, JsonValue } from '../../json.ts'
import { CIDR_FAULT, isCidr } from './cidr.ts'
import { isExternallyAccessible } from './defaults/core-defaults.ts'
import {
  checkOneOf,
  checkOneOfOptional,
  checkPort,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-errors.ts'
import { isSame, jsonOf, mapIn, numberIn, objectIn, objectsIn, textIn, textsIn } from './json-parts.ts'
import { checkName, ipAddress, isIpv4, labelName, portName, qualifiedName, subdomainName } from './names.ts'
import { checkLabels } from './object-meta.ts'
import { isHeadless } from './service.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const DAY_SECONDS = 86_400

const TRAFFIC_DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

/** source: kubernetes pkg/apis/core/validation, validateService */
export function validateService(service: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(service), 'spec')
  return [
    ...typeFaults(spec),
    ...portFaults(spec),
    ...checkLabels(mapIn(spec, 'selector'), 'spec.selector'),
    ...checkOneOf(textIn(spec, 'sessionAffinity'), 'spec.sessionAffinity', ['ClientIP', 'None']),
    ...affinityFaults(spec),
    ...clusterIpFaults(spec),
    ...textsIn(spec, 'externalIPs').flatMap((ip, index) => checkName(ip, `spec.externalIPs[${index}]`, ipAddress)),
    ...checkOneOf(textIn(spec, 'type'), 'spec.type', TYPES),
    ...nodePortFaults(spec),
    ...checkOneOfOptional(spec.trafficDistribution, 'spec.trafficDistribution', TRAFFIC_DISTRIBUTIONS),
    ...loadBalancerFaults(spec),
    ...trafficFaults(spec),
  ]
}

export function validateServiceUpdate(service: ApiObject, old: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(service), 'spec')
  const before = objectIn(jsonOf(old), 'spec')
  return [...changedIpFaults(spec, before), ...changedClassFaults(spec, before), ...validateService(service)]
}

function changedIpFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const isFree = [spec, before].some((each) => each.type === 'ExternalName')
  if (isFree || (isHeadless(spec) && isHeadless(before))) return []
  const now = textsIn(spec, 'clusterIPs')
  const was = textsIn(before, 'clusterIPs')
  if (was.length > 0 && now.length === 0)
    return [invalidValue('spec.clusterIPs[0]', null, 'primary clusterIP can not be unset')]
  if (was[0] === undefined || now[0] === was[0]) return []
  return [invalidValue('spec.clusterIPs[0]', now, 'may not change once set')]
}

function changedClassFaults(spec: JsonObject, before: JsonObject): FieldError[] {
  const isBoth = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer'
  if (!isBoth || isSame(spec.loadBalancerClass, before.loadBalancerClass)) return []
  return [invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set')]
}

function typeFaults(spec: JsonObject): FieldError[] {
  const type = textIn(spec, 'type')
  const faults: FieldError[] = []
  if (objectsIn(spec, 'ports').length === 0 && !isHeadless(spec) && type !== 'ExternalName')
    faults.push(required('spec.ports'))
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec))
    faults.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  if (type === 'ExternalName') faults.push(...externalNameFaults(spec))
  return faults
}

function externalNameFaults(spec: JsonObject): FieldError[] {
  const name = textIn(spec, 'externalName').replace(/\.$/, '')
  const set = ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'].filter((field) => !isSame(spec[field], undefined))
  return [
    ...set.map((field) => forbiddenField(`spec.${field}`, 'may not be set for ExternalName services')),
    ...(name === '' ? [required('spec.externalName')] : checkName(name, 'spec.externalName', subdomainName)),
  ]
}

function portFaults(spec: JsonObject): FieldError[] {
  const ports = objectsIn(spec, 'ports')
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`
    const name = textIn(port, 'name')
    const isTwice = name !== '' && names.has(name)
    names.add(name)
    return [
      ...(name === '' && ports.length > 1 ? [required(`${field}.name`)] : []),
      ...(name === '' ? [] : checkName(name, `${field}.name`, labelName)),
      ...(isTwice ? [duplicate(`${field}.name`, name)] : []),
      ...checkPort(numberIn(port, 'port'), `${field}.port`),
      ...checkOneOf(textIn(port, 'protocol'), `${field}.protocol`, ['SCTP', 'TCP', 'UDP']),
      ...checkPortOrName(port.targetPort, `${field}.targetPort`),
      ...(port.appProtocol === undefined
        ? []
        : checkName(textIn(port, 'appProtocol'), `${field}.appProtocol`, qualifiedName)),
    ]
  })
}

export function checkPortOrName(value: JsonValue | undefined, field: string): FieldError[] {
  if (typeof value === 'number') return checkPort(value, field)
  return typeof value === 'string' ? checkName(value, field, portName) : []
}

function affinityFaults(spec: JsonObject): FieldError[] {
  if (spec.sessionAffinity !== 'ClientIP') return []
  const seconds = numberIn(objectIn(objectIn(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds')
  if (seconds > 0 && seconds <= DAY_SECONDS) return []
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds'
  return [invalidValue(field, seconds, `must be greater than 0 and less than ${DAY_SECONDS}`)]
}

function clusterIpFaults(spec: JsonObject): FieldError[] {
  const field = 'spec.clusterIPs'
  const ips = textsIn(spec, 'clusterIPs')
  const single = textIn(spec, 'clusterIP')
  const policy = textIn(spec, 'ipFamilyPolicy')
  if (single !== '' && ips.length > 0 && ips[0] !== single)
    return [invalidValue(field, ips, 'first value must match `clusterIP`')]
  if (policy === 'RequireDualStack' && !isHeadless(spec))
    return [invalidValue('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services')]
  return ips.flatMap((ip, index) => {
    if (ip === 'None' && index === 0) return []
    const wrong = checkName(ip, `${field}[${index}]`, ipAddress)
    if (wrong.length > 0 || isIpv4(ip)) return wrong
    return [invalidValue(`${field}[${index}]`, ip, 'IPv6 is not configured on this cluster')]
  })
}

function nodePortFaults(spec: JsonObject): FieldError[] {
  const ports = objectsIn(spec, 'ports')
  const seen = { node: new Set<string>(), own: new Set<string>() }
  const isClusterIp = spec.type === 'ClusterIP'
  const forbidden = ports.flatMap((port, index) =>
    isClusterIp && numberIn(port, 'nodePort') !== 0
      ? [forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")]
      : [],
  )
  const twiceNode = ports.flatMap((port, index) => {
    const nodePort = numberIn(port, 'nodePort')
    const isNew = nodePort === 0 || isFirst(seen.node, `${port.protocol}/${nodePort}`)
    return isNew ? [] : [duplicate(`spec.ports[${index}].nodePort`, nodePort)]
  })
  const twice = ports.flatMap((port, index) =>
    isFirst(seen.own, `${port.protocol}/${port.port}`) ? [] : [duplicate(`spec.ports[${index}]`, goServicePort(port))],
  )
  return [...forbidden, ...twiceNode, ...twice]
}

function isFirst(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false
  seen.add(key)
  return true
}

/** As Go prints its internal type. */
function goServicePort(port: JsonObject): JsonObject {
  return {
    Name: '',
    Protocol: port.protocol ?? '',
    AppProtocol: null,
    Port: port.port ?? 0,
    TargetPort: 0,
    NodePort: 0,
  }
}

function loadBalancerFaults(spec: JsonObject): FieldError[] {
  const ranges = textsIn(spec, 'loadBalancerSourceRanges')
  const isOther = spec.type !== 'LoadBalancer'
  const only = "may only be used when `type` is 'LoadBalancer'"
  const field = 'spec.LoadBalancerSourceRanges'
  return [
    ...(ranges.length > 0 && isOther ? [forbiddenField(field, only)] : []),
    ...ranges.flatMap((range, index) =>
      isCidr(range.trim()) ? [] : [invalidValue(`${field}[${index}]`, range.trim(), CIDR_FAULT)],
    ),
    ...(spec.allocateLoadBalancerNodePorts !== undefined && isOther
      ? [forbiddenField('spec.allocateLoadBalancerNodePorts', only)]
      : []),
    ...(spec.loadBalancerClass !== undefined && isOther ? [forbiddenField('spec.loadBalancerClass', only)] : []),
  ]
}

function trafficFaults(spec: JsonObject): FieldError[] {
  const external = textIn(spec, 'externalTrafficPolicy')
  const internal = textIn(spec, 'internalTrafficPolicy')
  const values = ['Cluster', 'Local']
  const faults: FieldError[] = []
  const field = 'spec.externalTrafficPolicy'
  if (external !== '' && !isExternallyAccessible(spec))
    faults.push(invalidValue(field, external, 'may only be set for externally-accessible services'))
  else if (external !== '' && !values.includes(external)) faults.push(notSupported(field, external, values))
  if (internal !== '' && !values.includes(internal))
    faults.push(notSupported('spec.internalTrafficPolicy', internal, values))
  return faults
}
