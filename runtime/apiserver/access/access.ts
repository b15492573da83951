import type { IncomingMessage } from 'node:http'
import type { RequestInfo } from '../request-info.ts'
import type { User } from './user.ts'

/** Who asks, and whether they may. */
export interface Access {
  /** With impersonation done. errors: ApiError 401, 403 where impersonation is not allowed */
  authenticate(request: IncomingMessage): Promise<User>
  /** Who shows the credentials, whoever they want to be taken for. errors: ApiError 401 */
  requesterOf(request: IncomingMessage): User
  /** errors: ApiError 403 with kube-apiserver's message. */
  authorize(user: User, info: RequestInfo): void
}
