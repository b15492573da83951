import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject, JsonValue } from '../../json.ts'
import { canonicalAddress, checkNetwork, checkReachable, isCidr, isStrictSubset } from './cidr.ts'
import {
  checkOneOf,
  checkOneOfOptional,
  checkPort,
  forbiddenField,
  IMMUTABLE,
  invalidValue,
  notSupported,
  required,
} from './field-errors.ts'
import {
  eachObject,
  isSame,
  jsonOf,
  numberIn,
  objectIn,
  objectsIn,
  optionalObjectIn,
  textIn,
  textsIn,
} from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, ipAddress, isIpv4, labelName, labelValue, qualifiedName, subdomainName } from './names.ts'
import { checkPortOrName } from './service-validation.ts'

const HTTP_PATH_TEXT = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const HTTP_PATH = new RegExp(`^${HTTP_PATH_TEXT}$`)

export function validateIngressClass(ingressClass: ApiObject): FieldError[] {
  return checkDomainPath(textIn(objectIn(jsonOf(ingressClass), 'spec'), 'controller'), 'spec.controller')
}

/** `acme.io/foo`. source: apimachinery pkg/util/validation, IsDomainPrefixedPath */
function checkDomainPath(value: string, field: string): FieldError[] {
  if (value === '') return [required(field)]
  const [, host = '', path = ''] = /^([^/]*)\/?(.*)$/s.exec(value) ?? []
  if (host === '' || path === '')
    return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const faults = subdomainName(host).map((detail) => invalidValue(field, host, detail))
  return HTTP_PATH.test(path)
    ? faults
    : [...faults, invalidValue(field, path, `Invalid path (regex used for validation is '${HTTP_PATH_TEXT}')`)]
}

export function validateIngressClassUpdate(ingressClass: ApiObject, old: ApiObject): FieldError[] {
  const controller = textIn(objectIn(jsonOf(ingressClass), 'spec'), 'controller')
  const isKept = controller === textIn(objectIn(jsonOf(old), 'spec'), 'controller')
  return [
    ...(isKept ? [] : [invalidValue('spec.controller', controller, IMMUTABLE)]),
    ...validateIngressClass(ingressClass),
  ]
}

export function validateNetworkPolicy(policy: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(policy), 'spec')
  const rules = (direction: string, peers: string) =>
    objectsIn(spec, direction).flatMap((rule, index) => policyRuleFaults(rule, peers, `spec.${direction}[${index}]`))
  return [
    ...checkLabelSelector(objectIn(spec, 'podSelector'), 'spec.podSelector'),
    ...rules('ingress', 'from'),
    ...rules('egress', 'to'),
    ...textsIn(spec, 'policyTypes').flatMap((type, index) =>
      ['Ingress', 'Egress'].includes(type)
        ? []
        : [notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress'])],
    ),
  ]
}

export function validateEndpoints(endpoints: ApiObject): FieldError[] {
  return objectsIn(jsonOf(endpoints), 'subsets').flatMap((subset, index) => {
    const field = `subsets[${index}]`
    const ready = objectsIn(subset, 'addresses')
    const unready = objectsIn(subset, 'notReadyAddresses')
    if (ready.length + unready.length === 0) return [required(field, 'must specify `addresses` or `notReadyAddresses`')]
    return [
      ...ready.flatMap((address, at) => endpointAddressFaults(address, `${field}.addresses[${at}]`)),
      ...unready.flatMap((address, at) => endpointAddressFaults(address, `${field}.notReadyAddresses[${at}]`)),
      ...eachObject(subset, 'ports', field, (port, at) => endpointPortFaults(port, subset, at)),
    ]
  })
}

export function validateEndpointSlice(slice: ApiObject): FieldError[] {
  const type = textIn(jsonOf(slice), 'addressType')
  const types = ['FQDN', 'IPv4', 'IPv6']
  return [
    ...(types.includes(type) ? [] : [type === '' ? required('addressType') : notSupported('addressType', type, types)]),
    ...objectsIn(jsonOf(slice), 'ports').flatMap((port, index) => {
      const name = textIn(port, 'name')
      const field = `ports[${index}]`
      return [
        ...(name === '' ? [] : checkName(name, `${field}.name`, labelName)),
        ...checkOneOf(textIn(port, 'protocol'), `${field}.protocol`, ['SCTP', 'TCP', 'UDP']),
      ]
    }),
    ...objectsIn(jsonOf(slice), 'endpoints').flatMap((endpoint, index) =>
      sliceEndpointFaults(endpoint, type, `endpoints[${index}]`),
    ),
  ]
}

export function validateEndpointSliceUpdate(slice: ApiObject, old: ApiObject): FieldError[] {
  const type = textIn(jsonOf(slice), 'addressType')
  const isKept = isSame(type, textIn(jsonOf(old), 'addressType'))
  return [...validateEndpointSlice(slice), ...(isKept ? [] : [invalidValue('addressType', type, IMMUTABLE)])]
}

function sliceEndpointFaults(endpoint: JsonObject, type: string, field: string): FieldError[] {
  const { hostname, nodeName } = endpoint
  return [
    ...addressFaults(endpoint, type, `${field}.addresses`),
    ...(typeof nodeName === 'string' ? checkName(nodeName, `${field}.nodeName`, subdomainName) : []),
    ...(typeof hostname === 'string' ? checkName(hostname, `${field}.hostname`, labelName) : []),
    ...eachObject(objectIn(endpoint, 'hints'), 'forZones', `${field}.hints`, (zone, at) =>
      checkName(textIn(zone, 'name'), `${at}.name`, labelValue),
    ),
    ...eachObject(objectIn(endpoint, 'hints'), 'forNodes', `${field}.hints`, (node, at) =>
      checkName(textIn(node, 'name'), `${at}.name`, subdomainName),
    ),
  ]
}

