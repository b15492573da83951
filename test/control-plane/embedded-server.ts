import { openSync, readFileSync, writeSync } from 'node:fs'
import { clusterIdentity } from '../../runtime/apiserver/access/cluster-identity.ts'
import { createApiServer } from '../../runtime/apiserver/api-server.ts'
import { openJournal } from '../../runtime/apiserver/storage/journal.ts'
import { Store } from '../../runtime/apiserver/storage/store.ts'
import { auditEvent } from './audit-event.ts'
import type { AuditOptions } from './audit-log.ts'

/** The content of the file that this program is started with. */
export interface EmbeddedServerSettings {
  readonly port: number
  readonly dataDir: string
  /** User and token. */
  readonly tokens: readonly (readonly [string, string])[]
  readonly controllers: boolean
  readonly audit: (AuditOptions & { readonly file: string }) | undefined
}

/** `node embedded-server.ts SETTINGS.json`: the embedded API server, with the users of a test and an audit log. */
const { port, dataDir, tokens, controllers, audit } = JSON.parse(
  readFileSync(process.argv[2] as string, 'utf8'),
) as EmbeddedServerSettings
const journal = openJournal(dataDir)
const store = new Store({ onCommit: (event) => journal.append(event) })
store.restore(journal.objects, journal.revision)
const { ca, cert, key, serviceAccountKey } = clusterIdentity(dataDir)
const log = audit === undefined ? undefined : openSync(audit.file, 'a')
const server = await createApiServer({
  ...{ port, store, tls: { cert, key, ca }, rootCaPem: ca, serviceAccountKey },
  tokens: tokens.map(([name, token]) => ({ token, user: { name, groups: groupsOf(name) } })),
  simulate: controllers ? 'controllers' : undefined,
  onFault: (error, what) => console.error(what, error),
  // Written before the request is answered: what a test has seen, the log has.
  onRequest: (report) => {
    if (audit === undefined || log === undefined) return
    writeSync(log, `${JSON.stringify(auditEvent(report, audit))}\n`)
  },
})
process.once('SIGTERM', async () => {
  await server.close()
  journal.close()
  process.exit(0)
})

function groupsOf(user: string): string[] {
  return user === 'admin' ? ['admin', 'system:masters'] : [user]
}
