import type { Admission } from '../../admission/admission.ts'
import type { FieldError } from '../../field-error.ts'
import type { ApiObject, JsonObject } from '../../json.ts'
import { invalid } from '../../status.ts'
import type { Store } from '../../storage/store.ts'
import { invalidValue } from './field-errors.ts'
import { ensureObjectIn, jsonOf, numberIn, objectIn, objectsIn, textIn, textsIn } from './json-parts.ts'
import { isIpv4 } from './names.ts'
import {
  isHeadless,
  needsClusterIp,
  needsHealthCheckPort,
  needsNodePort,
  prepareService,
  prepareServiceUpdate,
} from './service.ts'

export interface ServiceAddressRanges {
  /** IPv4, as kube-apiserver's --service-cluster-ip-range. */
  readonly clusterIps: string
  /** First and last. */
  readonly nodePorts: readonly [number, number]
}

/** The cluster IPs that kubeadm gives a cluster, and kube-apiserver's node ports. */
const DEFAULT_RANGES: ServiceAddressRanges = { clusterIps: '10.96.0.0/16', nodePorts: [30_000, 32_767] }

/** So many of the last addresses are not handed out again at once: their Services may still be on the way to the store. */
const MAX_RECENT = 64

/** Hands out cluster IPs and node ports. What is in use is read off the Services each time, so nothing can be lost. */
export class ServiceAddresses {
  readonly #services: () => readonly ApiObject[]
  readonly #ranges: ServiceAddressRanges
  /** Oldest first, at most MAX_RECENT. */
  #recent: (string | number)[] = []

  constructor(services: () => readonly ApiObject[], ranges: Partial<ServiceAddressRanges> = {}) {
    this.#services = services
    this.#ranges = { ...DEFAULT_RANGES, ...ranges }
  }

