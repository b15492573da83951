/** One run of a named export; objects travel as JSON text, unchanged. */
export interface CallRequest {
  readonly export: string
  /** JSON texts. */
  readonly args: readonly string[]
  /** JSON text of what `context` holds besides its functions. */
  readonly context: string
  readonly timeoutMs: number
  /**
   * Answers a request of the handler with JSON text, or undefined for none. What it throws goes to the handler as
   * `{name, message, code, reason, details}`. The signal aborts once the call is over, for whatever reason.
   */
  readonly onHostCall: (method: string, args: readonly unknown[], signal: AbortSignal) => Promise<string | undefined>
}

/** How a call ended. */
export type Settled =
  /** `value` is undefined when the export returned nothing. */
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; error: GuestError; terminal: boolean }
  | { kind: 'timedOut'; afterMs: number }
  /** The guest ended with the call in flight: which of its calls did that is not known. */
  | { kind: 'died'; reason: string }

/** What a handler threw, as data. */
export interface GuestError {
  readonly name: string
  readonly message: string
  /** Points to TypeScript lines; '' when what was thrown has none. */
  readonly stack: string
  /** Of an API failure: the HTTP status and the API server's reason. */
  readonly code?: number | string
  readonly reason?: string
}

/** A line that a handler logged. */
export interface GuestLog {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>>
}
