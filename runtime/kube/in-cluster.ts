import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { RuntimeError } from '../errors.ts'
import type { KubeConfig } from './kubeconfig.ts'

/** Where the kubelet mounts a pod's service account. */
export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

type Env = Readonly<Record<string, string | undefined>>

export function isInCluster(env: Env): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT)
}

/** The pod's own cluster; token and CA stay files, as the kubelet rotates them. KUBECONFIG_INVALID when they are missing. */
export function inClusterConfig(env: Env, dir: string): KubeConfig {
  const tokenFile = join(dir, 'token')
  const caFile = join(dir, 'ca.crt')
  for (const file of [tokenFile, caFile]) if (!existsSync(file)) throw missing(file)
  const host = env.KUBERNETES_SERVICE_HOST ?? ''
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT}`
  return {
    description: `in-cluster service account, ${server}, from ${dir}`,
    cluster: { name: 'in-cluster', server, caFile, skipTLSVerify: false },
    user: { name: 'service-account', tokenFile },
    namespace: readNamespace(join(dir, 'namespace')),
    isInCluster: true,
  }
}

function readNamespace(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

const missing = (file: string) =>
  new RuntimeError(
    'KUBECONFIG_INVALID',
    `Cannot use the pod's service account: "${file}" is missing; set automountServiceAccountToken or pass --kubeconfig FILE`,
  )