  /**
   * Gives a Service what its type needs and it does not have, before it is validated.
   * errors: ApiError 422 for an address that is taken or out of range
   */
  assign(service: ApiObject, old: ApiObject | undefined): void {
    if (old === undefined) prepareService(service)
    else {
      prepareServiceUpdate(service, old)
      keepPorts(objectIn(jsonOf(service), 'spec'), objectIn(jsonOf(old), 'spec'))
    }
    const spec = ensureObjectIn(jsonOf(service), 'spec')
    const others = this.#services()
      .filter(({ metadata }) => !isSameObject(metadata, service.metadata))
      .map((each) => objectIn(jsonOf(each), 'spec'))
    // An address that was given is not given again: whoever changes it hears of that from validation.
    const hasIp = old !== undefined && needsClusterIp(objectIn(jsonOf(old), 'spec'))
    const errors = [...(hasIp ? [] : this.#assignIp(spec, others)), ...this.#assignPorts(spec, others)]
    if (errors.length > 0) throw invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors)
  }

  #assignIp(spec: JsonObject, others: readonly JsonObject[]): FieldError[] {
    if (!needsClusterIp(spec) || isHeadless(spec)) return []
    const used = new Set(others.flatMap((each) => textsIn(each, 'clusterIPs')))
    const wanted = textsIn(spec, 'clusterIPs')[0] ?? textIn(spec, 'clusterIP')
    if (wanted !== '') return this.#checkIp(wanted, used)
    const { base, size } = parseRange(this.#ranges.clusterIps)
    // Without the network's own address, the first (the API server's) and the broadcast address.
    const free = this.#pick(size - 3, (index) => toIp(base + index + 2), used)
    const error = 'failed to allocate a serviceIP: range is full'
    if (free === undefined) return [invalidValue('spec.clusterIPs', null, error)]
    Object.assign(spec, { clusterIP: free, clusterIPs: [free] })
    return []
  }

  #checkIp(ip: string, used: ReadonlySet<string>): FieldError[] {
    // What is no address at all, validation will say.
    if (!isIpv4(ip)) return []
    const { clusterIps } = this.#ranges
    const fault = used.has(ip) ? 'provided IP is already allocated' : rangeFault(ip, clusterIps)
    return fault === undefined ? [] : [invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${fault}`)]
  }

  #assignPorts(spec: JsonObject, others: readonly JsonObject[]): FieldError[] {
    const used = new Set(others.flatMap(nodePortsOf))
    const errors = objectsIn(spec, 'ports').flatMap((port, index) => {
      const wanted = numberIn(port, 'nodePort')
      if (wanted !== 0 && textIn(spec, 'type') !== 'ClusterIP')
        return this.#checkPort(wanted, `spec.ports[${index}].nodePort`, used)
      if (wanted !== 0 || !needsNodePort(spec)) return []
      return this.#takePort(port, 'nodePort', new Set([...used, ...nodePortsOf(spec)]))
    })
    if (!needsHealthCheckPort(spec) || numberIn(spec, 'healthCheckNodePort') !== 0) return errors
    return [...errors, ...this.#takePort(spec, 'healthCheckNodePort', new Set([...used, ...nodePortsOf(spec)]))]
  }

  #takePort(target: JsonObject, field: string, used: ReadonlySet<number>): FieldError[] {
    const [first, last] = this.#ranges.nodePorts
    const free = this.#pick(last - first + 1, (index) => first + index, used)
    if (free === undefined) return [invalidValue(`spec.${field}`, 0, 'failed to allocate a nodePort: range is full')]
    target[field] = free
    return []
  }

  #checkPort(port: number, field: string, used: ReadonlySet<number>): FieldError[] {
    const [first, last] = this.#ranges.nodePorts
    if (port < first || port > last) {
      const range = `The range of valid ports is ${first}-${last}`
      return [invalidValue(field, port, `provided port is not in the valid range. ${range}`)]
    }
    return used.has(port) ? [invalidValue(field, port, 'provided port is already allocated')] : []
  }

  /**
   * Any of `count` that is free. The first ones last: as with the real server, they are left to those who ask for one, and
   * what can be guessed would be relied on.
   */
  #pick<T extends string | number>(count: number, at: (index: number) => T, used: ReadonlySet<T>): T | undefined {
    const band = Math.min(Math.max(16, Math.floor(count / 16)), 256)
    const start = count > band ? band + Math.floor(Math.random() * (count - band)) : 0
    let recent: T | undefined
    for (let step = 0; step < count; step++) {
      const each = at((start + step) % count)
      if (used.has(each)) continue
      if (!this.#recent.includes(each)) return this.#remember(each)
      recent ??= each
    }
    return recent
  }

  #remember<T extends string | number>(picked: T): T {
    this.#recent = [...this.#recent.slice(1 - MAX_RECENT), picked]
    return picked
  }
}

/** Assigns addresses between mutating admission and validation, where the real server does it. */
export function withServiceAddresses(
  admission: Admission,
  store: Store,
  ranges?: Partial<ServiceAddressRanges>,
): Admission {
  const services = () => store.list('/services').map(({ text }) => JSON.parse(text) as ApiObject)
  const addresses = new ServiceAddresses(services, ranges)
  return {
    mutate: async (request, object) => {
      const mutated = await admission.mutate(request, object)
      const { operation, resource, subresource, old } = request
      const isWritten = operation === 'CREATE' || operation === 'UPDATE'
      if (mutated !== undefined && isWritten && resource.storage === '/services' && subresource === undefined)
        addresses.assign(mutated, old)
      return mutated
    },
    validate: (request, object) => admission.validate(request, object),
  }
}

/** Who sends an update without the ports that were given does not mean to lose them. */
function keepPorts(spec: JsonObject, before: JsonObject): void {
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(before) && numberIn(spec, 'healthCheckNodePort') === 0)
    spec.healthCheckNodePort = numberIn(before, 'healthCheckNodePort')
  if (!needsNodePort(spec) || !needsNodePort(before)) return
  const byName = new Map(objectsIn(before, 'ports').map((port) => [textIn(port, 'name'), numberIn(port, 'nodePort')]))
  const taken = new Set(objectsIn(spec, 'ports').map((port) => numberIn(port, 'nodePort')))
  for (const port of objectsIn(spec, 'ports')) {
    const known = byName.get(textIn(port, 'name')) ?? 0
    if (numberIn(port, 'nodePort') === 0 && known !== 0 && !taken.has(known)) port.nodePort = known
  }
}

function isSameObject(a: ApiObject['metadata'], b: ApiObject['metadata']): boolean {
  return a.namespace === b.namespace && a.name === b.name
}

function nodePortsOf(spec: JsonObject): number[] {
  return [
    ...objectsIn(spec, 'ports').map((port) => numberIn(port, 'nodePort')),
    numberIn(spec, 'healthCheckNodePort'),
  ].filter((port) => port !== 0)
}

function parseRange(cidr: string): { base: number; size: number } {
  const [ip = '', bits = '32'] = cidr.split('/')
  return { base: toNumber(ip), size: 2 ** (32 - Number(bits)) }
}

/** The first and the last address of a range are the network's own; of the first the real one says no more than of others'. */
function rangeFault(ip: string, cidr: string): string | undefined {
  const { base, size } = parseRange(cidr)
  const offset = toNumber(ip) - base
  if (offset <= 0 || offset >= size) return 'the provided network does not match the current range'
  if (offset < size - 1) return undefined
  return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${cidr}`
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function toIp(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
