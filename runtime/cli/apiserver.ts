import { resolve } from 'node:path'
import { messageOf } from '../util/message-of.ts'
import { startLocalServer } from './local-server.ts'
import { stopSignal } from './until-stopped.ts'

export interface ApiServerFlags {
  readonly port: number
  readonly kubeconfigOut?: string
  readonly dataDir?: string
  readonly simulate?: readonly string[]
}

/** The embedded API server alone. Resolves when it has been stopped. errors: RuntimeError, as startLocalServer() */
export async function apiServer({ port, kubeconfigOut, dataDir, simulate = [] }: ApiServerFlags): Promise<void> {
  const asked = stopSignal()
  // A fault of ours in one corner, which has nobody to tell; all else goes on.
  process.on('unhandledRejection', (error) => reportFault(error, 'unhandled rejection'))
  const server = await startLocalServer({
    port,
    dataDir: dataDir === undefined ? undefined : resolve(dataDir),
    kubeconfigFile: kubeconfigOut === undefined ? undefined : resolve(kubeconfigOut),
    simulateWorkloads: simulate.includes('workloads'),
    onFault: reportFault,
  })
  const where = dataDir === undefined ? 'in memory' : `in ${resolve(dataDir)}`
  console.log(`The embedded API server answers at ${server.url}, its state ${where}`)
  console.log(`  export KUBECONFIG=${server.kubeconfigFile}`)
  await asked
  await server.close()
}

function reportFault(error: unknown, what: string): void {
  console.error(`Fault of the API server (${what}):`, error instanceof Error ? error.stack : messageOf(error))
}
