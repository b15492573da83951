import { homedir } from 'node:os'
import { loadKubeConfig } from '../kube/kubeconfig.ts'
import { finalizerOf, removeFinalizers } from '../tools/finalizers.ts'

export interface RemoveFlags {
  readonly config?: string
  readonly kubeconfig?: string
  readonly context?: string
  readonly dryRun?: boolean
}

/** Takes a retired controller's finalizer off all objects; true when none bears it any more (or would). */
export async function removeFinalizersCommand(name: string, flags: RemoveFlags): Promise<boolean> {
  const { config, kubeconfig, context, dryRun = false } = flags
  const kubeConfig = loadKubeConfig({ kubeconfig, context, env: process.env, homeDir: homedir() })
  console.log(`${dryRun ? 'Looking for' : 'Removing'} ${finalizerOf(name)} in the cluster of ${kubeConfig.description}`)
  const { objects, isComplete } = await removeFinalizers({
    name,
    kubeConfig,
    dryRun,
    config,
    cwd: process.cwd(),
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
  })
  const count = `${objects} ${objects === 1 ? 'object' : 'objects'}`
  console.log(dryRun ? `It would be taken off ${count}; nothing has been changed` : `Taken off ${count}`)
  if (!isComplete) console.error('Not everything could be looked at or changed: run it again')
  return isComplete
}
