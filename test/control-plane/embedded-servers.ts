import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterIdentity } from '../../runtime/apiserver/access/cluster-identity.ts'
import { parseAuditLog } from './audit-log.ts'
import { Daemon } from './daemon.ts'
import type { EmbeddedServerSettings } from './embedded-server.ts'
import { findLoopbackPort } from './loopback-port.ts'
import type { Servers, ServersOptions } from './servers.ts'

const PROGRAM = join(import.meta.dirname, 'embedded-server.ts')

/** The embedded API server in a process of its own, with a folder for its state. */
export async function createEmbeddedServers({ dir, tokens, audit, controllers }: ServersOptions): Promise<Servers> {
  const port = await findLoopbackPort()
  const dataDir = join(dir, 'data')
  mkdirSync(dataDir)
  const auditLog = join(dir, 'audit.log')
  const settings: EmbeddedServerSettings = {
    ...{ port, dataDir, controllers, tokens: [...tokens] },
    audit: audit === false ? undefined : { file: auditLog, ...(audit === true ? {} : audit) },
  }
  const file = join(dir, 'embedded-server.json')
  writeFileSync(file, JSON.stringify(settings))
  const server = new Daemon(dir, 'embedded-server', [process.execPath, '--disable-sigusr1', PROGRAM, file])
  const { ca } = clusterIdentity(dataDir)
  return {
    ...{ url: `https://127.0.0.1:${port}`, ca },
    get running() {
      return server.running
    },
    start: () => server.start(),
    kill: async (signal) => {
      await server.stop(signal)
    },
    // They are part of it.
    startControllers: () => {},
    // Its history is in memory alone: one that is started after this has none.
    compact: async () => {},
    logTail: () => server.logTail(),
    auditEvents: async () => (existsSync(auditLog) ? parseAuditLog(await readFile(auditLog, 'utf8')) : []),
    stop: async () => {
      await server.stop('SIGKILL')
    },
  }
}
