import type { ApiObject } from '../../json.ts'
import type { Cells } from './cell.ts'
import { readCount, readField, readList, readSize, readText } from './read-field.ts'
import { formatLabels, formatSelectorOrNone } from './selector-text.ts'

/** By `group/Kind`. */
export const NETWORK_COLUMNS: Readonly<Record<string, Cells>> = {
  '/Service': {
    Type: (service) => readText(service, 'spec', 'type'),
    'Cluster-IP': (service) => readText(service, 'spec', 'clusterIPs', 0) || '<none>',
    'External-IP': formatExternalIp,
    'Port(s)': formatServicePorts,
    Selector: (service) => formatLabels(readField(service, 'spec', 'selector')),
  },
  '/Endpoints': { Endpoints: formatEndpoints },
  'discovery.k8s.io/EndpointSlice': {
    AddressType: (slice) => readText(slice, 'addressType'),
    Ports: (slice) => {
      const ports = readList(slice, 'ports')
      return formatFew(ports.map((port) => readText(port, 'port') || readText(port, 'name') || '*'))
    },
    Endpoints: (slice) =>
      formatFew(readList(slice, 'endpoints').flatMap((each) => readList(each, 'addresses').map(String))),
  },
  'networking.k8s.io/Ingress': {
    Class: (ingress) => readText(ingress, 'spec', 'ingressClassName') || '<none>',
    Hosts: formatHosts,
    Address: formatLoadBalancer,
    Ports: (ingress) => (readList(ingress, 'spec', 'tls').length > 0 ? '80, 443' : '80'),
  },
  'networking.k8s.io/IngressClass': {
    Name: ({ metadata }) =>
      metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true'
        ? `${metadata.name} (default)`
        : (metadata.name ?? ''),
    Controller: (ingressClass) => readText(ingressClass, 'spec', 'controller'),
    Parameters: formatParameters,
  },
  'networking.k8s.io/NetworkPolicy': {
    'Pod-Selector': (policy) => formatSelectorOrNone(readField(policy, 'spec', 'podSelector')),
  },
  'networking.k8s.io/ServiceCIDR': { CIDRs: (cidr) => readList(cidr, 'spec', 'cidrs').join(',') },
  'networking.k8s.io/IPAddress': { ParentRef: formatParentReference },
  'apiregistration.k8s.io/APIService': {
    Service: (service) =>
      readField(service, 'spec', 'service') === undefined
        ? 'Local'
        : `${readText(service, 'spec', 'service', 'namespace')}/${readText(service, 'spec', 'service', 'name')}`,
    Available: formatAvailability,
  },
}

function formatExternalIp(service: ApiObject): string {
  const own = readList(service, 'spec', 'externalIPs').join(',')
  switch (readText(service, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return own || '<none>'
    case 'LoadBalancer':
      return [formatLoadBalancer(service), own].filter((part) => part !== '').join(',') || '<pending>'
    case 'ExternalName':
      return readText(service, 'spec', 'externalName')
    default:
      return '<unknown>'
  }
}

function formatLoadBalancer(object: ApiObject): string {
  const ingress = readList(object, 'status', 'loadBalancer', 'ingress')
  const addresses = ingress.map((each) => readText(each, 'ip') || readText(each, 'hostname'))
  return [...new Set(addresses.filter((address) => address !== ''))].sort().join(',')
}

function formatServicePorts(service: ApiObject): string {
  const ports = readList(service, 'spec', 'ports').map((each) => {
    const nodePort = readCount(each, 'nodePort')
    const number = `${readCount(each, 'port')}${nodePort > 0 ? `:${nodePort}` : ''}`
    return `${number}/${readText(each, 'protocol')}`
  })
  return ports.join(',') || '<none>'
}

const SHOWN = 3

function formatFew(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN).join(',')
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : shown || '<unset>'
}

function formatEndpoints(endpoints: ApiObject): string {
  const subsets = readList(endpoints, 'subsets')
  if (subsets.length === 0) return '<none>'
  const all = subsets.flatMap((subset) => {
    const ips = readList(subset, 'addresses').map((address) => readText(address, 'ip'))
    const ports = readList(subset, 'ports')
    if (ports.length === 0) return ips
    return ports.flatMap((port) => ips.map((ip) => joinHostPort(ip, readCount(port, 'port'))))
  })
  const shown = all.slice(0, SHOWN).join(',')
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : shown
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function formatHosts(ingress: ApiObject): string {
  const rules = readList(ingress, 'spec', 'rules')
  const hosts = rules.map((rule) => readText(rule, 'host')).filter((host) => host !== '')
  if (hosts.length === 0) return '*'
  const shown = hosts.slice(0, SHOWN).join(',')
  // The rest is counted in rules, also those without a host.
  return hosts.length >= SHOWN && rules.length > SHOWN ? `${shown} + ${rules.length - SHOWN} more...` : shown
}

function formatParameters(ingressClass: ApiObject): string {
  if (readSize(ingressClass, 'spec', 'parameters') === 0) return '<none>'
  const group = readText(ingressClass, 'spec', 'parameters', 'apiGroup')
  const kind = readText(ingressClass, 'spec', 'parameters', 'kind')
  return `${kind}${group === '' ? '' : `.${group}`}/${readText(ingressClass, 'spec', 'parameters', 'name')}`
}

function formatParentReference(address: ApiObject): string {
  const parent = readField(address, 'spec', 'parentRef')
  if (parent === undefined) return '<none>'
  const group = readText(parent, 'group')
  const resource = `${readText(parent, 'resource')}${group === '' ? '' : `.${group}`}`.toLowerCase()
  const namespace = readText(parent, 'namespace')
  return [resource, ...(namespace === '' ? [] : [namespace]), readText(parent, 'name')].join('/')
}

function formatAvailability(service: ApiObject): string {
  const condition = readList(service, 'status', 'conditions').find((each) => readField(each, 'type') === 'Available')
  if (condition === undefined) return 'Unknown'
  const status = readText(condition, 'status')
  const reason = readText(condition, 'reason')
  return status === 'True' || reason === '' ? status : `${status} (${reason})`
}
