import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { unauthorized } from '../status.ts'
import { ISSUER, type ServiceAccountTokens, type Verified } from './service-account-tokens.ts'
import type { User } from './user.ts'

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} }

/** A bearer token that the server was started with; as a line of kube-apiserver's --token-auth-file. */
export interface GivenToken {
  readonly token: string
  readonly user: { readonly name: string; readonly uid?: string; readonly groups?: readonly string[] }
}

export interface Authenticator {
  /** By client certificate, then bearer token. errors: ApiError 401 */
  authenticate(request: IncomingMessage): User
  /** Undefined: a token of nobody. */
  ofToken(token: string, audiences?: readonly string[]): Verified | undefined
}

interface Options {
  readonly given: readonly GivenToken[]
  readonly serviceAccounts: ServiceAccountTokens
  /** Who shows nothing is system:anonymous, as by default in kube-apiserver; else 401. */
  readonly allowsAnonymous: boolean
}

export function createAuthenticator({ given, serviceAccounts, allowsAnonymous }: Options): Authenticator {
  const users = new Map(given.map(({ token, user }) => [token, asUser(user)]))
  const ofToken: Authenticator['ofToken'] = (token, audiences = [ISSUER]) => {
    const user = users.get(token)
    if (user === undefined) return serviceAccounts.verify(token, audiences)
    // Given tokens know no audiences: they are for the API server.
    return audiences.includes(ISSUER) ? { user, audiences: [ISSUER] } : undefined
  }
  return {
    ofToken,
    authenticate(request) {
      const byCertificate = request.socket instanceof TLSSocket ? userOfCertificate(request.socket) : undefined
      if (typeof byCertificate === 'object') return byCertificate
      const token = bearerToken(request.headers.authorization)
      if (token !== undefined) {
        const found = ofToken(token)
        if (found === undefined || 'error' in found) throw unauthorized()
        return found.user
      }
      if (byCertificate === 'invalid' || !allowsAnonymous) throw unauthorized()
      return ANONYMOUS
    },
  }
}

function asUser({ name, uid, groups = [] }: GivenToken['user']): User {
  return { name, ...(uid !== undefined && { uid }), groups: withAuthenticated(groups), extra: {} }
}

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated']
}

/** Undefined where there is none: other schemes, and a second space before the token, are nobody's, and so anonymous. */
function bearerToken(header: string | undefined): string | undefined {
  return /^\s*bearer (\S+)/i.exec(header ?? '')?.[1]
}

/** The common name is the user, organizations are groups. `invalid`: of another authority, or not for clients; a token may still do. */
function userOfCertificate(socket: TLSSocket): User | 'invalid' | undefined {
  const certificate = socket.getPeerCertificate()
  if (certificate?.raw === undefined) return undefined
  if (!socket.authorized) return 'invalid'
  const { CN: name, O: organizations = [] } = certificate.subject as { CN?: string; O?: string | string[] }
  if (name === undefined) return 'invalid'
  const id = createHash('sha256').update(certificate.raw).digest('hex')
  return {
    name,
    groups: withAuthenticated([organizations].flat()),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${id}`] },
  }
}
