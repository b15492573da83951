import { RuntimeError } from '../errors.ts'
import { messageOf } from '../util/message-of.ts'
import { type ClusterIdentity, clusterIdentity } from './access/cluster-identity.ts'
import { writeKubeconfig } from './access/kubeconfig.ts'
import { createApiServer } from './api-server.ts'
import { type Journal, openJournal } from './storage/journal.ts'
import { Store } from './storage/store.ts'

export interface LocalClusterOptions {
  /** On 127.0.0.1; default: a free one. */
  readonly port?: number
  /** A folder that keeps the state, and what clients know the server by; default: both are gone with it. */
  readonly dataDir?: string | undefined
  /** Have Deployments, Jobs, Pods and the like advance as on a healthy cluster. */
  readonly simulateWorkloads?: boolean
  readonly onFault?: (error: unknown, what: string) => void
}

/** An API server for one person on one machine. */
export interface LocalCluster {
  readonly url: string
  /** The admin's, as YAML. */
  readonly kubeconfig: string
  close(): Promise<void>
}

/**
 * Starts an API server whose admin has a token made for it; by HTTPS, as client-go sends no token to a server without it.
 * errors: RuntimeError LISTEN_FAILED for a port that is taken, DATA_DIR_UNUSABLE for a folder that is in use or damaged
 */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const { dataDir, simulateWorkloads = false, ...rest } = options
  const { journal, identity } = openState(dataDir)
  try {
    const { ca, cert, key, token, serviceAccountKey } = identity
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] }
    const server = await createApiServer({
      ...rest,
      store: storeOf(journal),
      tls: { cert, key, ca },
      rootCaPem: ca,
      serviceAccountKey,
      tokens: [{ token, user }],
      simulate: simulateWorkloads ? 'workloads' : undefined,
    })
    return {
      url: server.url,
      kubeconfig: writeKubeconfig({ url: server.url, ca, token, user: user.name }),
      async close() {
        await server.close()
        journal?.close()
      },
    }
  } catch (error) {
    journal?.close()
    throw listenFailure(error) ?? error
  }
}

function openState(dataDir: string | undefined): { journal: Journal | undefined; identity: ClusterIdentity } {
  if (dataDir === undefined) return { journal: undefined, identity: clusterIdentity() }
  let journal: Journal | undefined
  try {
    journal = openJournal(dataDir)
    return { journal, identity: clusterIdentity(dataDir) }
  } catch (cause) {
    journal?.close()
    throw new RuntimeError('DATA_DIR_UNUSABLE', `Cannot keep the state in "${dataDir}": ${messageOf(cause)}`, { cause })
  }
}

/** Undefined: it is about something else. */
function listenFailure(cause: unknown): RuntimeError | undefined {
  const { syscall, code, port, message } = cause as NodeJS.ErrnoException & { port?: number }
  if (syscall !== 'listen') return undefined
  const why = code === 'EADDRINUSE' ? 'it is in use' : code === 'EACCES' ? 'it is not allowed' : message
  return new RuntimeError('LISTEN_FAILED', `Cannot serve the API on port ${port}: ${why}; choose another`, { cause })
}

function storeOf(journal: Journal | undefined): Store {
  if (journal === undefined) return new Store()
  const store = new Store({ onCommit: (event) => journal.append(event) })
  store.restore(journal.objects, journal.revision)
  return store
}
