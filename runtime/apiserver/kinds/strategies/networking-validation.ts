import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import {
  checkNotNegative,
  checkOneOf,
  checkPort,
  IMMUTABLE,
  invalidValue,
  notSupported,
  required,
} from './field-errors.ts'
import {
  isSame,
  jsonOf,
  listIn,
  numberIn,
  objectIn,
  objectsIn,
  optionalObjectIn,
  textIn,
  textsIn,
} from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, ipAddress, labelName, subdomainName } from './names.ts'
import { CIDR_FAULT, checkPortOrName, isCidr } from './service-validation.ts'

const HTTP_PATH_TEXT = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const HTTP_PATH = new RegExp(`^${HTTP_PATH_TEXT}$`)

export function validateIngress(ingress: ApiObject): FieldError[] {
  const spec = objectIn(jsonOf(ingress), 'spec')
  const backend = optionalObjectIn(spec, 'defaultBackend')
  const rules = objectsIn(spec, 'rules')
  const className = textIn(spec, 'ingressClassName')
  return [
    ...(rules.length === 0 && backend === undefined
      ? [invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(backend === undefined ? [] : backendFaults(backend, 'spec.defaultBackend')),
    ...rules.flatMap((rule, index) => ingressRuleFaults(rule, `spec.rules[${index}]`)),
    ...(className === '' ? [] : checkName(className, 'spec.ingressClassName', subdomainName)),
  ]
}

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
      ...ready.flatMap((address, at) => endpointIpFaults(address, `${field}.addresses[${at}].ip`)),
      ...unready.flatMap((address, at) => endpointIpFaults(address, `${field}.notReadyAddresses[${at}].ip`)),
      ...objectsIn(subset, 'ports').flatMap((port, at) =>
        checkPort(numberIn(port, 'port'), `${field}.ports[${at}].port`),
      ),
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
      addressFaults(endpoint, type, `endpoints[${index}].addresses`),
    ),
  ]
}

export function validateEndpointSliceUpdate(slice: ApiObject, old: ApiObject): FieldError[] {
  const type = textIn(jsonOf(slice), 'addressType')
  const isKept = isSame(type, textIn(jsonOf(old), 'addressType'))
  return [...validateEndpointSlice(slice), ...(isKept ? [] : [invalidValue('addressType', type, IMMUTABLE)])]
}

function addressFaults(endpoint: JsonObject, type: string, field: string): FieldError[] {
  const addresses = textsIn(endpoint, 'addresses')
  if (addresses.length === 0) return [required(field, 'must contain at least 1 address')]
  return addresses.flatMap((address, index) => {
    if (type === 'FQDN') return checkName(address, `${field}[${index}]`, subdomainName)
    return type.startsWith('IP') ? checkName(address, `${field}[${index}]`, ipAddress) : []
  })
}

function endpointIpFaults(address: JsonObject, field: string): FieldError[] {
  const ip = textIn(address, 'ip')
  const faults = checkName(ip, field, ipAddress)
  return faults.length === 0 ? [] : [...faults, invalidValue(field, ip, 'must be a valid IP address')]
}

function ingressRuleFaults(rule: JsonObject, field: string): FieldError[] {
  const host = textIn(rule, 'host')
  const http = optionalObjectIn(rule, 'http')
  const paths = objectsIn(http ?? {}, 'paths')
  return [
    ...(host === '' ? [] : hostFaults(host, `${field}.host`)),
    ...(http !== undefined && paths.length === 0 ? [required(`${field}.http.paths`)] : []),
    ...paths.flatMap((path, index) => pathFaults(path, `${field}.http.paths[${index}]`)),
  ]
}

function hostFaults(host: string, field: string): FieldError[] {
  if (ipAddress(host).length === 0) return [invalidValue(field, host, 'must be a DNS name, not an IP address')]
  return checkName(host, field, (name) => subdomainName(name.replace(/^\*\./, '')))
}

function pathFaults(path: JsonObject, field: string): FieldError[] {
  const type = textIn(path, 'pathType')
  const types = ['Exact', 'ImplementationSpecific', 'Prefix']
  const text = textIn(path, 'path')
  if (type === '') return [required(`${field}.pathType`, 'pathType must be specified')]
  return [
    ...(types.includes(type) ? [] : [notSupported(`${field}.pathType`, type, types)]),
    ...(type !== 'ImplementationSpecific' && !text.startsWith('/')
      ? [invalidValue(`${field}.path`, text, 'must be an absolute path')]
      : []),
    ...backendFaults(objectIn(path, 'backend'), `${field}.backend`),
  ]
}

function backendFaults(backend: JsonObject, field: string): FieldError[] {
  const service = optionalObjectIn(backend, 'service')
  const isResource = optionalObjectIn(backend, 'resource') !== undefined
  if (service === undefined) return isResource ? [] : [required(field, 'resource or service backend is required')]
  if (isResource) return [invalidValue(field, '', 'cannot set both resource and service backends')]
  const name = textIn(service, 'name')
  const port = objectIn(service, 'port')
  const portName = textIn(port, 'name')
  const number = numberIn(port, 'number')
  const hasBoth = portName !== '' && number !== 0
  return [
    ...(name === '' ? [required(`${field}.service.name`)] : checkName(name, `${field}.service.name`, labelName)),
    ...(hasBoth ? [invalidValue(field, '', 'cannot set both port name & port number')] : []),
    ...(portName !== '' ? checkPortOrName(portName, `${field}.service.port.name`) : []),
    ...(portName === '' && number === 0 ? [required(field, 'port name or number is required')] : []),
    ...(portName === '' && number !== 0 ? checkPort(number, `${field}.service.port.number`) : []),
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
    ...checkOneOf(textIn(port, 'protocol'), `${field}.protocol`, ['TCP', 'UDP', 'SCTP']),
    ...checkPortOrName(port.port, `${field}.port`),
    ...(port.endPort === undefined ? [] : checkNotNegative(port.endPort, `${field}.endPort`)),
  ]
}

function peerFaults(peer: JsonObject, field: string): FieldError[] {
  const given = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((key) => peer[key] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a peer')]
  const block = optionalObjectIn(peer, 'ipBlock')
  const cidrs = block === undefined ? [] : [['cidr', textIn(block, 'cidr')] as const, ...exceptsOf(block)]
  return [
    ...['podSelector', 'namespaceSelector'].flatMap((key) =>
      checkLabelSelector(optionalObjectIn(peer, key), `${field}.${key}`),
    ),
    ...cidrs
      .filter(([, cidr]) => !isCidr(cidr))
      .map(([key, cidr]) => invalidValue(`${field}.ipBlock.${key}`, cidr, CIDR_FAULT)),
  ]
}

function exceptsOf(block: JsonObject): (readonly [string, string])[] {
  return listIn(block, 'except').map((cidr, index) => [`except[${index}]`, String(cidr)] as const)
}
