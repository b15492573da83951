import type { AuditEvent, AuditOptions } from './audit-log.ts'

/** What a control plane consists of. The API server can be ended and started again; what it needs for that stays. */
export interface Servers {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  /** The API server's process is there. */
  readonly running: boolean
  /** PEM of the authority of its certificate; there once the API server has been ready. */
  readonly ca: string
  /** Starts the API server. */
  start(): void
  /** Ends it; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** To be called once, when the API server has become ready for the first time. */
  startControllers(): void
  compact(): Promise<void>
  /** Of its log, for an error message. */
  logTail(): string
  auditEvents(): Promise<AuditEvent[]>
  /** Ends everything at once; no data is kept. */
  stop(): Promise<void>
}

export interface ServersOptions {
  readonly dir: string
  /** By user; `admin` may do everything. */
  readonly tokens: ReadonlyMap<string, string>
  readonly audit: boolean | AuditOptions
  readonly controllers: boolean
}
