import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiAnswer, createApiClient } from './api-client.ts'
import { chosenServer, findAssets, type ServerName } from './assets.ts'
import type { AuditEvent, AuditOptions } from './audit-log.ts'
import { createEmbeddedServers } from './embedded-servers.ts'
import { runKubectl } from './kubectl.ts'
import { createRealServers } from './real-servers.ts'
import type { Servers } from './servers.ts'
import { runSmallKubectl } from './small-kubectl.ts'
import { startWatchdog } from './watchdog.ts'

export interface ControlPlaneOptions {
  /** Record requests in an audit log; `true` means the metadata of all. */
  readonly audit?: boolean | AuditOptions
  /** Users beside the admin, without any right until RBAC grants one; default: `restricted`. */
  readonly users?: readonly string[]
  /** Further flags of kube-apiserver; the embedded server has none of them. */
  readonly flags?: readonly string[]
  /**
   * Run what kube-controller-manager does too: Deployments and so on. Nodes keep the status they are given. Garbage collection
   * and the end of namespaces are always there on the embedded server, on the real one only with this.
   */
  readonly controllers?: boolean
  /** Default: as chosenServer() says. */
  readonly server?: ServerName
}

export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** An API server on loopback, in a process and a folder of its own: kube-apiserver with its etcd, or the embedded one. */
export interface ControlPlane {
  readonly dir: string
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  /** The admin's bearer token. */
  readonly token: string
  /** The admin's kubeconfig file. */
  readonly kubeconfig: string
  kubeconfigFor(user: string): string
  /** The bearer token of one of `users`. */
  tokenFor(user: string): string
  /** Answers stdout; a failure is thrown with stderr in its message. Without KUBEBUILDER_ASSETS it is small-kubectl.ts. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>
  /** One request as the admin, kept-alive connections; much cheaper than kubectl where a test makes a thousand objects. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer>
  /** Gives a user these rights, in one namespace or (without one) everywhere. */
  grant(user: string, rules: readonly PolicyRule[], namespace?: string): Promise<void>
  /** Ends the API server and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port and data; resolves when it is ready. */
  start(): Promise<void>
  restart(options?: { signal?: NodeJS.Signals; downMs?: number }): Promise<void>
  /** Drops the history. An API server started after this answers 410 to every older resourceVersion. */
  compact(): Promise<void>
  auditEvents(): Promise<AuditEvent[]>
  /** Ends what was started and removes the folder. */
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000

/** Starts an API server; ready in about 4 s on an idle machine, the embedded one in 1 s. Nothing outlives this process, however it ends. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'ostler-control-plane-'))
  const cleanUp = startWatchdog(dir)
  try {
    return await startIn(dir, options, cleanUp)
  } catch (error) {
    await cleanUp()
    throw error
  }
}

async function startIn(dir: string, options: ControlPlaneOptions, cleanUp: () => Promise<void>): Promise<ControlPlane> {
  const users = options.users ?? ['restricted']
  const tokens = new Map(['admin', ...users].map((user) => [user, randomBytes(16).toString('hex')]))
  const token = tokens.get('admin') as string
  const servers = await createServers(dir, tokens, options)
  const { url } = servers
  // Loopback only, and a real server's certificate comes with its first start.
  const admin = createApiClient({ url, token })
  const kubeconfig = join(dir, 'admin.kubeconfig')
  const controlPlane: ControlPlane = {
    ...{ dir, url, token, kubeconfig },
    get ca() {
      return servers.ca
    },
    kubeconfigFor: (user) => {
      controlPlane.tokenFor(user)
      return join(dir, `${user}.kubeconfig`)
    },
    tokenFor: (user) => {
      const known = tokens.get(user)
      if (known === undefined) throw new Error(`No user "${user}": name it in startControlPlane({ users })`)
      return known
    },
    kubectl: (args, stdin = '') => {
      const assets = findAssets()
      if (assets === undefined) return runSmallKubectl(kubeconfig, args, stdin)
      return runKubectl(join(assets, 'kubectl'), dir, args, stdin)
    },
    request: (method, path, body, contentType) => admin.request(method, path, body, { contentType }),
    grant: (user, rules, namespace) => grant(controlPlane, user, rules, namespace),
    kill: (signal) => servers.kill(signal),
    start: async () => {
      servers.start()
      await becomeReady(controlPlane, servers)
    },
    restart: async ({ signal = 'SIGTERM', downMs = 0 } = {}) => {
      await servers.kill(signal)
      await sleep(downMs)
      await controlPlane.start()
    },
    compact: () => servers.compact(),
    auditEvents: () => servers.auditEvents(),
    stop: async () => {
      admin.close()
      await servers.stop()
      await cleanUp()
    },
  }
  await controlPlane.start()
  for (const [user, userToken] of tokens) writeKubeconfig(dir, servers, user, userToken)
  servers.startControllers()
  return controlPlane
}

function createServers(
  dir: string,
  tokens: ReadonlyMap<string, string>,
  { audit = false, controllers = false, flags = [], server = chosenServer() }: ControlPlaneOptions,
): Promise<Servers> {
  if (server === 'embedded') {
    if (flags.length > 0) throw new Error(`Cannot give the embedded server flags of kube-apiserver: ${flags.join(' ')}`)
    return createEmbeddedServers({ dir, tokens, audit, controllers })
  }
  const assets = findAssets()
  if (assets === undefined) throw new Error('Cannot start a real control plane: KUBEBUILDER_ASSETS is not set')
  return createRealServers({ dir, tokens, audit, controllers, assets, flags })
}

function writeKubeconfig(dir: string, servers: Servers, user: string, token: string): void {
  const ca = Buffer.from(servers.ca).toString('base64')
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    clusters: [{ name: 'test', cluster: { server: servers.url, 'certificate-authority-data': ca } }],
    users: [{ name: user, user: { token } }],
  }
  writeFileSync(join(dir, `${user}.kubeconfig`), JSON.stringify(kubeconfig, undefined, 2))
}

/** Waits for /readyz, and for the namespace that nearly every test writes to: it comes a moment later. */
async function becomeReady(controlPlane: ControlPlane, servers: Servers): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (!((await answers(controlPlane, '/readyz')) && (await answers(controlPlane, '/api/v1/namespaces/default')))) {
    if (!servers.running) throw new Error(`The API server exited while it started:\n${servers.logTail()}`)
    if (Date.now() > deadline) throw new Error(`The API server is not ready after 60 s:\n${servers.logTail()}`)
    await sleep(100)
  }
}

async function answers(controlPlane: ControlPlane, path: string): Promise<boolean> {
  const answer = await controlPlane.request('GET', path).catch(() => undefined)
  return answer?.status === 200
}

let grants = 0

async function grant(
  controlPlane: ControlPlane,
  user: string,
  rules: readonly PolicyRule[],
  namespace: string | undefined,
): Promise<void> {
  const scope = namespace === undefined ? 'ClusterRole' : 'Role'
  const base = `/apis/rbac.authorization.k8s.io/v1${namespace === undefined ? '' : `/namespaces/${namespace}`}`
  const metadata = { name: `test-${user}-${++grants}` }
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: scope, name: metadata.name }
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }]
  await created(controlPlane, `${base}/${scope.toLowerCase()}s`, { metadata, rules })
  await created(controlPlane, `${base}/${scope.toLowerCase()}bindings`, { metadata, roleRef, subjects })
}

async function created(controlPlane: ControlPlane, path: string, body: unknown): Promise<void> {
  const answer = await controlPlane.request('POST', path, body)
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
}
