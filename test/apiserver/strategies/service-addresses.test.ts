import { expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { ServiceAddresses } from '../../../runtime/apiserver/kinds/strategies/service-addresses.ts'
import { strategyOf } from '../../../runtime/apiserver/kinds/strategies/strategy-of.ts'

test('ServiceAddresses.assign() gives each Service an address and a node port of its own until the range is full', () => {
  const services: ApiObject[] = []
  const addresses = new ServiceAddresses(() => services, { clusterIps: '10.0.0.0/29', nodePorts: [30_000, 30_004] })
  for (let index = 0; index < 5; index++)
    services.push(assigned(addresses, `s${index}`, { type: 'NodePort', ports: [{ port: 80 }] }))
  expect(new Set(services.map((each) => specOf(each).clusterIP)).size).toBe(5)
  expect(services.map(nodePortOf).sort()).toEqual([30_000, 30_001, 30_002, 30_003, 30_004])
  expect(() => assigned(addresses, 'one-more', { ports: [{ port: 80 }] })).toThrow('range is full')
})

test.each([
  [
    { clusterIP: '10.0.0.5', ports: [{ port: 80 }] },
    'spec.clusterIPs: Invalid value: ["10.0.0.5"]: failed to allocate IP 10.0.0.5: provided IP is already allocated',
  ],
  [
    { clusterIP: '1.2.3.4', ports: [{ port: 80 }] },
    'spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range',
  ],
  [
    { clusterIP: '10.0.0.255', ports: [{ port: 80 }] },
    'spec.clusterIPs: Invalid value: ["10.0.0.255"]: failed to allocate IP 10.0.0.255: the provided IP (10.0.0.255) is not in the valid range. The range of valid IPs is 10.0.0.0/24',
  ],
  [
    { type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] },
    'spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
  ],
  [
    { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
    'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ],
])('ServiceAddresses.assign() refuses %j as kube-apiserver does', (spec, message) => {
  const services: ApiObject[] = []
  const addresses = new ServiceAddresses(() => services, { clusterIps: '10.0.0.0/24' })
  services.push(
    assigned(addresses, 'first', { type: 'NodePort', clusterIP: '10.0.0.5', ports: [{ port: 80, nodePort: 30_001 }] }),
  )
  expect(() => assigned(addresses, 'second', spec)).toThrow(`Service "second" is invalid: ${message}`)
})

test('ServiceAddresses.assign() keeps the addresses of an update that leaves them out', () => {
  const addresses = new ServiceAddresses(() => [])
  const old = assigned(addresses, 'a', { type: 'NodePort', ports: [{ port: 80 }] })
  const updated = assigned(addresses, 'a', { type: 'NodePort', ports: [{ port: 81 }] }, old)
  expect(specOf(updated)).toMatchObject({ clusterIP: specOf(old).clusterIP, clusterIPs: specOf(old).clusterIPs })
  expect(nodePortOf(updated)).toBe(nodePortOf(old))
})

test('ServiceAddresses.assign() takes the addresses of a Service that becomes an ExternalName', () => {
  const addresses = new ServiceAddresses(() => [])
  const old = assigned(addresses, 'a', { type: 'NodePort', ports: [{ port: 80 }] })
  const spec = { ...specOf(old), type: 'ExternalName', externalName: 'example.com' }
  expect(specOf(assigned(addresses, 'a', spec, old))).toEqual({
    type: 'ExternalName',
    externalName: 'example.com',
    sessionAffinity: 'None',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  })
})

function assigned(
  addresses: ServiceAddresses,
  name: string,
  spec: Record<string, unknown>,
  old?: ApiObject,
): ApiObject {
  const service: ApiObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: structuredClone(spec),
  }
  strategyOf('', 'Service').applyDefaults?.(service)
  addresses.assign(service, old)
  return service
}

function specOf(service: ApiObject): Record<string, unknown> {
  return service.spec as Record<string, unknown>
}

function nodePortOf(service: ApiObject): unknown {
  return (specOf(service).ports as { nodePort: number }[])[0]?.nodePort
}
