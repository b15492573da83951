import { isIP, isIPv4 } from 'node:net'

/** An IPv4 or IPv6 address as a number of 32 or 128 bits. */
export interface IpAddress {
  readonly isV4: boolean
  readonly value: bigint
}

/** An address and the number of bits that count. */
export interface AddressRange {
  readonly address: IpAddress
  readonly bits: number
}

/** Undefined: none; with a zone, or IPv4 in IPv6, it is refused as well, as Kubernetes does. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const version = isIP(text)
  if (version === 0 || text.includes('%') || (version === 6 && text.includes('.'))) return undefined
  if (version === 4) return { isV4: true, value: joinParts(text.split('.').map(Number), 8n) }
  const [head = '', tail] = text.split('::')
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  const middle = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => 0)
  return { isV4: false, value: joinParts([...before, ...middle, ...after], 16n) }
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function joinParts(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) | BigInt(part), 0n)
}

/** `10.0.0.0/8`; the address may have bits beyond. */
export function parseRange(text: string): AddressRange | undefined {
  const [, addressText = '', bitsText = ''] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const address = parseIpAddress(addressText)
  const bits = Number(bitsText)
  return address === undefined || bits > widthOf(address) ? undefined : { address, bits }
}

function widthOf(address: IpAddress): number {
  return address.isV4 ? 32 : 128
}

function formatAddress({ isV4, value }: IpAddress): string {
  if (isV4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const longest = [...groups.join(':').matchAll(/(?:^|:)(?:0(?::|$)){2,}/g)]
    .map(([zeros]) => zeros)
    .reduce((a, b) => (b.length > a.length ? b : a), '')
  return longest === '' ? groups.join(':') : groups.join(':').replace(longest, '::')
}

function maskOf({ address, bits }: AddressRange): bigint {
  const width = BigInt(widthOf(address))
  return ((1n << BigInt(bits)) - 1n) << (width - BigInt(bits))
}

/** What rules know of an address. */
export class IpAddressValue {
  readonly address: IpAddress

  constructor(address: IpAddress) {
    this.address = address
  }

  get text(): string {
    return formatAddress(this.address)
  }

  get isUnspecified(): boolean {
    return this.address.value === 0n
  }

  get isLoopback(): boolean {
    return this.#isIn('127.0.0.0/8', '::1/128')
  }

  get isLinkLocalMulticast(): boolean {
    return this.#isIn('224.0.0.0/24', 'ff02::/16')
  }

  get isLinkLocalUnicast(): boolean {
    return this.#isIn('169.254.0.0/16', 'fe80::/10')
  }

  get isGlobalUnicast(): boolean {
    const isMulticast = this.#isIn('224.0.0.0/4', 'ff00::/8')
    const isBroadcast = isIPv4(this.text) && this.text === '255.255.255.255'
    return !(this.isUnspecified || this.isLoopback || isMulticast || this.isLinkLocalUnicast || isBroadcast)
  }

  #isIn(v4: string, v6: string): boolean {
    const range = parseRange(this.address.isV4 ? v4 : v6)
    return range !== undefined && new AddressRangeValue(range).contains(this.address)
  }
}

/** What rules know of a range. */
export class AddressRangeValue {
  readonly range: AddressRange

  constructor(range: AddressRange) {
    this.range = range
  }

  get text(): string {
    return `${formatAddress(this.range.address)}/${this.range.bits}`
  }

  contains(address: IpAddress): boolean {
    const mask = maskOf(this.range)
    return address.isV4 === this.range.address.isV4 && (address.value & mask) === (this.range.address.value & mask)
  }

  containsRange(other: AddressRange): boolean {
    return other.bits >= this.range.bits && this.contains(other.address)
  }

  masked(): AddressRangeValue {
    const { address, bits } = this.range
    return new AddressRangeValue({ address: { ...address, value: address.value & maskOf(this.range) }, bits })
  }
}
