import { execFileSync } from 'node:child_process'
import { readDistilledKinds } from '../../runtime/apiserver/kinds/distilled-kinds.ts'

/**
 * The folder of a Go module of Kubernetes, `api` for k8s.io/api, in the version that kinds.json is of; downloaded where it is missing.
 * errors: Error without go, and for a version that has no such module
 */
export function goModuleFolder(name: string): string {
  const { gitVersion = '' } = readDistilledKinds().version
  const module = `k8s.io/${name}@${moduleVersion(gitVersion)}`
  const told = execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' })
  return (JSON.parse(told) as { Dir: string }).Dir
}

/** `v1.36.3` has its modules in `v0.36.3`. */
function moduleVersion(gitVersion: string): string {
  return gitVersion.replace(/^v1\./, 'v0.')
}
