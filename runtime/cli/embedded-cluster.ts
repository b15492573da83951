import { dirname } from 'node:path'
import { createKubeClient } from '../kube/client.ts'
import { Discovery } from '../kube/discovery.ts'
import { type KubeConfig, loadKubeConfig } from '../kube/kubeconfig.ts'
import type { Cluster } from '../tools/apply-manifests.ts'
import { realClock } from '../util/clock.ts'
import { version } from '../util/version.ts'
import { type LocalServer, type LocalServerOptions, startLocalServer } from './local-server.ts'

/** Manager of the fields that these commands apply. */
export const MANAGER = 'ostler-cli'

/** The server, and a client of it. */
export interface EmbeddedCluster extends Cluster, LocalServer {
  readonly kubeConfig: KubeConfig
}

/** errors: RuntimeError, as startLocalServer() */
export async function startEmbeddedCluster(options: LocalServerOptions = {}): Promise<EmbeddedCluster> {
  const { url, kubeconfigFile, close } = await startLocalServer(options)
  const kubeConfig = loadKubeConfig({ kubeconfig: kubeconfigFile, env: {}, homeDir: dirname(kubeconfigFile) })
  const client = createKubeClient({ kubeConfig, clock: realClock, userAgent: `ostler/${version}` })
  return {
    url,
    kubeconfigFile,
    kubeConfig,
    client,
    discovery: new Discovery(client, realClock),
    clock: realClock,
    namespace: 'default',
    async close() {
      await client.close()
      await close()
    },
  }
}
