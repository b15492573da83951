import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject } from '../json.ts'
import type { Status } from '../status.ts'
import type { Store } from '../storage/store.ts'

/** A POST to a subresource that does something, and is not kept. */
export interface SubresourceAction {
  /** Answers, or throws, a Status. errors: ApiError */
  run(request: ActionRequest): Promise<Status>
}

export interface ActionRequest {
  readonly namespace: string
  readonly name: string
  /** Its kind has been checked. */
  readonly body: ApiObject
  readonly isDryRun: boolean
  readonly store: Store
  readonly client: InProcessClient
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/** kube-apiserver's answer to an action that was done. */
export const DONE: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