function addressFaults(endpoint: JsonObject, type: string, field: string): FieldError[] {
  const addresses = textsIn(endpoint, 'addresses')
  if (addresses.length === 0) return [required(field, 'must contain at least 1 address')]
  return addresses.flatMap((address, index) => {
    if (type === 'FQDN') return checkName(address, `${field}[${index}]`, subdomainName)
    return type === 'IPv4' || type === 'IPv6' ? familyFaults(address, type, field, `${field}[${index}]`) : []
  })
}

/** Of IPv6 there is one way to write an address. */
function familyFaults(address: string, type: 'IPv4' | 'IPv6', field: string, at: string): FieldError[] {
  const faults = checkName(address, at, ipAddress)
  if (faults.length > 0) return faults
  const canonical = canonicalAddress(address)
  if (type === 'IPv6' && canonical !== address)
    return [invalidValue(at, address, `must be in canonical form (${JSON.stringify(canonical)})`)]
  const isOther = isIpv4(address) !== (type === 'IPv4')
  return [
    ...(isOther ? [invalidValue(field, address, `must be an ${type} address`)] : []),
    ...checkReachable(address, at),
  ]
}

function endpointAddressFaults(address: JsonObject, field: string): FieldError[] {
  const [ip, hostname, nodeName] = [textIn(address, 'ip'), textIn(address, 'hostname'), address.nodeName]
  const faults = checkName(ip, `${field}.ip`, ipAddress)
  return [
    ...faults,
    ...(hostname === '' ? [] : checkName(hostname, `${field}.hostname`, labelName)),
    ...(typeof nodeName === 'string' ? checkName(nodeName, `${field}.nodeName`, subdomainName) : []),
    ...(faults.length === 0
      ? checkReachable(ip, `${field}.ip`)
      : [invalidValue(`${field}.ip`, ip, 'must be a valid IP address')]),
  ]
}

/** One port alone needs no name. */
function endpointPortFaults(port: JsonObject, subset: JsonObject, field: string): FieldError[] {
  const name = textIn(port, 'name')
  const isUnnamed = name === '' && objectsIn(subset, 'ports').length > 1
  return [
    ...(isUnnamed ? [required(`${field}.name`)] : []),
    ...(name === '' ? [] : checkName(name, `${field}.name`, labelName)),
    ...checkPort(numberIn(port, 'port'), `${field}.port`),
    ...checkOneOf(textIn(port, 'protocol'), `${field}.protocol`, ['SCTP', 'TCP', 'UDP']),
    ...(port.appProtocol === undefined
      ? []
      : checkName(textIn(port, 'appProtocol'), `${field}.appProtocol`, qualifiedName)),
  ]
}

function policyRuleFaults(rule: JsonObject, peers: string, field: string): FieldError[] {
  return [
    ...objectsIn(rule, 'ports').flatMap((port, index) => policyPortFaults(port, `${field}.ports[${index}]`)),
    ...objectsIn(rule, peers).flatMap((peer, index) => peerFaults(peer, `${field}.${peers}[${index}]`)),
  ]
}

function policyPortFaults(port: JsonObject, field: string): FieldError[] {
  return [
    ...checkOneOfOptional(port.protocol, `${field}.protocol`, ['TCP', 'UDP', 'SCTP']),
    ...checkPortOrName(port.port, `${field}.port`),
    ...(typeof port.endPort === 'number' ? endPortFaults(port.endPort, port.port, `${field}.endPort`) : []),
  ]
}

/** The last of several ports by number. */
function endPortFaults(end: number, first: JsonValue | undefined, field: string): FieldError[] {
  if (first === undefined) return [invalidValue(field, end, 'may not be specified when `port` is not specified')]
  if (typeof first !== 'number') return [invalidValue(field, end, 'may not be specified when `port` is non-numeric')]
  const less = end < first ? [invalidValue(field, first, 'must be greater than or equal to `port`')] : []
  return [...less, ...checkPort(end, field)]
}

function peerFaults(peer: JsonObject, field: string): FieldError[] {
  const given = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((key) => peer[key] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a peer')]
  const block = optionalObjectIn(peer, 'ipBlock')
  return [
    ...(block !== undefined && given.length > 1
      ? [forbiddenField(field, 'may not specify both ipBlock and another peer')]
      : []),
    ...['podSelector', 'namespaceSelector'].flatMap((key) =>
      checkLabelSelector(optionalObjectIn(peer, key), `${field}.${key}`),
    ),
    ...(block === undefined ? [] : blockFaults(block, `${field}.ipBlock`)),
  ]
}

/** What is left out of a network is a smaller one in it. */
function blockFaults(block: JsonObject, field: string): FieldError[] {
  const cidr = textIn(block, 'cidr')
  if (cidr === '') return [required(`${field}.cidr`)]
  const faults = checkNetwork(cidr, `${field}.cidr`)
  if (!isCidr(cidr)) return faults
  const excepts = textsIn(block, 'except').flatMap((except, index) => {
    const at = `${field}.except[${index}]`
    const isOutside = isCidr(except) && !isStrictSubset(except, cidr)
    const outside = isOutside ? [invalidValue(at, except, 'must be a strict subset of `cidr`')] : []
    return [...checkNetwork(except, at), ...outside]
  })
  return [...faults, ...excepts]
}
