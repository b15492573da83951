import { describeFieldError, type FieldError } from './field-error.ts'

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

/** The API's own answer to what fails, and to a few things that succeed. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Readonly<Record<string, unknown>>
  readonly status: 'Failure' | 'Success'
  readonly message?: string
  readonly reason?: string
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly uid?: string
    readonly causes?: readonly StatusCause[]
    readonly retryAfterSeconds?: number
  }
  readonly code?: number
}

/** Ends a request with a Status. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: Status
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    details?: Status['details'],
    headers: Readonly<Record<string, string>> = {},
    metadata: Status['metadata'] = {},
  ) {
    super(message)
    this.headers = headers
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      message,
      ...(reason !== undefined && { reason }),
      ...(details !== undefined && { details }),
      code,
    }
  }

  get code(): number {
    return this.status.code ?? 500
  }
}

/** A resource of a group, as messages name it: `deployments.apps`, `pods`. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export function formatGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

/** source of all messages: apimachinery pkg/api/errors/errors.go */
export function notFound(of: GroupResource, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${formatGroupResource(of)} "${name}" not found`, detailsOf(of, name))
}

export function alreadyExists(of: GroupResource, name: string): ApiError {
  return new ApiError(409, 'AlreadyExists', `${formatGroupResource(of)} "${name}" already exists`, detailsOf(of, name))
}

export function conflict(of: GroupResource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${formatGroupResource(of)} "${name}": ${why}`
  return new ApiError(409, 'Conflict', message, detailsOf(of, name))
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again'

/** `kind` in details is the kind, not the resource: so it is there. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const causes = errors.map((error) => ({
    reason: error.reason,
    message: describeFieldError(error),
    field: error.field,
  }))
  // Each is told once, however many checks have found it.
  const texts = [...new Set(errors.map((error) => `${error.field}: ${describeFieldError(error)}`))]
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const title = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  return new ApiError(422, 'Invalid', `${title} "${name}" is invalid: ${list}`, {
    ...(name !== '' && { name }),
    ...(kind.group !== '' && { group: kind.group }),
    ...(kind.kind !== '' && { kind: kind.kind }),
    causes,
  })
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message)
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized')
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

/** A path that no resource answers. */
export function pathNotFound(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message)
}

export function tooLarge(message: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', message)
}

export function unsupportedMediaType(message: string): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', message)
}

export function internalError(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

/** Something that kube-apiserver does and this server does not: said, never silently left out. */
export function notImitated(what: string): ApiError {
  return new ApiError(501, 'NotImplemented', `the embedded API server does not imitate ${what}`)
}

function detailsOf({ group, resource }: GroupResource, name: string): Status['details'] {
  return { name, ...(group !== '' && { group }), kind: resource }
}
