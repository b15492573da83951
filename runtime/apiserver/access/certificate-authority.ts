import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import * as der from './der.ts'

/** PEM, both. */
export interface Certificate {
  readonly certificate: string
  readonly privateKey: string
}

export interface CertificateAuthority extends Certificate {
  /** For an HTTPS server by these DNS names and IP addresses. */
  issueServer(names: readonly string[]): Certificate
  /** For a user: the common name; and the user's groups: organizations. */
  issueClient(user: { readonly name: string; readonly groups?: readonly string[] }): Certificate
}

/** What kube-apiserver's own certificate is for. */
export const SERVER_NAMES = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
] as const

const YEAR_MS = 365 * 24 * 3600_000
/** Clocks of clients may be behind. */
const BACKDATE_MS = 3600_000

/**
 * A certificate authority of its own, made new: ECDSA P-256, a year. Written by hand: the library for it takes 0.2 s to
 * load and changes the global Reflect.
 * source: RFC 5280, RFC 5480
 */
export function createCertificateAuthority(now: () => number = Date.now): CertificateAuthority {
  const subject = nameOf('ostler-ca', [])
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = { subject, key: keys.privateKey, keyId: keyIdOf(keys.publicKey) }
  const issue = (to: Der, extensions: readonly Der[], pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })) => ({
    certificate: toPem(build(issuer, to, pair.publicKey, extensions, now())),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  })
  return {
    ...issue(subject, [BASIC_AUTHORITY, KEY_USAGE_AUTHORITY], keys),
    issueServer: (names) =>
      issue(nameOf('kube-apiserver', []), [KEY_USAGE_LEAF, extendedUsage(SERVER_AUTH), alternativeNames(names)]),
    issueClient: ({ name, groups = [] }) => issue(nameOf(name, groups), [KEY_USAGE_LEAF, extendedUsage(CLIENT_AUTH)]),
  }
}

type Der = der.Der

interface Issuer {
  readonly subject: Der
  readonly key: KeyObject
  readonly keyId: Buffer
}

function build(issuer: Issuer, subject: Der, publicKey: KeyObject, extensions: readonly Der[], nowMs: number): Der {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    ECDSA_WITH_SHA256,
    issuer.subject,
    der.sequence(der.time(nowMs - BACKDATE_MS), der.time(nowMs + YEAR_MS)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...extensions, ...keyIds(issuer, publicKey))),
  )
  return der.sequence(body, ECDSA_WITH_SHA256, der.bitString(sign('sha256', body, issuer.key)))
}

const ECDSA_WITH_SHA256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'))
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

function extension(id: string, value: Der, isCritical = false): Der {
  return der.sequence(der.objectIdentifier(id), ...(isCritical ? [der.boolean(true)] : []), der.octetString(value))
}

const BASIC_AUTHORITY = extension('2.5.29.19', der.sequence(der.boolean(true)), true)
/** keyCertSign and cRLSign; digitalSignature. */
const KEY_USAGE_AUTHORITY = extension('2.5.29.15', der.bitString(Buffer.from([0x06]), 1), true)
const KEY_USAGE_LEAF = extension('2.5.29.15', der.bitString(Buffer.from([0x80]), 7), true)

function extendedUsage(purpose: string): Der {
  return extension('2.5.29.37', der.sequence(der.objectIdentifier(purpose)))
}

function keyIds(issuer: Issuer, publicKey: KeyObject): Der[] {
  return [
    extension('2.5.29.14', der.octetString(keyIdOf(publicKey))),
    extension('2.5.29.35', der.sequence(der.implicit(0, issuer.keyId))),
  ]
}

function keyIdOf(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha1').update(point).digest()
}

function alternativeNames(names: readonly string[]): Der {
  const entries = names.map((name) =>
    isIP(name) === 0 ? der.implicit(2, Buffer.from(name)) : der.implicit(7, addressBytes(name)),
  )
  return extension('2.5.29.17', der.sequence(...entries))
}

/** 4 bytes, or 16. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function nameOf(commonName: string, organizations: readonly string[]): Der {
  const attribute = (id: string, text: string) => der.set(der.sequence(der.objectIdentifier(id), der.utf8String(text)))
  return der.sequence(...organizations.map((each) => attribute('2.5.4.10', each)), attribute('2.5.4.3', commonName))
}

function toPem(bytes: Der): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
