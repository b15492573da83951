import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { LocalCluster } from '../apiserver/local-cluster.ts'
import { RuntimeError } from '../errors.ts'
import { messageOf } from '../util/message-of.ts'

export interface LocalServerOptions {
  /** Default: a free one. */
  readonly port?: number | undefined
  /** Where the state outlives the process; default: memory alone. */
  readonly dataDir?: string | undefined
  /** Default: in a folder for temporary files, and gone with the server. */
  readonly kubeconfigFile?: string | undefined
  readonly simulateWorkloads?: boolean
  readonly onFault?: (error: unknown, what: string) => void
}

export interface LocalServer {
  readonly url: string
  /** The admin's. */
  readonly kubeconfigFile: string
  close(): Promise<void>
}

/**
 * Starts the embedded API server, and writes its admin's kubeconfig once it answers.
 * errors: RuntimeError LISTEN_FAILED, DATA_DIR_UNUSABLE, KUBECONFIG_INVALID
 */
export async function startLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  const { port = 0, dataDir, simulateWorkloads = false, onFault = () => {} } = options
  // A file of its own in production (.ci/build.ts), which no host there reads.
  const { startLocalCluster } = await import('../apiserver/local-cluster.ts')
  const server = await startLocalCluster({ port, dataDir, simulateWorkloads, onFault })
  try {
    const kubeconfigFile = options.kubeconfigFile ?? join(mkdtempSync(join(tmpdir(), 'ostler-')), 'kubeconfig')
    writeKubeconfig(kubeconfigFile, server)
    return {
      url: server.url,
      kubeconfigFile,
      async close() {
        await server.close()
        if (options.kubeconfigFile === undefined) rmSync(dirname(kubeconfigFile), { recursive: true, force: true })
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

function writeKubeconfig(file: string, { kubeconfig }: LocalCluster): void {
  try {
    writeFileSync(file, kubeconfig, { mode: 0o600 })
  } catch (cause) {
    throw new RuntimeError('KUBECONFIG_INVALID', `Cannot write the kubeconfig: ${messageOf(cause)}`, { cause })
  }
}
