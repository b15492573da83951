import { existsSync } from 'node:fs'
import { join } from 'node:path'

const NEEDED = ['etcd', 'kube-apiserver', 'kubectl']

/**
 * The folder that holds the control plane's programs, by envtest's convention: KUBEBUILDER_ASSETS.
 * Undefined where it is not set; a folder that lacks a program is an error, or a typing error would pass for "no control plane".
 */
export function findAssets(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = env.KUBEBUILDER_ASSETS
  if (folder === undefined || folder === '') return undefined
  const missing = NEEDED.filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0) throw new Error(`KUBEBUILDER_ASSETS: "${folder}" has no ${missing.join(', ')}`)
  return folder
}

/** True where kube-controller-manager is there too; envtest's own folder has none. */
export function hasControllerManager(): boolean {
  const folder = findAssets()
  return folder !== undefined && existsSync(join(folder, 'kube-controller-manager'))
}
