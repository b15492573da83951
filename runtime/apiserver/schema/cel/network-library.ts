import {
  type AddressRange,
  AddressRangeValue,
  type IpAddress,
  IpAddressValue,
  parseIpAddress,
  parseRange,
} from './ip-address.ts'
import { type Library, RuleError, registerNamespace } from './library.ts'

const IP = 'net.IP'
const CIDR = 'net.CIDR'

/** Kubernetes' addresses, ranges of them, and URLs. source: apiserver pkg/cel/library/ip.go, cidr.go, urls.go */
export const networkLibrary: Library = (environment) => {
  registerNamespace(environment, 'ip', 'IpNamespace')
  environment
    .registerType(IP, IpAddressValue)
    .registerType(CIDR, AddressRangeValue)
    .registerOperator(`${IP} == ${IP}`, (a: IpAddressValue, b: IpAddressValue) => a.text === b.text)
    .registerOperator(`${CIDR} == ${CIDR}`, (a: AddressRangeValue, b: AddressRangeValue) => a.text === b.text)
    .registerFunction(`ip(string): ${IP}`, (text: string) => new IpAddressValue(toAddress(text)))
    .registerFunction('isIP(string): bool', (text: string) => parseIpAddress(text) !== undefined)
    .registerFunction('IpNamespace.isCanonical(string): bool', (_: unknown, text: string) => {
      return new IpAddressValue(toAddress(text)).text === text
    })
    .registerFunction(`string(${IP}): string`, (each: IpAddressValue) => each.text)
    .registerFunction(`${IP}.family(): int`, ({ address }: IpAddressValue) => (address.isV4 ? 4n : 6n))
    .registerFunction(`${IP}.isUnspecified(): bool`, (each: IpAddressValue) => each.isUnspecified)
    .registerFunction(`${IP}.isLoopback(): bool`, (each: IpAddressValue) => each.isLoopback)
    .registerFunction(`${IP}.isLinkLocalMulticast(): bool`, (each: IpAddressValue) => each.isLinkLocalMulticast)
    .registerFunction(`${IP}.isLinkLocalUnicast(): bool`, (each: IpAddressValue) => each.isLinkLocalUnicast)
    .registerFunction(`${IP}.isGlobalUnicast(): bool`, (each: IpAddressValue) => each.isGlobalUnicast)
    .registerFunction(`cidr(string): ${CIDR}`, (text: string) => new AddressRangeValue(toRange(text)))
    .registerFunction('isCIDR(string): bool', (text: string) => parseRange(text) !== undefined)
    .registerFunction(`string(${CIDR}): string`, (each: AddressRangeValue) => each.text)
    .registerFunction(`${CIDR}.containsIP(string): bool`, (range: AddressRangeValue, text: string) =>
      range.contains(toAddress(text)),
    )
    .registerFunction(`${CIDR}.containsIP(${IP}): bool`, (range: AddressRangeValue, each: IpAddressValue) =>
      range.contains(each.address),
    )
    .registerFunction(`${CIDR}.containsCIDR(string): bool`, (range: AddressRangeValue, text: string) =>
      range.containsRange(toRange(text)),
    )
    .registerFunction(`${CIDR}.containsCIDR(${CIDR}): bool`, (range: AddressRangeValue, other: AddressRangeValue) =>
      range.containsRange(other.range),
    )
    .registerFunction(`${CIDR}.ip(): ${IP}`, ({ range }: AddressRangeValue) => new IpAddressValue(range.address))
    .registerFunction(`${CIDR}.prefixLength(): int`, ({ range }: AddressRangeValue) => BigInt(range.bits))
    .registerFunction(`${CIDR}.masked(): ${CIDR}`, (each: AddressRangeValue) => each.masked())
  registerUrls(environment)
}

function toAddress(text: string): IpAddress {
  const address = parseIpAddress(text)
  if (address === undefined)
    throw new RuleError(
      `IP Address "${text}" parse error during conversion from string: ParseAddr("${text}"): unable to parse IP`,
    )
  return address
}

function toRange(text: string): AddressRange {
  const range = parseRange(text)
  if (range === undefined)
    throw new RuleError(
      `CIDR "${text}" parse error during conversion from string: netip.ParsePrefix("${text}"): no '/'`,
    )
  return range
}

/** An absolute URI or path; of a path, scheme and host are empty. */
class UrlValue {
  readonly text: string
  readonly url: URL

  constructor(text: string, url: URL) {
    this.text = text
    this.url = url
  }

  get isPath(): boolean {
    return this.text.startsWith('/')
  }
}

const BASE = 'http://path.invalid'

function parseUrl(text: string): UrlValue | undefined {
  if (!text.startsWith('/') && !/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return undefined
  if (/[\s<>"{}|\\^`]/.test(text)) return undefined
  const url = URL.parse(text, text.startsWith('/') ? BASE : undefined)
  return url === null ? undefined : new UrlValue(text, url)
}

const registerUrls: Library = (environment) => {
  const type = 'kubernetes.URL'
  environment
    .registerType(type, UrlValue)
    .registerOperator(`${type} == ${type}`, (a: UrlValue, b: UrlValue) => a.text === b.text)
    .registerFunction(`url(string): ${type}`, (text: string) => {
      const url = parseUrl(text)
      if (url === undefined)
        throw new RuleError(
          `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
        )
      return url
    })
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction(`${type}.getScheme(): string`, ({ url, isPath }: UrlValue) =>
      isPath ? '' : url.protocol.slice(0, -1),
    )
    .registerFunction(`${type}.getHost(): string`, (each: UrlValue) => hostOf(each))
    .registerFunction(`${type}.getHostname(): string`, (each: UrlValue) =>
      hostOf(each)
        .replace(/:\d*$/, '')
        .replace(/^\[(.*)\]$/, '$1'),
    )
    .registerFunction(`${type}.getPort(): string`, (each: UrlValue) => /:(\d*)$/.exec(hostOf(each))?.[1] ?? '')
    .registerFunction(`${type}.getEscapedPath(): string`, ({ url, text }: UrlValue) =>
      url.pathname === '/' && !/^(?:[^:/?#]+:)?(?:\/\/[^/?#]*)?\//.test(text) ? '' : url.pathname,
    )
    .registerFunction(`${type}.getQuery(): map<string, list<string>>`, ({ url }: UrlValue) => {
      return new Map([...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key)]))
    })
}

/** As it was written, with a port that is the scheme's own. */
function hostOf({ text, isPath }: UrlValue): string {
  return isPath ? '' : (/^[^:]+:\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(text)?.[1] ?? '')
}
