import type { User } from '../access/user.ts'
import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'

/** One write on its way to the store. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly resource: ApiResource
  readonly subresource: string | undefined
  readonly namespace: string
  readonly name: string
  readonly user: User
  readonly isDryRun: boolean
  readonly old: ApiObject | undefined
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions as sent. */
  readonly options: Readonly<Record<string, unknown>>
  /** Warnings for the client's `Warning` header. */
  warn(text: string): void
}

/** What may change or refuse a write. */
export interface Admission {
  /** Answers the object to go on with; undefined for DELETE. errors: ApiError */
  mutate(request: AdmissionRequest, object: ApiObject | undefined): Promise<ApiObject | undefined>
  /** errors: ApiError */
  validate(request: AdmissionRequest, object: ApiObject | undefined): Promise<void>
}
