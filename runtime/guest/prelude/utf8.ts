import { charCodeAt, fromCharCode, PrimordialTypeError, PrimordialUint8Array, sliceString } from './primordials.ts'

/** Bytes of `text` as UTF-8; a lone surrogate counts as U+FFFD, as it is encoded. */
function utf8Length(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) bytes += unitBytes(text, i)
  return bytes
}

/** Whether `text` takes at most `maxBytes`; short texts are not counted. */
export function fitsUtf8(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || (text.length <= maxBytes && utf8Length(text) <= maxBytes)
}

/** The longest start of `text` that takes at most `maxBytes`, with `note` at its end when anything was cut. */
export function cutUtf8(text: string, maxBytes: number, note = '… (cut)'): string {
  if (fitsUtf8(text, maxBytes)) return text
  const room = maxBytes - utf8Length(note)
  let bytes = 0
  let end = 0
  for (; end < text.length; end++) {
    bytes += unitBytes(text, end)
    if (bytes > room) break
  }
  if (end > 0 && isHigh(charCodeAt(text, end - 1))) end--
  return sliceString(text, 0, end) + note
}

/** A surrogate pair counts three at its first unit and one at its second. */
function unitBytes(text: string, index: number): number {
  const unit = charCodeAt(text, index)
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  return isLow(unit) && isHigh(charCodeAt(text, index - 1)) ? 1 : 3
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new PrimordialUint8Array(utf8Length(text))
  writeUtf8(text, bytes)
  return bytes
}

/** Writes whole characters as long as they fit. */
export function writeUtf8(text: string, into: Uint8Array): { read: number; written: number } {
  let read = 0
  let at = 0
  while (read < text.length) {
    const [point, units] = pointAt(text, read)
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (at + size > into.length) break
    if (size === 1) into[at] = point
    else {
      const mark = size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0
      into[at] = mark | (point >> (6 * (size - 1)))
      for (let i = 1; i < size; i++) into[at + i] = 0x80 | ((point >> (6 * (size - 1 - i))) & 0x3f)
    }
    at += size
    read += units
  }
  return { read, written: at }
}

function pointAt(text: string, index: number): [point: number, units: number] {
  const unit = charCodeAt(text, index)
  if (unit < 0xd800 || unit > 0xdfff) return [unit, 1]
  const next = index + 1 < text.length ? charCodeAt(text, index + 1) : 0
  if (isHigh(unit) && isLow(next)) return [0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00), 2]
  return [0xfffd, 1]
}

/** Decodes piece by piece, as the Encoding Standard's "UTF-8 decoder" does: a sequence may end in the next piece. */
export class Utf8Decoder {
  readonly #fatal: boolean
  #point = 0
  #needed = 0
  #seen = 0
  #lower = 0x80
  #upper = 0xbf

  constructor(fatal: boolean) {
    this.#fatal = fatal
  }

  decode(bytes: Uint8Array, more: boolean): string {
    let text = ''
    for (let i = 0; i < bytes.length; i++) text += this.#step(bytes[i] as number)
    if (!more && this.#needed > 0) {
      this.#reset()
      text += this.#malformed()
    }
    return text
  }

  #step(byte: number): string {
    if (this.#needed === 0) return this.#lead(byte)
    if (byte < this.#lower || byte > this.#upper) {
      this.#reset()
      return this.#malformed() + this.#lead(byte)
    }
    this.#lower = 0x80
    this.#upper = 0xbf
    this.#point = (this.#point << 6) | (byte & 0x3f)
    if (++this.#seen < this.#needed) return ''
    const point = this.#point
    this.#reset()
    if (point < 0x10000) return fromCharCode(point)
    return fromCharCode(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff))
  }

  #lead(byte: number): string {
    if (byte < 0x80) return fromCharCode(byte)
    if (byte >= 0xc2 && byte <= 0xdf) return this.#begin(1, byte & 0x1f)
    if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) this.#lower = 0xa0
      if (byte === 0xed) this.#upper = 0x9f
      return this.#begin(2, byte & 0xf)
    }
    if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) this.#lower = 0x90
      if (byte === 0xf4) this.#upper = 0x8f
      return this.#begin(3, byte & 7)
    }
    return this.#malformed()
  }

  #begin(needed: number, bits: number): string {
    this.#needed = needed
    this.#point = bits
    return ''
  }

  #reset(): void {
    this.#point = this.#needed = this.#seen = 0
    this.#lower = 0x80
    this.#upper = 0xbf
  }

  #malformed(): string {
    if (!this.#fatal) return '\ufffd'
    this.#reset()
    throw new PrimordialTypeError('The encoded data was not valid utf-8')
  }
}
