import type { IncomingMessage } from 'node:http'
import { parseRequestTarget, type RequestInfo, readRequestInfo } from '../request-info.ts'
import type { Store } from '../storage/store.ts'
import { StoredObjects } from '../storage/stored-objects.ts'
import type { Access } from './access.ts'
import { createAuthenticator, type GivenToken } from './authentication.ts'
import { notAuthorized } from './forbidden.ts'
import { impersonate, type LastModes } from './impersonation.ts'
import { RbacAuthorizer } from './rbac-authorizer.ts'
import {
  createLocalSubjectAccessReview,
  createSelfSubjectAccessReview,
  createSubjectAccessReview,
} from './reviews/access-review.ts'
import { createSelfSubjectReview, createTokenReview } from './reviews/authentication-review.ts'
import { createSelfSubjectRulesReview } from './reviews/self-subject-rules-review.ts'
import { createTokenRequest } from './reviews/token-request.ts'
import { createServiceAccountTokens, type ServiceAccountTokens } from './service-account-tokens.ts'
import type { VirtualCreate, VirtualResources } from './virtual-resource.ts'

export interface AccessOptions {
  readonly store: Store
  readonly tokens: readonly GivenToken[]
  /** Default: yes, as kube-apiserver; the roles leave anonymous users little but health and version. */
  readonly allowsAnonymous?: boolean
  /** PEM of the key that signs service accounts' tokens; default: a new one. */
  readonly serviceAccountKey?: string | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface AccessParts extends Access {
  readonly authorizer: RbacAuthorizer
  readonly serviceAccountTokens: ServiceAccountTokens
  /** Reviews and token requests: asked after authorize(). */
  readonly virtualResources: VirtualResources
}

/** Who asks, and whether they may, by given tokens, service accounts' tokens, client certificates and the roles in the store. */
export function createAccess(options: AccessOptions): AccessParts {
  const { store, tokens, allowsAnonymous = true, serviceAccountKey, now = Date.now } = options
  const objects = new StoredObjects(store)
  const serviceAccountTokens = createServiceAccountTokens({ objects, now, privateKey: serviceAccountKey })
  const authenticator = createAuthenticator({ given: tokens, serviceAccounts: serviceAccountTokens, allowsAnonymous })
  const authorizer = new RbacAuthorizer(objects)
  const decide = authorizer.decide.bind(authorizer)
  const lastModes: LastModes = new Map()
  return {
    authorizer,
    serviceAccountTokens,
    async authenticate(request) {
      const requester = authenticator.authenticate(request)
      return impersonate(requester, request.headersDistinct, infoOf(request), decide, lastModes)
    },
    requesterOf: (request) => authenticator.authenticate(request),
    authorize(user, info) {
      const { allowed, reason } = decide(user, info)
      if (!allowed) throw notAuthorized(user, info, reason)
    },
    virtualResources: new Map<string, VirtualCreate>([
      ['authentication.k8s.io/selfsubjectreviews', createSelfSubjectReview(now)],
      ['authentication.k8s.io/tokenreviews', createTokenReview(authenticator)],
      ['authorization.k8s.io/selfsubjectaccessreviews', createSelfSubjectAccessReview(decide)],
      ['authorization.k8s.io/subjectaccessreviews', createSubjectAccessReview(decide)],
      ['authorization.k8s.io/localsubjectaccessreviews', createLocalSubjectAccessReview(decide)],
      ['authorization.k8s.io/selfsubjectrulesreviews', createSelfSubjectRulesReview(authorizer)],
      ['/serviceaccounts/token', createTokenRequest({ objects, tokens: serviceAccountTokens, now })],
    ]),
  }
}

/** For impersonation, which may be allowed for some requests only. */
function infoOf(request: IncomingMessage): RequestInfo {
  const { pathname, query } = parseRequestTarget(request.url ?? '/')
  return readRequestInfo(request.method ?? 'GET', pathname, query)
}
