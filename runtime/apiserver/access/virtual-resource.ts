import type { ApiObject } from '../json.ts'
import type { RequestInfo } from '../request-info.ts'
import type { User } from './user.ts'

/** A POST to a resource that is answered and not kept. */
export interface VirtualRequest {
  readonly user: User
  readonly info: RequestInfo
  readonly isDryRun: boolean
}

/** Answers with what was sent, its status filled in. The object is the answerer's to change. errors: ApiError */
export type VirtualCreate = (request: VirtualRequest, object: ApiObject) => ApiObject

/** By `group/plural`, or `group/plural/subresource`. */
export type VirtualResources = ReadonlyMap<string, VirtualCreate>
