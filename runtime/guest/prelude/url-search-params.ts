import { PrimordialString, PrimordialTypeError } from './primordials.ts'
import { encodeUtf8, Utf8Decoder } from './utf8.ts'

type Init = string | Iterable<readonly [unknown, unknown]> | Record<string, unknown>

/** The web's URLSearchParams. */
export class URLSearchParams {
  #pairs: [name: string, value: string][] = []
  /** Told of each change, when a URL owns these. */
  #changed: (() => void) | undefined

  constructor(init: Init = '') {
    this.#pairs = pairsOf(init)
  }

  /** The parameters of a URL: `changed` hears of each change, `replace` follows the URL's own. */
  static ofUrl(query: string, changed: () => void): { params: URLSearchParams; replace: (query: string) => void } {
    const params = new URLSearchParams(query)
    params.#changed = changed
    return {
      params,
      replace: (text) => {
        params.#pairs = pairsOf(text)
      },
    }
  }

  get size(): number {
    return this.#pairs.length
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([PrimordialString(name), PrimordialString(value)])
    this.#changed?.()
  }

  delete(name: unknown, value?: unknown): void {
    this.#pairs = this.#pairs.filter((pair) => !matches(pair, name, value))
    this.#changed?.()
  }

  get(name: unknown): string | null {
    return this.#pairs.find((pair) => matches(pair, name, undefined))?.[1] ?? null
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter((pair) => matches(pair, name, undefined)).map(([, value]) => value)
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some((pair) => matches(pair, name, value))
  }

  set(name: unknown, value: unknown): void {
    const first = this.#pairs.find((pair) => matches(pair, name, undefined))
    if (first === undefined) this.#pairs.push([PrimordialString(name), PrimordialString(value)])
    else first[1] = PrimordialString(value)
    this.#pairs = this.#pairs.filter((pair) => pair === first || first === undefined || !matches(pair, name, undefined))
    this.#changed?.()
  }

  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    this.#changed?.()
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.#pairs) callback.call(self, value, name, this)
  }

  *entries(): Generator<[string, string]> {
    for (let i = 0; i < this.#pairs.length; i++) yield [...(this.#pairs[i] as [string, string])]
  }
  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name
  }
  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value
  }
  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries()
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
  }
}

function matches(pair: readonly [string, string], name: unknown, value: unknown): boolean {
  return pair[0] === PrimordialString(name) && (value === undefined || pair[1] === PrimordialString(value))
}

function pairsOf(init: Init): [string, string][] {
  if (typeof init !== 'object' || init === null) return parse(PrimordialString(init))
  if (!(Symbol.iterator in init)) return Object.entries(init).map(([name, value]) => [name, PrimordialString(value)])
  return [...(init as Iterable<Iterable<unknown>>)].map((item) => {
    const pair = [...item]
    if (pair.length !== 2) throw new PrimordialTypeError('Each query pair must be a name and a value')
    return [PrimordialString(pair[0]), PrimordialString(pair[1])]
  })
}

function parse(query: string): [string, string][] {
  const parts = query.replace(/^\?/, '').split('&')
  return parts.filter(Boolean).map((part) => {
    const equals = part.indexOf('=')
    return equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
  })
}

/** application/x-www-form-urlencoded; broken percent signs stay as they are, where decodeURIComponent would throw. */
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))
    return new Utf8Decoder(false).decode(bytes, false)
  })
}

function encode(text: string): string {
  return text.replace(/[^\w*.-]+/gu, (run) => {
    let encoded = ''
    for (const byte of encodeUtf8(run))
      encoded += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}
