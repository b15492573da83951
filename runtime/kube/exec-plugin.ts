import { type SpawnOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import type { Cluster } from '@kubernetes/client-node/dist/config_types.js'
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js'
import { RuntimeError } from '../errors.ts'
import { messageOf } from '../util/message-of.ts'
import { ApiUnreachableError } from './api-unreachable.ts'
import type { KubeUser } from './kubeconfig-file.ts'

/** What a plugin answered: a token, a client certificate (PEM), or both. */
export interface ExecCredential {
  readonly authorization: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** A kubeconfig's `users[].user.exec`. */
interface ExecConfig {
  readonly apiVersion?: string
  readonly command: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null
  readonly installHint?: string
  readonly provideClusterInfo?: boolean
}

/** A plugin talks to a login service; one that hangs must not hold every request for ever. */
const TIMEOUT_MS = 60_000

/** Of what a failed plugin wrote to stderr. */
const MAX_STDERR_CHARS = 500

/**
 * Builds the function that runs the plugin, or answers from client-node's cache until the credential expires.
 * A plugin to be asked anew is built anew.
 * errors:  KUBECONFIG_INVALID when it cannot run or does not answer an ExecCredential, API_UNREACHABLE when it fails.
 *          What it printed is never shown: it may be the token.
 */
export function createExecPlugin(user: KubeUser, cluster: Cluster): () => Promise<ExecCredential> {
  const exec = user.exec as ExecConfig
  const auth = new ExecAuth()
  Object.assign(auth, { execFn: spawnPlugin } as object)
  const prepared = { ...user, exec: { ...exec, env: [...(exec.env ?? []), execInfo(exec, cluster)] } }
  return async () => {
    const options: RequestOptions = { headers: {} }
    await auth.applyAuthentication(prepared, options).catch((error: unknown) => {
      throw failureOf(exec, error)
    })
    const { Authorization } = options.headers as { Authorization?: string }
    const { cert, key } = options as { cert?: string; key?: string }
    if (Authorization === undefined && cert === undefined) throw invalid(exec, 'it gave neither token nor certificate')
    return { authorization: Authorization, cert, key }
  }
}

/** In place of ExecAuth's own, which has no time limit and leaves stdin open to a plugin that asks for a password. */
function spawnPlugin(command: string, args: readonly string[] | undefined, options: SpawnOptions) {
  return spawn(command, args ?? [], { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
}

/** What client-go tells every plugin and ExecAuth does not. */
function execInfo({ apiVersion, provideClusterInfo }: ExecConfig, cluster: Cluster): { name: string; value: string } {
  const spec = { interactive: false, ...(provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) }
  return { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec }) }
}

function clusterInfo({ server, tlsServerName, skipTLSVerify, caData, caFile, proxyUrl }: Cluster): object {
  return {
    server,
    'tls-server-name': tlsServerName,
    'insecure-skip-tls-verify': skipTLSVerify,
    'certificate-authority-data': caData ?? (caFile === undefined ? undefined : readFileSync(caFile, 'base64')),
    'proxy-url': proxyUrl,
  }
}

/** ExecAuth fails with the plugin's stderr, spawn's error, or whatever parsing and reading its answer threw. */
function failureOf(exec: ExecConfig, error: unknown): RuntimeError {
  if (error instanceof SyntaxError || error instanceof TypeError) return invalid(exec, 'it printed no ExecCredential')
  if ((error as NodeJS.ErrnoException).syscall !== undefined)
    return invalid(exec, [messageOf(error), exec.installHint].filter(Boolean).join('. '))
  const stderr = messageOf(error).trim().slice(-MAX_STDERR_CHARS)
  const cause = new Error(stderr || 'it failed or took too long, and said nothing')
  return new ApiUnreachableError(`log in by exec plugin "${exec.command}"`, { cause, notSent: true })
}

const invalid = ({ command }: ExecConfig, problem: string) =>
  new RuntimeError('KUBECONFIG_INVALID', `Cannot log in by exec plugin "${command}": ${problem}`)
