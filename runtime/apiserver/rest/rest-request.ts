import type { User } from '../access/user.ts'
import type { Admission } from '../admission/admission.ts'
import { fieldManagerOf as fieldManager } from '../apply/field-manager.ts'
import type { Representation } from '../http/negotiate.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { Registry } from '../kinds/registry.ts'
import type { RequestInfo } from '../request-info.ts'
import type { Store } from '../storage/store.ts'

/** What the verbs need of the server. */
export interface RestContext {
  readonly store: Store
  readonly registry: Registry
  readonly admission: Admission
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once, that much later; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

/** One request for a resource, that may be made. */
export interface RestRequest {
  readonly info: RequestInfo
  readonly resource: ApiResource
  readonly query: URLSearchParams
  readonly user: User
  readonly representation: Representation
  readonly contentType: string | undefined
  /** The part of the User-Agent before the slash: who writes, where no fieldManager is named. */
  readonly userAgent: string | undefined
  /** errors: ApiError 413, 408 */
  readBody(): Promise<Buffer>
  /** For what turns out to be another request than it looks: an update that creates. errors: ApiError 403 */
  authorize(info: RequestInfo): void
  /** For the `Warning` headers. */
  warn(text: string): void
}

/** As messages name the resource. */
export function groupResourceOf({ group, plural }: ApiResource): { group: string; resource: string } {
  return { group, resource: plural }
}

/** Validation is told of the kind that is kept: of an Event, the core group's, whichever group's it is sent as. */
export function storedKindOf({ kind, storageApiVersion }: ApiResource): { group: string; kind: string } {
  return { group: storageApiVersion.includes('/') ? (storageApiVersion.split('/')[0] as string) : '', kind }
}

/** kube-apiserver's managerOrUserAgent(). */
export function fieldManagerOf(request: RestRequest): string {
  return fieldManager(request.query.get('fieldManager') ?? undefined, request.userAgent)
}
