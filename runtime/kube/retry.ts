import { isConnectionReset, isTlsFailure } from './api-unreachable.ts'
import { isUnauthorized, KubeStatusError } from './status-error.ts'

/** What to do after a failed attempt. */
export type RetryDecision =
  | { readonly kind: 'giveUp' }
  /** Ask again after this long. */
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** Read the credentials again, and ask again if they have changed. */
  | { readonly kind: 'renew' }

/** client-go's number (rest/with_retry.go). */
const MAX_ATTEMPTS = 10

/** For a 429 that does not say how long. */
const DEFAULT_RETRY_AFTER_MS = 1_000

/**
 * Whether a request may be repeated, and when. A write is repeated only where the server says that it did not act:
 * 429, a 5xx with Retry-After, a refused login, a connection that never came to be.
 */
export function decideRetry({
  error,
  method,
  attempt,
  renewed,
}: {
  readonly error: unknown
  readonly method: string
  /** From 1. */
  readonly attempt: number
  /** The credentials were read again already. */
  readonly renewed: boolean
}): RetryDecision {
  if ((isUnauthorized(error) || isTlsFailure(error)) && !renewed) return { kind: 'renew' }
  if (attempt >= MAX_ATTEMPTS) return { kind: 'giveUp' }
  if (error instanceof KubeStatusError) return afterStatus(error)
  if (method === 'GET' && attempt === 1 && isConnectionReset(error)) return { kind: 'wait', delayMs: 0 }
  return { kind: 'giveUp' }
}

function afterStatus({ code, retryAfterMs }: KubeStatusError): RetryDecision {
  const delayMs = Math.min(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, MAX_RETRY_AFTER_MS)
  if (code === 429 || (code >= 500 && retryAfterMs !== undefined)) return { kind: 'wait', delayMs }
  return { kind: 'giveUp' }
}

/** A key waits for its requests: whatever a server asks for, in between is another try. */
const MAX_RETRY_AFTER_MS = 60_000

/** Reads a Retry-After header, seconds or a date; undefined when there is none or it is neither. */
export function parseRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  // Date.parse() alone takes "-1" for a year
  if (!header.endsWith(' GMT')) return undefined
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
