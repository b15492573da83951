/** Every code of a RuntimeError and whose fault it is; `user` ends a command with 1, `system` with 2. */
export const ERROR_CODES = {
  /** No config file where the command looked, or the file cannot be read. */
  CONFIG_NOT_FOUND: 'user',
  /** The YAML does not parse or does not fit the schema; every fault has its place. */
  CONFIG_INVALID: 'user',
  /** A handler does not bundle: missing, a syntax error, an import outside the boundary. */
  HANDLER_INVALID: 'user',
  /** A handler's bundle throws while it loads, or exports nothing that a host can call. */
  HANDLER_LOAD_FAILED: 'user',
  /** A call's result is not JSON or not of the documented shape. */
  RESULT_INVALID: 'user',
  /** A request of a handler that its `allow` does not cover. */
  DENIED: 'user',
  /** A request of a handler that has the wrong form. */
  REQUEST_INVALID: 'user',
  /** A kind that the API server does not serve (yet). */
  KIND_NOT_FOUND: 'user',
  /** The kubeconfig cannot be read or written, or names no usable cluster. */
  KUBECONFIG_INVALID: 'user',
  /** The address of `--listen` or the port of `ostler apiserver` is malformed, in use or not allowed. */
  LISTEN_FAILED: 'user',
  /** The folder of `--data-dir` cannot be written, is in use by another server, or is damaged. */
  DATA_DIR_UNUSABLE: 'user',
  /** The API server cannot be reached or broke off. */
  API_UNREACHABLE: 'system',
  /** A guest process ended before it could take a bundle. */
  SANDBOX_DIED: 'system',
  /** The Lease is not held, or not surely: nothing may be written. A host that loses it ends, to stand by anew. */
  LEASE_LOST: 'user',
  /** The host is going down. */
  SHUTTING_DOWN: 'system',
} as const satisfies Record<string, 'user' | 'system'>

export type ErrorCode = keyof typeof ERROR_CODES

/** A fault in a file that a person wrote. */
export interface Fault {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  readonly message: string
  /** The source line in question, where it may be shown. */
  readonly excerpt?: string
}

/** The one error class of the runtime; API failures are KubeStatusError (kube/status-error.ts). */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: ErrorCode
  readonly faults: readonly Fault[]

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; faults?: readonly Fault[] } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.faults = options.faults ?? []
  }
}

/** `file:line:column: message`, as compilers print it. */
export function formatFault({ file, line, column, message }: Fault): string {
  return `${file}:${line}:${column}: ${message}`
}
