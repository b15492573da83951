import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Cluster, Context } from '@kubernetes/client-node/dist/config_types.js'
import { RuntimeError } from '../errors.ts'
import { inClusterConfig, isInCluster, SERVICE_ACCOUNT_DIR } from './in-cluster.ts'
import { type KubeConfigFile, type KubeUser, readKubeConfigFile } from './kubeconfig-file.ts'

/** One cluster and who we are there: what a kubeconfig or a service account comes down to. */
export interface KubeConfig {
  /** For people, without secrets: `context test, https://127.0.0.1:6443, user admin, from /home/me/.kube/config`. */
  readonly description: string
  readonly cluster: Cluster
  readonly user: KubeUser
  /** The namespace the context or the service account names. */
  readonly namespace: string | undefined
  /** It is a pod's service account. */
  readonly isInCluster?: boolean
}

export interface LoadKubeConfigOptions {
  /** `--kubeconfig`: this file only. */
  readonly kubeconfig?: string | undefined
  /** `--context`: instead of the file's current one. */
  readonly context?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDir: string
  /** Where a pod finds its service account. */
  readonly serviceAccountDir?: string
}

/**
 * Finds the cluster in kubectl's order: `kubeconfig`, the files in KUBECONFIG merged, `~/.kube/config`, the pod's service account.
 * errors:  KUBECONFIG_INVALID, saying what to do; never with a line of the file, which may hold a token
 */
export function loadKubeConfig(options: LoadKubeConfigOptions): KubeConfig {
  const files = findFiles(options)
  if (files.length > 0) return choose(merge(files.map(readKubeConfigFile)), options.context)
  const { env, serviceAccountDir = SERVICE_ACCOUNT_DIR } = options
  if (options.context === undefined && isInCluster(env)) return inClusterConfig(env, serviceAccountDir)
  throw invalid(
    `Cannot find a cluster: no kubeconfig at "${defaultFile(options)}", no KUBECONFIG, and not in a pod; pass --kubeconfig FILE`,
  )
}

const defaultFile = ({ homeDir }: LoadKubeConfigOptions) => join(homeDir, '.kube', 'config')

/** A file named alone must exist; of several in KUBECONFIG those that are missing are passed over, as kubectl does. */
function findFiles(options: LoadKubeConfigOptions): string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig]
  const named = (options.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  if (named.length === 0) return [defaultFile(options)].filter((file) => existsSync(file))
  const present = named.filter((file) => existsSync(file))
  return present.length > 0 ? present : named.slice(0, 1)
}

/** The first file to name something wins, the current context too: kubectl's rule (client-node throws on a name given twice). */
function merge(files: readonly KubeConfigFile[]): KubeConfigFile {
  const firstOf = <T extends { readonly name: string }>(lists: readonly (readonly T[])[]): T[] =>
    lists.flat().filter(({ name }, index, all) => all.findIndex((entry) => entry.name === name) === index)
  return {
    file: files.map(({ file }) => file).join(delimiter),
    currentContext: files.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    clusters: firstOf(files.map(({ clusters }) => clusters)),
    contexts: firstOf(files.map(({ contexts }) => contexts)),
    users: firstOf(files.map(({ users }) => users)),
  }
}

function choose(config: KubeConfigFile, wanted: string | undefined): KubeConfig {
  const context = contextOf(config, wanted)
  const cluster = clusterOf(config, context)
  const user = userOf(config, context)
  return {
    description: `context ${context.name}, ${cluster.server}, user ${user.name}, from ${config.file}`,
    cluster,
    user,
    namespace: context.namespace,
  }
}

function contextOf({ file, contexts, currentContext }: KubeConfigFile, wanted: string | undefined): Context {
  const name = wanted ?? currentContext
  if (name === undefined)
    throw invalid(`Cannot use kubeconfig "${file}": it has no current-context; pass --context NAME`)
  const context = contexts.find((candidate) => candidate.name === name)
  if (context !== undefined) return context
  const known = contexts.length === 0 ? 'no context' : contexts.map((candidate) => `"${candidate.name}"`).join(', ')
  throw invalid(`Cannot use context "${name}" of kubeconfig "${file}": it has ${known}; pass --context NAME`)
}

function clusterOf({ file, clusters }: KubeConfigFile, context: Context): Cluster {
  const cluster = clusters.find(({ name }) => name === context.cluster)
  const problem = cluster === undefined ? 'has no entry, or one without server' : problemOfServer(cluster)
  if (cluster !== undefined && problem === undefined) return cluster
  throw invalid(
    `Cannot use context "${context.name}" of kubeconfig "${file}": its cluster "${context.cluster}" ${problem}; mend it under clusters`,
  )
}

/** client-go takes a server without scheme as http; here that is refused, as nobody means to send a token that way. */
function problemOfServer({ server, proxyUrl }: Cluster): string | undefined {
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? ''))
    return `has the server ${JSON.stringify(server)}, which is no http(s) URL`
  if (proxyUrl && !/^(https?|socks5):$/.test(URL.parse(proxyUrl)?.protocol ?? ''))
    return 'has a proxy-url that is not http, https or socks5'
  return undefined
}

/** A context without user is anonymous, as in kubectl. */
function userOf({ file, users }: KubeConfigFile, context: Context): KubeUser {
  if (!context.user) return { name: 'anonymous' }
  const user = users.find(({ name }) => name === context.user)
  const problem = user === undefined ? 'has no entry' : user.problem
  if (user !== undefined && problem === undefined) return user
  throw invalid(
    `Cannot use context "${context.name}" of kubeconfig "${file}": its user "${context.user}" ${problem}; mend it under users`,
  )
}

const invalid = (message: string) => new RuntimeError('KUBECONFIG_INVALID', message)
