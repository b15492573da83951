/** One question to an API server: a triple of verb, resource class and feature, and the requests that ask it. */
export interface Case {
  /** The point of the embedded server's requirements that it belongs to; conformance/README.md names them. */
  readonly point: 1 | 2 | 3 | 4 | 5 | 6
  readonly verb: string
  readonly resource: string
  readonly feature: string
  /**
   * In paths, headers and bodies, `{ns}` stands for a namespace of the case's own (made before, with its default service account),
   * `{id}` for a name of its own, `{2.metadata.uid}` for a field of what step 2 (from 0) answered, `{webhook}` and `{ca}` for
   * the webhook server's address and its certificate authority in base64.
   */
  readonly steps: readonly Step[]
  /** The real server is to run kube-controller-manager too; else no controller interferes with what is asked. */
  readonly controllers?: boolean
}

export interface Step {
  readonly method: string
  readonly path: string
  /** JSON, or text that is sent as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Whose bearer token: one of USERS, `none` for no token; default the admin. */
  readonly user?: string
  /** A watch: read that many events, or to the end of the stream. */
  readonly events?: number
  /** Ask again until the answer is so; then that answer counts. */
  readonly until?: Condition
  /** Of a success, only the parts at these paths (keys joined by `/`) are compared. */
  readonly pick?: readonly string[]
  /** Fields of these names are not compared, at any depth. */
  readonly drop?: readonly string[]
  /** A preparation: only its status code is compared, as long as it succeeds. */
  readonly quiet?: boolean
  /** Causes, conditions and rules may come in any order. */
  readonly unordered?: boolean
  /** Compare metadata.managedFields too. */
  readonly managed?: boolean
}

export interface Condition {
  readonly status?: number
  /** Path into the body, its keys joined by dots (or by `/`, if there is one), and what must be there. */
  readonly at?: string
  readonly is?: unknown
}

export type Options = Omit<Step, 'method' | 'path' | 'body'>

/** Users with a bearer token and no rights. */
export const USERS = ['alice', 'bob', 'carol'] as const

export function nameOf({ verb, resource, feature }: Pick<Case, 'verb' | 'resource' | 'feature'>): string {
  return `${verb} ${resource}: ${feature}`
}

/** A file's cases of one point. */
export function asks(point: Case['point'], extra: Partial<Case> = {}) {
  return (verb: string, resource: string, feature: string, ...steps: Step[]): Case => ({
    point,
    verb,
    resource,
    feature,
    steps,
    ...extra,
  })
}

export const get = (path: string, options: Options = {}): Step => ({ method: 'GET', path, ...options })
export const post = (path: string, body: unknown, options: Options = {}): Step => ({
  method: 'POST',
  path,
  body,
  ...options,
})
export const put = (path: string, body: unknown, options: Options = {}): Step => ({
  method: 'PUT',
  path,
  body,
  ...options,
})
export const del = (path: string, body?: unknown, options: Options = {}): Step => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { body }),
  ...options,
})
/** Events from a version on, so that what happens is over before it is asked for and nothing depends on timing. */
export const watch = (path: string, events: number, options: Options = {}): Step => ({
  method: 'GET',
  path: `${path}${path.includes('?') ? '&' : '?'}watch=true`,
  events,
  ...options,
})

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export const patch = (type: keyof typeof PATCH_TYPES, path: string, body: unknown, options: Options = {}): Step => ({
  method: 'PATCH',
  path,
  body,
  ...options,
  headers: { 'content-type': PATCH_TYPES[type], ...options.headers },
})

/** The same step as a preparation of what is asked. */
export const first = (step: Step): Step => ({ ...step, quiet: true })

export const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
export const PARTIAL = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }
export const PARTIAL_LIST = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' }
