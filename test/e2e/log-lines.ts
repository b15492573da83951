/** One line of a host's JSON log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly controller?: string
  readonly key?: string
  readonly stack?: string
  readonly error?: { readonly code?: string; readonly message: string; readonly faults?: readonly LoggedFault[] }
  readonly [field: string]: unknown
}

export interface LoggedFault {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly excerpt?: string
}

/** The JSON lines of a log; a line that is still being written, or that something else wrote, is passed over. */
export function logLines(log: string): LogLine[] {
  return log.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as LogLine]
    } catch {
      return []
    }
  })
}
