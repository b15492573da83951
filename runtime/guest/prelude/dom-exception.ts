import { defineOwn, PrimordialError, PrimordialString } from './primordials.ts'

const CODES: Readonly<Record<string, number>> = {
  __proto__: null as never,
  IndexSizeError: 1,
  NotFoundError: 8,
  NotSupportedError: 9,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidCharacterError: 5,
  AbortError: 20,
  QuotaExceededError: 22,
  TimeoutError: 23,
  DataCloneError: 25,
}

/** The web's DOMException: `name` says what went wrong, `code` is the historical number of the common names. */
export class DOMException extends PrimordialError {
  readonly code: number

  constructor(message: unknown = '', nameOrOptions: string | { name?: string; cause?: unknown } = 'Error') {
    const options = typeof nameOrOptions === 'object' ? nameOrOptions : { name: nameOrOptions }
    super(PrimordialString(message), 'cause' in options ? { cause: options.cause } : undefined)
    const name = PrimordialString(options.name ?? 'Error')
    defineOwn(this, 'name', name, false)
    this.code = CODES[name] ?? 0
  }
}
