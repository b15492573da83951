/** What to record of requests; see audit.k8s.io/v1. */
export interface AuditOptions {
  /** Of the chosen resources; default: Metadata. Everything else is recorded as Metadata. */
  readonly level?: 'Metadata' | 'Request' | 'RequestResponse'
  /** Which resources `level` is for; default: all of these are as everything else. */
  readonly resources?: readonly { readonly group: string; readonly resources: readonly string[] }[]
}

/** The fields of an audit event that tests look at. */
export interface AuditEvent {
  readonly auditID: string
  /** A watch has two events: ResponseStarted when it is open, ResponseComplete when it ends. */
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic'
  /** get, list, watch, create, update, patch, delete… */
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> }
  readonly userAgent?: string
  readonly objectRef?: {
    readonly resource: string
    readonly subresource?: string
    readonly apiGroup?: string
    readonly apiVersion?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code: number; readonly reason?: string }
  readonly requestObject?: unknown
  readonly responseObject?: unknown
  /** RFC 3339, microseconds. */
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
}

/** The policy file's text. The API server's own requests are left out: they outnumber everyone else's. */
export function auditPolicy({ level = 'Metadata', resources = [] }: AuditOptions): string {
  const chosen = resources.length > 0 ? [{ level, resources }] : []
  return JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'None', users: ['system:apiserver', 'system:anonymous'] }, ...chosen, { level: 'Metadata' }],
  })
}

/** Every event of a log. A line torn by a killed server is dropped, and what the next server wrote behind it is kept. */
export function parseAuditLog(text: string): AuditEvent[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? [])
}

function parseLine(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent
  } catch {
    const next = line.indexOf('{"kind":"Event","apiVersion":"audit.k8s.io', 1)
    return next === -1 ? undefined : parseLine(line.slice(next))
  }
}
