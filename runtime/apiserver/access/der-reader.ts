/** One element of ASN.1 in its distinguished encoding. source: X.690 */
export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** With its tag and length: what a signature is made over. */
  readonly raw: Buffer
}

export const SEQUENCE = 0x30
export const SET = 0x31
export const INTEGER = 0x02
export const BIT_STRING = 0x03
const OBJECT_IDENTIFIER = 0x06

/** The elements that stand one after another. errors: Error where there is something else */
export function readElements(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = readElement(bytes.subarray(at))
    elements.push(element)
    at += element.raw.length
  }
  return elements
}

/** The elements inside one of that tag. errors: Error where it is another */
export function partsOf(element: DerElement | undefined, tag: number): DerElement[] {
  return readElements(contentOf(element, tag))
}

export function contentOf(element: DerElement | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new Error('asn1: structure error: tags do not match')
  return element.content
}

/** `1.2.840.10045.4.3.2` */
export function readObjectIdentifier(element: DerElement | undefined): string {
  const content = contentOf(element, OBJECT_IDENTIFIER)
  const values: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if ((byte & 0x80) !== 0) continue
    values.push(value)
    value = 0
  }
  const [first = 0, ...rest] = values
  const top = Math.min(Math.trunc(first / 40), 2)
  return [top, first - top * 40, ...rest].join('.')
}

function readElement(bytes: Buffer): DerElement {
  const [tag = 0, short = 0] = bytes
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f
  const header = 2 + lengthBytes
  // Four bytes of length are more than any body may have.
  if (bytes.length < header || lengthBytes > 4 || short === 0x80) throw new Error('asn1: syntax error: data truncated')
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(2, lengthBytes)
  if (bytes.length < header + length) throw new Error('asn1: syntax error: data truncated')
  return { tag, content: bytes.subarray(header, header + length), raw: bytes.subarray(0, header + length) }
}
