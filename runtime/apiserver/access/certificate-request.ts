import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import {
  BIT_STRING,
  contentOf,
  type DerElement,
  INTEGER,
  partsOf,
  readElements,
  readObjectIdentifier,
  SEQUENCE,
  SET,
} from './der-reader.ts'

/** Somebody's request for a certificate. source: RFC 2986 */
export interface CertificateRequest {
  /** O of the subject: a user's groups. */
  readonly organizations: readonly string[]
}

/** A block of PEM. */
export interface PemBlock {
  readonly type: string
  /** Lines before the content. */
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

const ORGANIZATION = '2.5.4.10'
/** By the algorithm's identifier: the hash (null: the algorithm has its own), and what Go says when it does not fit. */
const ALGORITHMS: Readonly<Record<string, readonly [string | null, string]>> = {
  ...Object.fromEntries(
    [
      ['1.2.840.113549.1.1.5', 'sha1'],
      ['1.2.840.113549.1.1.11', 'sha256'],
      ['1.2.840.113549.1.1.12', 'sha384'],
      ['1.2.840.113549.1.1.13', 'sha512'],
    ].map(([id, hash]) => [id, [hash, 'crypto/rsa: verification error']]),
  ),
  ...Object.fromEntries(
    [
      ['1.2.840.10045.4.1', 'sha1'],
      ['1.2.840.10045.4.3.2', 'sha256'],
      ['1.2.840.10045.4.3.3', 'sha384'],
      ['1.2.840.10045.4.3.4', 'sha512'],
    ].map(([id, hash]) => [id, [hash, 'x509: ECDSA verification failure']]),
  ),
  '1.3.101.112': [null, 'x509: Ed25519 verification failure'],
}

/**
 * Reads a request in PEM and checks that it is signed with the key that it is for.
 * errors: Error; in the words of Go's crypto/x509 but where the bytes are no request at all
 */
export function readCertificateRequest(pem: Buffer): CertificateRequest {
  const [block] = readPem(pem)
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST')
  const [whole, ...trailing] = readElements(block.bytes)
  if (trailing.length > 0) throw new Error('asn1: syntax error: trailing data')
  const [info, algorithm, signature] = partsOf(whole, SEQUENCE)
  const [version, subject, key] = partsOf(info, SEQUENCE)
  contentOf(version, INTEGER)
  assertSigned(info as DerElement, algorithm, signature, key)
  return { organizations: organizationsOf(subject) }
}

const BEGIN = '-----BEGIN '
const END = '-----END '
const DASHES = '-----'

/** The blocks in a text, whatever stands between them; it is read once, whatever it is. source: RFC 7468 */
export function readPem(pem: Buffer): PemBlock[] {
  const text = pem.toString('latin1')
  const blocks: PemBlock[] = []
  for (let at = text.indexOf(BEGIN); at >= 0; ) {
    const end = text.indexOf(END, at)
    if (end < 0) return blocks
    // A block that was begun and not ended is none: the last one before the end counts.
    const start = text.lastIndexOf(BEGIN, end) + BEGIN.length
    const [type = '', rest = ''] = splitOnce(text.slice(start, end), DASHES)
    if (text.startsWith(`${type}${DASHES}`, end + END.length)) blocks.push({ type, ...readContent(rest) })
    at = text.indexOf(BEGIN, end)
  }
  return blocks
}

function readContent(content: string): Omit<PemBlock, 'type'> {
  const hasHeaders = content.includes(':')
  const base64 = hasHeaders ? content.slice(content.search(/\r?\n\r?\n/) + 1) : content
  return { hasHeaders, bytes: Buffer.from(base64, 'base64') }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

function assertSigned(
  info: DerElement,
  algorithm: DerElement | undefined,
  signature: DerElement | undefined,
  key: DerElement | undefined,
): void {
  const known = ALGORITHMS[readObjectIdentifier(partsOf(algorithm, SEQUENCE)[0])]
  if (known === undefined || key === undefined)
    throw new Error('x509: cannot verify signature: algorithm unimplemented')
  const [hash, failure] = known
  // The first byte tells how many bits at the end are none of it: a signature has none such.
  const bits = contentOf(signature, BIT_STRING)
  if (bits[0] !== 0 || !verify(hash, info.raw, readKey(key), bits.subarray(1))) throw new Error(failure)
}

function readKey({ raw }: DerElement): KeyObject {
  try {
    return createPublicKey({ key: raw, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new Error('x509: cannot verify signature: algorithm unimplemented', { cause })
  }
}

function organizationsOf(subject: DerElement | undefined): string[] {
  return partsOf(subject, SEQUENCE).flatMap((names) =>
    partsOf(names, SET).flatMap((name) => {
      const [type, value] = partsOf(name, SEQUENCE)
      return readObjectIdentifier(type) === ORGANIZATION && value !== undefined ? [value.content.toString()] : []
    }),
  )
}
