import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { checkPort, invalidValue, notSupported, required } from './field-errors.ts'
import { eachObject, jsonOf, numberIn, objectIn, objectsIn, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkName, ipAddress, labelName, pathName, subdomainName, wildcardName } from './names.ts'
import { checkPortOrName } from './service-validation.ts'

const INVALID_PARTS = ['//', '/./', '/../', '%2f', '%2F']
const INVALID_ENDS = ['/..', '/.']

/** source: kubernetes pkg/apis/networking/validation, ValidateIngressSpec */
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
    ...tlsFaults(spec),
    ...(className === '' ? [] : checkName(className, 'spec.ingressClassName', subdomainName)),
  ]
}

function tlsFaults(spec: JsonObject): FieldError[] {
  return eachObject(spec, 'tls', 'spec', (tls, at) => {
    const secret = textIn(tls, 'secretName')
    return [
      ...textsIn(tls, 'hosts').flatMap((host, index) =>
        checkName(host, `${at}.hosts[${index}]`, host.includes('*') ? wildcardName : subdomainName),
      ),
      ...(secret === '' ? [] : checkName(secret, `${at}.secretName`, subdomainName)),
    ]
  })
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
  return checkName(host, field, host.includes('*') ? wildcardName : subdomainName)
}

function pathFaults(path: JsonObject, field: string): FieldError[] {
  const type = textIn(path, 'pathType')
  const types = ['Exact', 'ImplementationSpecific', 'Prefix']
  const text = textIn(path, 'path')
  if (typeof path.pathType !== 'string') return [required(`${field}.pathType`, 'pathType must be specified')]
  return [
    ...(types.includes(type) ? [] : [notSupported(`${field}.pathType`, type, types)]),
    ...(types.includes(type) ? checkHttpPath(text, type, `${field}.path`) : []),
    ...backendFaults(objectIn(path, 'backend'), `${field}.backend`),
  ]
}

function backendFaults(backend: JsonObject, field: string): FieldError[] {
  const service = optionalObjectIn(backend, 'service')
  const resource = optionalObjectIn(backend, 'resource')
  if (service === undefined)
    return resource === undefined
      ? [invalidValue(field, '', 'resource or service backend is required')]
      : checkResource(resource, `${field}.resource`)
  if (resource !== undefined) return [invalidValue(field, '', 'cannot set both resource and service backends')]
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

function checkResource(reference: JsonObject, field: string): FieldError[] {
  const { apiGroup } = reference
  return [
    ...(typeof apiGroup === 'string' ? checkName(apiGroup, `${field}.apiGroup`, subdomainName) : []),
    ...['kind', 'name'].flatMap((key) => {
      const value = textIn(reference, key)
      return value === '' ? [required(`${field}.${key}`)] : checkName(value, `${field}.${key}`, pathName)
    }),
  ]
}

function checkHttpPath(path: string, type: string, field: string): FieldError[] {
  const isOwn = type === 'ImplementationSpecific'
  const absolute =
    path.startsWith('/') || (isOwn && path === '') ? [] : [invalidValue(field, path, 'must be an absolute path')]
  if (isOwn) return absolute
  return [
    ...absolute,
    ...INVALID_PARTS.filter((part) => path.includes(part)).map((part) =>
      invalidValue(field, path, `must not contain '${part}'`),
    ),
    ...INVALID_ENDS.filter((end) => path.endsWith(end)).map((end) =>
      invalidValue(field, path, `cannot end with '${end}'`),
    ),
  ]
}
