/** What an API server's failure carries; the fields of Kubernetes' Status object, all optional on the wire. */
export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
  readonly retryAfterSeconds?: number
}

/** An answer of 400 or above. Its message is the server's own, or says what was answered where that was no Status. */
export class KubeStatusError extends Error {
  override readonly name = 'KubeStatusError'
  /** The HTTP status. */
  readonly code: number
  /** Kubernetes' word for it (`NotFound`, `Conflict`); derived from the code where the server gave none. */
  readonly reason: string
  readonly details: StatusDetails | undefined
  /** From the Retry-After header: how long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, fields: Pick<KubeStatusError, 'code' | 'reason' | 'details' | 'retryAfterMs'>) {
    super(message)
    this.code = fields.code
    this.reason = fields.reason
    this.details = fields.details
    this.retryAfterMs = fields.retryAfterMs
  }
}

/** Longest excerpt of an answer that is no Status: proxies in front of an API server answer whole HTML pages. */
const MAX_EXCERPT_CHARS = 200

/** Reads an answer of 400 or above; a body that is no Status (a proxy's page, a plain text) is quoted instead. */
export function statusErrorOf(answer: {
  readonly action: string
  readonly code: number
  readonly text: string
  readonly retryAfterMs: number | undefined
}): KubeStatusError {
  const status = parseStatus(answer.text)
  const excerpt = answer.text.trim().replace(/\s+/g, ' ').slice(0, MAX_EXCERPT_CHARS)
  const fallback = `${answer.action} was answered with ${answer.code}${excerpt === '' ? '' : `: ${excerpt}`}`
  return new KubeStatusError(status?.message || fallback, {
    code: answer.code,
    reason: status?.reason || (REASONS[answer.code] ?? 'Unknown'),
    details: status?.details,
    retryAfterMs: answer.retryAfterMs,
  })
}

interface Status {
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const body: unknown = JSON.parse(text)
    return (body as { kind?: unknown }).kind === 'Status' ? (body as Status) : undefined
  } catch {
    return undefined
  }
}

/** As apimachinery's NewGenericServerResponse derives them. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/**
 * A failed test of a JSON patch is a 422, like an object that does not fit its schema. When it fails again and again for
 * what others write meanwhile, it is a conflict: worth another attempt, and no fault of the object's.
 */
export function overtaken(attempts: number): KubeStatusError {
  const fields = { code: 409, reason: 'Conflict', details: undefined, retryAfterMs: undefined }
  return new KubeStatusError(`The object was changed by others during each of ${attempts} attempts to write it`, fields)
}

/** The object, or the kind itself, is not there. */
export const isNotFound = (error: unknown): error is KubeStatusError => hasCode(error, 404)

/** The object changed since it was read. */
export const isConflict = (error: unknown): error is KubeStatusError =>
  hasCode(error, 409) && error.reason !== 'AlreadyExists'

export const isAlreadyExists = (error: unknown): error is KubeStatusError =>
  hasCode(error, 409) && error.reason === 'AlreadyExists'

/** The resourceVersion or continue token is too old (`Gone` and `Expired` both come as 410): list anew. */
export const isGone = (error: unknown): error is KubeStatusError => hasCode(error, 410)

export const isUnauthorized = (error: unknown): error is KubeStatusError => hasCode(error, 401)

export const isForbidden = (error: unknown): error is KubeStatusError => hasCode(error, 403)

/** The object does not fit its schema or a webhook's rules; `details.causes` names the fields. */
export const isInvalid = (error: unknown): error is KubeStatusError => hasCode(error, 422)

/** The request's body is above the server's limit. */
export const isTooLarge = (error: unknown): error is KubeStatusError => hasCode(error, 413)

export const isTooManyRequests = (error: unknown): error is KubeStatusError => hasCode(error, 429)

function hasCode(error: unknown, code: number): error is KubeStatusError {
  return error instanceof KubeStatusError && error.code === code
}
