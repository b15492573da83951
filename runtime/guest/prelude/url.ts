import { askOuter } from './outer.ts'
import { PrimordialString, PrimordialTypeError, parseJson, stringifyJson } from './primordials.ts'
import { URLSearchParams } from './url-search-params.ts'

interface Parts {
  href: string
  origin: string
  protocol: string
  username: string
  password: string
  host: string
  hostname: string
  port: string
  pathname: string
  search: string
  hash: string
}

/** Parses outside, where the URL Standard is implemented; with `part`, sets that part first. Undefined: not a URL. */
function parseUrl(input: unknown, base?: unknown, part?: keyof Parts, value?: unknown): Parts | undefined {
  const text = (item: unknown) => (item === undefined ? 'null' : stringifyJson(PrimordialString(item)))
  const answer = askOuter('url', 0, `[${text(input)},${text(base)},${text(part)},${text(value)}]`) as string
  return answer === '' ? undefined : (parseJson(answer) as Parts)
}

/** The web's URL. */
export class URL {
  #parts: Parts
  #query: ReturnType<typeof URLSearchParams.ofUrl> | undefined

  constructor(input: unknown, base?: unknown) {
    this.#parts = assertUrl(parseUrl(PrimordialString(input), base), input)
  }

  static canParse(input: unknown, base?: unknown): boolean {
    return parseUrl(PrimordialString(input), base) !== undefined
  }
  static parse(input: unknown, base?: unknown): URL | null {
    return URL.canParse(input, base) ? new URL(input, base) : null
  }

  get searchParams(): URLSearchParams {
    this.#query ??= URLSearchParams.ofUrl(this.search, () => {
      const query = this.#query?.params.toString() ?? ''
      this.#parts = parseUrl(this.href, undefined, 'search', query) ?? this.#parts
    })
    return this.#query.params
  }

  #set(part: keyof Parts, value: unknown): void {
    this.#parts = parseUrl(this.href, undefined, part, value) ?? this.#parts
    if (part === 'search') this.#query?.replace(this.search)
  }

  get href(): string {
    return this.#parts.href
  }
  set href(value: unknown) {
    this.#parts = assertUrl(parseUrl(PrimordialString(value)), value)
    this.#query?.replace(this.search)
  }
  get origin(): string {
    return this.#parts.origin
  }
  get protocol(): string {
    return this.#parts.protocol
  }
  set protocol(value: unknown) {
    this.#set('protocol', value)
  }
  get username(): string {
    return this.#parts.username
  }
  set username(value: unknown) {
    this.#set('username', value)
  }
  get password(): string {
    return this.#parts.password
  }
  set password(value: unknown) {
    this.#set('password', value)
  }
  get host(): string {
    return this.#parts.host
  }
  set host(value: unknown) {
    this.#set('host', value)
  }
  get hostname(): string {
    return this.#parts.hostname
  }
  set hostname(value: unknown) {
    this.#set('hostname', value)
  }
  get port(): string {
    return this.#parts.port
  }
  set port(value: unknown) {
    this.#set('port', value)
  }
  get pathname(): string {
    return this.#parts.pathname
  }
  set pathname(value: unknown) {
    this.#set('pathname', value)
  }
  get search(): string {
    return this.#parts.search
  }
  set search(value: unknown) {
    this.#set('search', value)
  }
  get hash(): string {
    return this.#parts.hash
  }
  set hash(value: unknown) {
    this.#set('hash', value)
  }

  toString(): string {
    return this.href
  }
  toJSON(): string {
    return this.href
  }
}

function assertUrl(parts: Parts | undefined, input: unknown): Parts {
  if (parts !== undefined) return parts
  const error = new PrimordialTypeError('Invalid URL') as TypeError & { code: string; input: string }
  error.code = 'ERR_INVALID_URL'
  error.input = PrimordialString(input)
  throw error
}
