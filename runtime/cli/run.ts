import { homedir } from 'node:os'
import { loadConfig } from '../config/load.ts'
import { startHost } from '../host.ts'
import { loadKubeConfig } from '../kube/kubeconfig.ts'
import { createLogger } from '../observe/log.ts'
import type { HostFlags } from './main.ts'
import { stopSignal, untilStopped } from './until-stopped.ts'

/** Production: JSON logs, the cluster of the environment. Resolves when the host has been stopped. */
export async function run({ kubeconfig, context, listen, logLevel, watch, ...flags }: HostFlags): Promise<void> {
  const asked = stopSignal()
  const config = await loadConfig({ file: flags.config, cwd: process.cwd() })
  const kubeConfig = loadKubeConfig({ kubeconfig, context, env: process.env, homeDir: homedir() })
  const log = createLogger({ format: 'json', level: logLevel })
  log.info(`Hosting ${config.controllers.length} controllers`, { config: config.file, cluster: kubeConfig.description })
  log.warn(TRUST)
  const host = await startHost({ config, kubeConfig, log, listen, watch })
  log.info('Listening', { url: host.url })
  await untilStopped(host, log, asked)
}

/** Said until the kernel's own layer exists. */
export const TRUST =
  'Handlers must be trusted: they run in processes of their own without permissions, but the kernel does not confine them yet'
