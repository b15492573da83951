import { homedir } from 'node:os'
import { loadConfig } from '../config/load.ts'
import { RuntimeError } from '../errors.ts'
import { startHost } from '../host.ts'
import { loadKubeConfig } from '../kube/kubeconfig.ts'
import { createLogger } from '../observe/log.ts'
import type { HostFlags } from './main.ts'
import { TRUST } from './run.ts'
import { stopSignal, untilStopped } from './until-stopped.ts'

/** For writing handlers: hot, readable logs, and only the cluster that was named. Resolves when the host has been stopped. */
export async function dev({ kubeconfig, context, listen, logLevel, ...flags }: HostFlags): Promise<void> {
  if (kubeconfig === undefined && context === undefined) {
    throw new RuntimeError(
      'KUBECONFIG_INVALID',
      'Cannot choose a cluster: pass --kubeconfig FILE or --context NAME (dev never takes one from the environment)',
    )
  }
  const asked = stopSignal()
  const config = await loadConfig({ file: flags.config, cwd: process.cwd() })
  const kubeConfig = loadKubeConfig({ kubeconfig, context, env: process.env, homeDir: homedir() })
  const log = createLogger({ format: 'text', level: logLevel })
  log.info(`This touches the cluster of ${kubeConfig.description}`)
  log.warn(TRUST)
  const host = await startHost({ config, kubeConfig, log, listen, watch: true })
  const names = config.controllers.map(({ name }) => name).join(', ')
  log.info(`Hosting ${names || 'no controller'} from ${config.file}; save a file to reload it`, { url: host.url })
  await untilStopped(host, log, asked)
}
