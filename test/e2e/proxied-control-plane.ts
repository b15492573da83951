import { join } from 'node:path'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type FaultyProxy, startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { installTrials, type Trials } from './trials.ts'

/** A control plane that has the kind Trial, and a proxy before it that sees what hosts ask for. */
export interface ProxiedControlPlane {
  readonly controlPlane: ControlPlane
  readonly proxy: FaultyProxy
  readonly trials: Trials
  /** Leads through the proxy. */
  readonly kubeconfig: string
  stop(): Promise<void>
}

export async function startProxiedControlPlane(): Promise<ProxiedControlPlane> {
  const controlPlane = await startControlPlane()
  const trials = await installTrials(controlPlane)
  const proxy = await startFaultyProxy(controlPlane)
  const kubeconfig = join(controlPlane.dir, 'proxy.kubeconfig')
  proxy.writeKubeconfig(kubeconfig)
  return {
    controlPlane,
    proxy,
    trials,
    kubeconfig,
    stop: async () => {
      await proxy.close()
      await controlPlane.stop()
    },
  }
}
