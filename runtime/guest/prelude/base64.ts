import { DOMException } from './dom-exception.ts'
import { charCodeAt, fromCharCode, PrimordialString, PrimordialUint8Array } from './primordials.ts'

/** `Uint8Array.fromBase64` and its like are newer than the types that the project compiles with. */
interface Base64 {
  fromBase64(text: string): Uint8Array
}
interface ToBase64 {
  toBase64(): string
}

const { fromBase64 } = PrimordialUint8Array as unknown as Base64
const { toBase64 } = PrimordialUint8Array.prototype as unknown as ToBase64

export function atob(data: unknown): string {
  let bytes: Uint8Array
  try {
    // its "loose" default is the web's forgiving decode: white space is skipped, padding may be missing
    bytes = fromBase64.call(PrimordialUint8Array, PrimordialString(data))
  } catch {
    throw new DOMException('The string to be decoded is not correctly encoded', 'InvalidCharacterError')
  }
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += fromCharCode(bytes[i] as number)
  return text
}

export function btoa(data: unknown): string {
  const text = PrimordialString(data)
  const bytes = new PrimordialUint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = charCodeAt(text, i)
    if (unit > 255) throw new DOMException('The string contains characters outside of Latin1', 'InvalidCharacterError')
    bytes[i] = unit
  }
  return toBase64.call(bytes)
}
