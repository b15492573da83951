import { join } from 'node:path'
import { type FaultyProxy, startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { startTrialServer, type TrialServer } from './trial-bench.ts'

/** Hosts reach it through a proxy, which sees what they ask for. */
export interface ProxiedControlPlane extends TrialServer {
  readonly proxy: FaultyProxy
}

export async function startProxiedControlPlane(): Promise<ProxiedControlPlane> {
  const server = await startTrialServer()
  const { controlPlane } = server
  const proxy = await startFaultyProxy(controlPlane)
  const kubeconfig = join(controlPlane.dir, 'proxy.kubeconfig')
  proxy.writeKubeconfig(kubeconfig)
  return {
    ...server,
    proxy,
    kubeconfig,
    stop: async () => {
      await proxy.close()
      await server.stop()
    },
  }
}
