/**
 * What handlers import from 'ostler': types, and TerminalError. Nothing of the host is reachable from here.
 */
export { TerminalError } from './guest/terminal-error.ts'

/** A Kubernetes object as the API server sends it, without `managedFields`. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}

export interface ObjectMeta {
  name: string
  namespace?: string
  generateName?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: OwnerReference[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** Runs for a new or changed object; the state to bring about is in `object`, never in how it came to be. */
export type Reconcile<T = KubeObject> = (object: T, context: Context) => Outcome | Promise<Outcome>

/**
 * Runs once the object is gone, with its last known state, or, in a handler without `finalize`, once it has left the
 * controller's selector (reason `unselected`). What must happen for certain belongs in `finalize`.
 */
export type Deleted<T = KubeObject> = (last: T, context: Context) => void | Promise<void>

/**
 * Runs before the object may go: once it is being deleted, or, with reason `unselected`, once it has left the
 * controller's selector. The controller's finalizer, there since before the first reconcile, goes when this resolves;
 * `requeueAfter` keeps it, and a throw is tried again.
 */
export type Finalize<T = KubeObject> = (object: T, context: Context) => Outcome | Promise<Outcome>

/**
 * Of `watches`: which objects of `for` to run for a change in another kind. `old` is what `object` was before, undefined
 * for a new one; `object` is the last state of one that is gone. `namespace` defaults to that of `object`. A throw is
 * retried until it succeeds.
 */
export type Mapper<T = KubeObject> = (
  object: T,
  old: T | undefined,
  context: Context,
) => ObjectRef[] | Promise<ObjectRef[]>

/** What a reconcile or finalize may return; nothing means done. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the common case
export type Outcome = void | {
  /** Run again after this long (`30s`, `1m30s`), unless a change comes first. */
  requeueAfter?: string
  /** Merged into the object's status; `null` removes a key. Nothing is written when nothing differs. */
  status?: object
}

/** Why a call runs. */
export type Reason =
  | 'created'
  | 'changed'
  | 'deleted'
  | 'unselected'
  /** An object that this one owns changed. */
  | 'owned'
  /** A mapper named this one. */
  | 'watched'
  | 'resync'
  | 'requeue'
  | 'retry'
  | 'reload'
  | 'replay'

/** A namespaced or cluster-scoped object's place; `namespace` defaults to the primary's. */
export interface ObjectRef {
  namespace?: string
  name: string
}

export interface Context {
  readonly key: Readonly<{ controller: string; namespace?: string; name: string; uid: string }>
  /** From 1; grows with each failed attempt in a row. */
  readonly attempt: number
  readonly reason: Reason
  /** Aborts at the controller's `timeout`. */
  readonly signal: AbortSignal
  /** `with` of the config entry. */
  readonly with: unknown
  readonly log: Log
  /** The object, or undefined when there is none. */
  get<T = KubeObject>(kind: string, ref: ObjectRef, options?: { live?: boolean }): Promise<T | undefined>
  list<T = KubeObject>(kind: string, options?: ListOptions): Promise<T[]>
  create<T = KubeObject>(object: T, options?: WriteOptions): Promise<T>
  update<T = KubeObject>(object: T, options?: WriteOptions & { subresource?: string }): Promise<T>
  patch<T = KubeObject>(kind: string, ref: ObjectRef, body: unknown, options?: PatchOptions): Promise<T>
  /** Server-side apply as `ostler-<controller>`. */
  apply<T = KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** An object that is gone already is success. */
  delete(kind: string, ref: ObjectRef, options?: DeleteOptions): Promise<void>
  /** Runs `attempt` again after a 409; inside it reads are live. */
  retryOnConflict<T>(attempt: () => Promise<T>, options?: { attempts?: number }): Promise<T>
  /** Emits a Kubernetes event; one that cannot be written is logged and never fails the call. */
  event(type: 'Normal' | 'Warning', reason: string, message: string, options?: EventOptions): Promise<void>
  /**
   * Sets a condition in the status that is written after the call, also where the call returns none. Nothing is written
   * when the call throws, nor by `deleted`, after which there is no object.
   */
  condition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string): void
  /** The kinds that `for`, `owns`, `watches` and `allow` name, as the API server serves them. */
  discover(): Promise<DiscoveredKind[]>
  raw(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>
}

export type Log = Record<'debug' | 'info' | 'warn' | 'error', (message: string, fields?: object) => void>

export interface ListOptions {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  live?: boolean
}

export interface WriteOptions {
  dryRun?: boolean
}

export interface PatchOptions extends WriteOptions {
  type?: 'merge' | 'json' | 'strategic'
  subresource?: string
}

export interface ApplyOptions extends WriteOptions {
  force?: boolean
  subresource?: string
}

export interface DeleteOptions extends WriteOptions {
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  gracePeriodSeconds?: number
  /** Those of an object that was read, as they are. */
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined }
}

export interface EventOptions {
  /** Default: the object in hand. */
  regarding?: KubeObject
  /** Default: the name of the export that runs. */
  action?: string
}

export interface DiscoveredKind {
  kind: string
  plural: string
  namespaced: boolean
  verbs: string[]
  subresources: string[]
}

/** What API failures are thrown as: `code` is the HTTP status. */
export interface ApiError extends Error {
  code: number
  reason: string
  details?: unknown
}
