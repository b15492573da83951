import { badRequest } from '../../status.ts'
import { rfc3339 } from '../../timestamp.ts'
import type { Authenticator } from '../authentication.ts'
import { aggregate } from '../rbac-authorizer.ts'
import { ISSUER } from '../service-account-tokens.ts'
import type { User } from '../user.ts'
import type { VirtualCreate } from '../virtual-resource.ts'

/** authentication.k8s.io/v1 SelfSubjectReview: who am I? */
export function createSelfSubjectReview(now: () => number): VirtualCreate {
  return ({ user }, object) => ({
    kind: object.kind,
    apiVersion: object.apiVersion,
    metadata: { creationTimestamp: rfc3339(now()) },
    status: { userInfo: userInfoOf(user) },
  })
}

/** authentication.k8s.io/v1 TokenReview: whose token is this? */
export function createTokenReview(authenticator: Authenticator): VirtualCreate {
  return (_, object) => {
    const { token = '', audiences = [] } = (object.spec ?? {}) as { token?: string; audiences?: string[] }
    if (token === '') throw badRequest('token is required for TokenReview in authentication')
    const found = authenticator.ofToken(token, audiences.length === 0 ? [ISSUER] : audiences)
    if (found === undefined || 'error' in found) {
      const errors = ['invalid bearer token', ...(found === undefined ? [] : [found.error])]
      object.status = { user: {}, error: aggregate(errors) }
    } else {
      object.status = { authenticated: true, user: userInfoOf(found.user), audiences: found.audiences }
    }
    return object
  }
}

/** authentication.k8s.io/v1 UserInfo */
export function userInfoOf({ name, uid, groups, extra }: User) {
  return {
    username: name,
    ...(uid !== undefined && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}
