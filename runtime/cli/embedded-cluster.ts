import { dirname } from 'node:path'
import { createKubeClient } from '../kube/client.ts'
import { Discovery } from '../kube/discovery.ts'
import { type KubeConfig, loadKubeConfig } from '../kube/kubeconfig.ts'
import { applyObject, type Cluster } from '../tools/apply-manifests.ts'
import type { Manifest } from '../tools/manifest-files.ts'
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

/** Applies objects in their order; of what the API server refuses the error names the file. */
export async function applyManifests(cluster: EmbeddedCluster, manifests: readonly Manifest[]): Promise<void> {
  for (const { file, object } of manifests) {
    try {
      await applyObject(cluster, object, MANAGER)
    } catch (cause) {
      throw new Error(
        `Cannot apply ${object.kind} "${object.metadata?.name}" of "${file}": ${(cause as Error).message}`,
        {
          cause,
        },
      )
    }
  }
}
