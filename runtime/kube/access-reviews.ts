import type { Clock } from '../util/clock.ts'
import { type Access, idOfAccess } from './access.ts'
import type { KubeClient, KubeRequest } from './client.ts'

/** Who asks: of which identity ('' for the host's own) the rights are, and in whose turn the question goes out. */
export interface Asker {
  readonly as: string | undefined
  readonly user: string
  readonly signal: AbortSignal
}

/**
 * Asks the API server what an identity may do (SelfSubjectAccessReview). Answers are shared for a few seconds: controllers
 * that start together ask for much of the same.
 */
export class AccessReviews {
  readonly #client: Pick<KubeClient, 'request'>
  readonly #clock: Clock
  /** By identity and access; at most MAX_KEPT. */
  readonly #answers = new Map<string, { readonly allowed: boolean; readonly atMs: number }>()

  constructor(client: Pick<KubeClient, 'request'>, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Errors: KubeStatusError (403: may not ask, or may not act as that identity), API_UNREACHABLE, the signal's reason. */
  async isAllowed(asker: Asker, access: Access): Promise<boolean> {
    const id = JSON.stringify([asker.as ?? '', idOfAccess(access)])
    const known = this.#answers.get(id)
    if (known !== undefined && this.#clock.now() - known.atMs < SHARED_MS) return known.allowed
    const allowed = await this.#ask(asker, access)
    if (this.#answers.size >= MAX_KEPT) this.#answers.clear()
    this.#answers.set(id, { allowed, atMs: this.#clock.now() })
    return allowed
  }

  /** The user name that the API server knows the host by (SelfSubjectReview); undefined where it does not say. */
  async whoAmI({ user, signal }: Omit<Asker, 'as'>): Promise<string | undefined> {
    try {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
      const { status } = (await this.#post({ as: undefined, user, signal }, WHO_PATH, body)) as SelfSubjectReview
      return status?.userInfo?.username
    } catch {
      // Only a message is less exact without it.
      return undefined
    }
  }

  async #ask(asker: Asker, access: Access): Promise<boolean> {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: specOf(access) }
    const { status } = (await this.#post(asker, ACCESS_PATH, body)) as { status?: { allowed?: boolean } }
    return status?.allowed === true
  }

  async #post({ as, user, signal }: Asker, path: string, body: object): Promise<unknown> {
    const request: KubeRequest = { method: 'POST', path, body: JSON.stringify(body), as, user, signal }
    return JSON.parse((await this.#client.request(request)).text)
  }
}

interface SelfSubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } }
}

function specOf(access: Access): object {
  if ('path' in access) return { nonResourceAttributes: access }
  const { verb, group, plural: resource, subresource, namespace, name } = access
  return { resourceAttributes: { verb, group, resource, subresource, namespace, name } }
}

const ACCESS_PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const WHO_PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
/** Shorter than the wait before anything is asked again. */
const SHARED_MS = 10_000
const MAX_KEPT = 10_000
