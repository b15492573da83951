import { RuntimeError } from '../errors.ts'
import { messageOf } from '../util/message-of.ts'

/** No whole answer came: the connection could not be made, broke, or stayed silent too long. */
export class ApiUnreachableError extends RuntimeError {
  /** True only when no byte of the request can have reached the server, so that repeating it is safe. */
  readonly notSent: boolean

  constructor(action: string, { cause, notSent }: { cause: unknown; notSent: boolean }) {
    super('API_UNREACHABLE', `Cannot ${action}: ${reasonOf(cause)}`, { cause })
    this.notSent = notSent
  }
}

/** `connect` to a name with several addresses fails with an AggregateError whose own message is empty. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return messageOf(cause.errors[0])
  return messageOf(cause) || (codeOf(cause) ?? 'no reason given')
}

/** The server did not prove who it is, or refused our certificate: new credentials may mend that. */
export function isTlsFailure(error: unknown): boolean {
  if (!(error instanceof ApiUnreachableError)) return false
  const code = codeOf(error.cause) ?? ''
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code)
}

/** A kept connection that the server closed just as it was used again. */
export function isConnectionReset(error: unknown): boolean {
  if (!(error instanceof ApiUnreachableError)) return false
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error.cause) ?? '')
}

function codeOf(cause: unknown): string | undefined {
  return (cause as { code?: string } | undefined)?.code
}
