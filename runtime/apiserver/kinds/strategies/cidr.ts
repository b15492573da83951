import type { FieldError } from '../../field-error.ts'
import { invalidValue } from './field-errors.ts'
import { ipAddress, isIpv4 } from './names.ts'

/** An address as a number, and of how many bits. */
interface Address {
  readonly value: bigint
  readonly size: 32 | 128
}

/** A network: its address, and how many bits of it are the network's own. */
interface Network extends Address {
  readonly bits: number
}

export const CIDR_FAULT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

export function isCidr(text: string): boolean {
  const [ip = '', bits = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || ipAddress(ip).length > 0) return false
  return Number(bits) <= (isIpv4(ip) ? 32 : 128)
}

/** What is no network by its first address. source: apimachinery pkg/util/validation/ip.go, IsValidCIDRForLegacyField */
export function checkNetwork(cidr: string, field: string): FieldError[] {
  if (!isCidr(cidr)) return [invalidValue(field, cidr, CIDR_FAULT)]
  const network = parseNetwork(cidr)
  return firstOf(network, network.bits) === network.value
    ? []
    : [invalidValue(field, cidr, 'must not have bits set beyond the prefix length')]
}

/** The same, and written as one writes it. source: IsValidCIDR */
export function checkCanonicalNetwork(cidr: string, field: string): FieldError[] {
  const faults = checkNetwork(cidr, field)
  const [address = '', bits = ''] = cidr.split('/')
  const canonical = `${canonicalAddress(address)}/${Number(bits)}`
  if (faults.length > 0 || cidr === canonical) return faults
  return [invalidValue(field, cidr, `must be in canonical form (${JSON.stringify(canonical)})`)]
}

export function isStrictSubset(cidr: string, of: string): boolean {
  const [part, whole] = [parseNetwork(cidr), parseNetwork(of)]
  if (part.size !== whole.size || part.bits <= whole.bits) return false
  return firstOf(part, whole.bits) === firstOf(whole, whole.bits)
}

/** As RFC 5952 writes it; what is no address stays as it is. */
export function canonicalAddress(address: string): string {
  if (isIpv4(address) || ipAddress(address).length > 0) return address
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

/** What nobody else can reach. source: kubernetes pkg/apis/core/validation, ValidateEndpointIP */
export function checkReachable(address: string, field: string): FieldError[] {
  const fault = UNREACHABLE.find(([cidr]) => isWithin(address, cidr))?.[1]
  if (fault === undefined) return []
  return [invalidValue(field, address, fault.replace('%s', address))]
}

const UNREACHABLE: readonly (readonly [string, string])[] = [
  ...['0.0.0.0/32', '::/128'].map((cidr) => [cidr, 'may not be unspecified (%s)'] as const),
  ...['127.0.0.0/8', '::1/128'].map(
    (cidr) => [cidr, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'] as const,
  ),
  ...['169.254.0.0/16', 'fe80::/10'].map(
    (cidr) => [cidr, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'] as const,
  ),
  ...['224.0.0.0/24', 'ff02::/16'].map(
    (cidr) => [cidr, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'] as const,
  ),
]

function isWithin(address: string, cidr: string): boolean {
  const [own, network] = [parseAddress(address), parseNetwork(cidr)]
  return own.size === network.size && firstOf(own, network.bits) === network.value
}

function parseNetwork(cidr: string): Network {
  const [address = '', bits = ''] = cidr.split('/')
  return { ...parseAddress(address), bits: Number(bits) }
}

function parseAddress(address: string): Address {
  if (isIpv4(address)) return { value: joined(address.split('.'), 8n, ''), size: 32 }
  const [head = '', tail] = canonicalAddress(address).split('::')
  const first = head.split(':').filter((part) => part !== '')
  const last = (tail ?? '').split(':').filter((part) => part !== '')
  const gap = Array<string>(8 - first.length - last.length).fill('0')
  return { value: joined([...first, ...gap, ...last], 16n, '0x'), size: 128 }
}

function joined(parts: readonly string[], bits: bigint, prefix: string): bigint {
  return parts.reduce((sum, part) => (sum << bits) + BigInt(`${prefix}${part}`), 0n)
}

/** The first address of its network of so many bits. */
function firstOf({ value, size }: Address, bits: number): bigint {
  const rest = BigInt(size - bits)
  return (value >> rest) << rest
}
