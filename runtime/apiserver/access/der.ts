/** Bytes of ASN.1 in its distinguished encoding: as much as a certificate needs. source: X.690 */
export type Der = Buffer<ArrayBuffer>

function tagged(tag: number, ...parts: readonly Buffer[]): Der {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export const sequence = (...parts: readonly Buffer[]): Der => tagged(0x30, ...parts)
export const set = (...parts: readonly Buffer[]): Der => tagged(0x31, ...parts)
export const octetString = (content: Buffer): Der => tagged(0x04, content)
export const utf8String = (text: string): Der => tagged(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Der => tagged(0x01, Buffer.from([value ? 0xff : 0]))
/** `[number]`, with parts inside. */
export const explicit = (number: number, ...parts: readonly Buffer[]): Der => tagged(0xa0 | number, ...parts)
/** `[number]`, in place of the type's own tag. */
export const implicit = (number: number, content: Buffer): Der => tagged(0x80 | number, content)

/** Of whole bytes; `unusedBits` at the end. */
export const bitString = (content: Buffer, unusedBits = 0): Der => tagged(0x03, Buffer.from([unusedBits]), content)

/** Not negative. */
export function integer(bytes: Buffer): Der {
  return tagged(0x02, ((bytes[0] as number) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]))
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

/** Whole seconds; X.509 has two digits of the year up to 2049. */
export function time(ms: number): Der {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits))
}
