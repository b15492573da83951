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

export type ServerName = 'real' | 'embedded'

/**
 * The API server that end-to-end tests run against: the real one where there is one, and not told otherwise by
 * OSTLER_CONTROL_PLANE (`real` or `embedded`). kubectl is the real one wherever there is one.
 */
export function chosenServer(env: NodeJS.ProcessEnv = process.env): ServerName {
  const assets = findAssets(env)
  const asked = env.OSTLER_CONTROL_PLANE
  if (asked === undefined || asked === '') return assets === undefined ? 'embedded' : 'real'
  if (asked !== 'real' && asked !== 'embedded')
    throw new Error(`OSTLER_CONTROL_PLANE: "${asked}" is neither "real" nor "embedded"`)
  if (asked === 'real' && assets === undefined)
    throw new Error('OSTLER_CONTROL_PLANE is "real", and KUBEBUILDER_ASSETS is not set')
  return asked
}

/** True where kube-controller-manager is there too; envtest's own folder has none. */
export function hasControllerManager(): boolean {
  const folder = findAssets()
  return folder !== undefined && existsSync(join(folder, 'kube-controller-manager'))
}
