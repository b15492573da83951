import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
} from 'node:crypto'
import { isJsonObject } from '../json.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import { serviceAccountGroups } from './impersonation.ts'
import type { User } from './user.ts'

export const ISSUER = 'https://kubernetes.default.svc'

/** Whom a token speaks for, and what must be there for as long as it is good. */
export interface TokenSubject {
  readonly namespace: string
  readonly account: { readonly name: string; readonly uid: string }
  readonly pod?: { readonly name: string; readonly uid: string }
  readonly secret?: { readonly name: string; readonly uid: string }
  readonly node?: { readonly name: string; readonly uid: string }
}

export type Verified = { readonly user: User; readonly audiences: readonly string[] } | { readonly error: string }

export interface ServiceAccountTokens {
  /** PEM, for a server that is to accept its tokens after a restart. */
  readonly privateKey: string
  /** `expiresAt`: seconds since the epoch */
  issue(subject: TokenSubject, audiences: readonly string[], expiresAt: number): string
  /** Undefined: no token of this server. `audiences`: one of which the token must be for. */
  verify(token: string, audiences: readonly string[]): Verified | undefined
}

interface Options {
  readonly objects: StoredObjects
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** PEM; default: a new one. */
  readonly privateKey?: string | undefined
}

/** JSON Web Tokens of service accounts, ES256, with the claims that kube-apiserver writes. source: pkg/serviceaccount/claims.go */
export function createServiceAccountTokens({ objects, now, privateKey }: Options): ServiceAccountTokens {
  const key =
    privateKey === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      : createPrivateKey(privateKey)
  const publicKey = createPublicKey(key)
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    issue(subject, audiences, expiresAt) {
      const payload = claimsOf(subject, audiences, Math.floor(now() / 1000), expiresAt)
      const text = `${encode({ alg: 'ES256', kid: keyId })}.${encode(payload)}`
      const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
      return `${text}.${signature.toString('base64url')}`
    },
    verify(token, audiences) {
      const claims = decode(token)
      if (claims === undefined || claims.iss !== ISSUER) return undefined
      const end = token.lastIndexOf('.')
      const signature = Buffer.from(token.slice(end + 1), 'base64url')
      const signed = Buffer.from(token.slice(0, end))
      if (!verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
        return { error: 'go-jose/go-jose: error in cryptographic primitive' }
      return readClaims(claims, audiences, now() / 1000, objects)
    },
  }
}

function claimsOf(subject: TokenSubject, audiences: readonly string[], issuedAt: number, expiresAt: number) {
  const { namespace, account, pod, secret, node } = subject
  const bound = { ...(node && { node }), ...(pod && { pod }), ...(secret && { secret }) }
  return {
    aud: audiences,
    exp: expiresAt,
    iat: issuedAt,
    iss: ISSUER,
    jti: randomUUID(),
    'kubernetes.io': { namespace, ...bound, serviceaccount: account },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
  }
}

interface Claims {
  readonly iss: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly nbf: number
  readonly jti: string
  readonly sub: string
  readonly 'kubernetes.io': Omit<TokenSubject, 'account'> & { readonly serviceaccount: TokenSubject['account'] }
}

function readClaims(
  claims: Claims,
  audiences: readonly string[],
  nowSeconds: number,
  objects: StoredObjects,
): Verified {
  const common = claims.aud.filter((each) => audiences.includes(each))
  if (common.length === 0) {
    const lists = [claims.aud, audiences].map((list) => JSON.stringify(list).replaceAll('","', '" "'))
    return { error: `token audiences ${lists[0]} is invalid for the target audiences ${lists[1]}` }
  }
  if (claims.exp < nowSeconds) return { error: 'service account token has expired' }
  if (claims.nbf > nowSeconds) return { error: 'service account token is not valid yet' }
  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io']
  const gone = [
    isGone(objects, 'serviceaccounts', namespace, serviceaccount),
    isGone(objects, 'pods', namespace, pod),
    isGone(objects, 'secrets', namespace, secret),
    isGone(objects, 'nodes', '', node),
  ]
  if (gone.includes(true)) return { error: 'service account token has been invalidated' }
  const extra: Record<string, readonly string[]> = { [`${EXTRA}credential-id`]: [`JTI=${claims.jti}`] }
  for (const [kind, bound] of Object.entries({ pod, node })) {
    if (bound === undefined) continue
    extra[`${EXTRA}${kind}-name`] = [bound.name]
    extra[`${EXTRA}${kind}-uid`] = [bound.uid]
  }
  const groups = [...serviceAccountGroups(namespace), 'system:authenticated']
  return { user: { name: claims.sub, uid: serviceaccount.uid, groups, extra }, audiences: common }
}

const EXTRA = 'authentication.kubernetes.io/'

function isGone(
  objects: StoredObjects,
  plural: string,
  namespace: string,
  bound: TokenSubject['account'] | undefined,
): boolean {
  return bound !== undefined && objects.get(`/${plural}`, namespace, bound.name)?.metadata.uid !== bound.uid
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(token: string): Claims | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] as string, 'base64url').toString())
    return isJsonObject(claims) ? (claims as unknown as Claims) : undefined
  } catch {
    return undefined
  }
}
