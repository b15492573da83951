import { PrimordialRangeError, PrimordialString, PrimordialTypeError, PrimordialUint8Array } from './primordials.ts'
import { encodeUtf8, Utf8Decoder, writeUtf8 } from './utf8.ts'

/** The web's TextEncoder. */
export class TextEncoder {
  get encoding(): string {
    return 'utf-8'
  }

  encode(input: unknown = ''): Uint8Array {
    return encodeUtf8(PrimordialString(input))
  }

  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    return writeUtf8(PrimordialString(source), destination)
  }
}

/** The web's TextDecoder, for UTF-8 only. */
export class TextDecoder {
  readonly fatal: boolean
  readonly ignoreBOM: boolean
  #decoder: Utf8Decoder
  #atStart = true

  constructor(label: unknown = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(PrimordialString(label)))
      throw new PrimordialRangeError(`The "${label}" encoding is not supported`)
    this.fatal = Boolean(options.fatal)
    this.ignoreBOM = Boolean(options.ignoreBOM)
    this.#decoder = new Utf8Decoder(this.fatal)
  }

  get encoding(): string {
    return 'utf-8'
  }

  decode(input?: ArrayBufferLike | ArrayBufferView, { stream = false }: { stream?: boolean } = {}): string {
    const decoder = this.#decoder
    const atStart = this.#atStart
    if (!stream) {
      this.#decoder = new Utf8Decoder(this.fatal)
      this.#atStart = true
    }
    const text = decoder.decode(bytesOf(input), stream)
    if (stream && text !== '') this.#atStart = false
    return atStart && !this.ignoreBOM && text.startsWith('\ufeff') ? text.slice(1) : text
  }
}

/** A view of the bytes that a buffer or another view covers. */
function bytesOf(input: unknown): Uint8Array {
  if (input === undefined) return new PrimordialUint8Array(0)
  if (ArrayBuffer.isView(input)) return new PrimordialUint8Array(input.buffer, input.byteOffset, input.byteLength)
  try {
    return new PrimordialUint8Array((input as ArrayBuffer).slice(0))
  } catch {
    throw new PrimordialTypeError('The input must be an ArrayBuffer or a view of one')
  }
}
