import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findAssets } from './assets.ts'
import { type AuditEvent, type AuditOptions, auditPolicy, parseAuditLog } from './audit-log.ts'
import { Daemon } from './daemon.ts'
import { findLoopbackPort } from './loopback-port.ts'
import { startWatchdog } from './watchdog.ts'

export interface ControlPlaneOptions {
  /** Record requests in an audit log; `true` means the metadata of all. */
  readonly audit?: boolean | AuditOptions
  /** Users beside the admin, without any right until RBAC grants one; default: `restricted`. */
  readonly users?: readonly string[]
  /** Further flags of kube-apiserver. */
  readonly flags?: readonly string[]
  /** Run kube-controller-manager too: Deployments, garbage collection, namespaces. Nodes keep the status they are given. */
  readonly controllers?: boolean
}

export interface ApiAnswer {
  readonly status: number
  /** Parsed where the answer is JSON, else its text. */
  readonly body: unknown
}

export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** A real API server and its etcd, on loopback, in a folder of their own. */
export interface ControlPlane {
  readonly dir: string
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  /** The admin's bearer token. */
  readonly token: string
  /** The admin's kubeconfig file. */
  readonly kubeconfig: string
  kubeconfigFor(user: string): string
  /** Answers stdout; a failure is thrown with stderr in its message. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>
  /** One request as the admin, kept-alive connections; much cheaper than kubectl where a test makes a thousand objects. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer>
  /** Gives a user these rights, in one namespace or (without one) everywhere. */
  grant(user: string, rules: readonly PolicyRule[], namespace?: string): Promise<void>
  /** Ends kube-apiserver and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts kube-apiserver again on the same port and data; resolves when it is ready. */
  start(): Promise<void>
  restart(options?: { signal?: NodeJS.Signals; downMs?: number }): Promise<void>
  /** Drops etcd's history. An API server started after this answers 410 to every older resourceVersion. */
  compact(): Promise<void>
  auditEvents(): Promise<AuditEvent[]>
  /** Ends what was started and removes the folder. */
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000

/** Starts etcd and kube-apiserver; ready in about 4 s on an idle machine. Nothing outlives this process, however it ends. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const assets = findAssets()
  if (assets === undefined) throw new Error('Cannot start a control plane: KUBEBUILDER_ASSETS is not set')
  const dir = mkdtempSync(join(tmpdir(), 'ostler-control-plane-'))
  const cleanUp = startWatchdog(dir)
  try {
    return await startIn(dir, assets, options, cleanUp)
  } catch (error) {
    await cleanUp()
    throw error
  }
}

async function startIn(
  dir: string,
  assets: string,
  options: ControlPlaneOptions,
  cleanUp: () => Promise<void>,
): Promise<ControlPlane> {
  const users = options.users ?? ['restricted']
  const tokens = new Map(['admin', ...users].map((user) => [user, randomBytes(16).toString('hex')]))
  const token = tokens.get('admin') as string
  const [port, etcdPort, peerPort] = await distinctPorts()
  const url = `https://127.0.0.1:${port}`
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const auditLog = join(dir, 'audit.log')

  writeSecrets(dir, tokens)
  const etcd = new Daemon(dir, 'etcd', etcdCommand(join(assets, 'etcd'), dir, etcdUrl, `http://127.0.0.1:${peerPort}`))
  const apiserverFlags = [...auditFlags(dir, auditLog, options.audit), ...(options.flags ?? [])]
  const apiserver = new Daemon(dir, 'kube-apiserver', [
    join(assets, 'kube-apiserver'),
    ...apiserverArguments(dir, etcdUrl, port),
    ...apiserverFlags,
  ])
  const controllerManager = new Daemon(
    dir,
    'kube-controller-manager',
    controllerManagerCommand(join(assets, 'kube-controller-manager'), dir),
  )
  // Loopback only, and the certificate is made by the server itself at its first start.
  const agent = new Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false })
  const controlPlane: ControlPlane = {
    dir,
    url,
    token,
    kubeconfig: join(dir, 'admin.kubeconfig'),
    kubeconfigFor: (user) => {
      if (!tokens.has(user)) throw new Error(`No user "${user}": name it in startControlPlane({ users })`)
      return join(dir, `${user}.kubeconfig`)
    },
    kubectl: (args, stdin) => runKubectl(join(assets, 'kubectl'), dir, args, stdin),
    request: (method, path, body, contentType) => send(agent, url, token, { method, path, body, contentType }),
    grant: (user, rules, namespace) => grant(controlPlane, user, rules, namespace),
    kill: async (signal) => {
      await apiserver.stop(signal)
    },
    start: async () => {
      apiserver.start()
      await becomeReady(controlPlane, apiserver)
    },
    restart: async ({ signal = 'SIGTERM', downMs = 0 } = {}) => {
      await apiserver.stop(signal)
      await sleep(downMs)
      await controlPlane.start()
    },
    compact: () => compact(etcdUrl),
    auditEvents: async () => (existsSync(auditLog) ? parseAuditLog(await readFile(auditLog, 'utf8')) : []),
    stop: async () => {
      agent.destroy()
      // Nothing of the data is kept, so nothing is to be closed in order.
      await Promise.all([controllerManager, apiserver, etcd].map((daemon) => daemon.stop('SIGKILL')))
      await cleanUp()
    },
  }
  etcd.start()
  await controlPlane.start()
  for (const [user, userToken] of tokens) writeKubeconfig(dir, url, user, userToken)
  if (options.controllers === true) controllerManager.start()
  return controlPlane
}

async function distinctPorts(): Promise<[number, number, number]> {
  const ports = new Set<number>()
  while (ports.size < 3) ports.add(await findLoopbackPort())
  return [...ports] as [number, number, number]
}

function writeSecrets(dir: string, tokens: ReadonlyMap<string, string>): void {
  const groups = (user: string) => (user === 'admin' ? ',system:masters' : '')
  const lines = [...tokens].map(([user, token]) => `${token},${user},${user}${groups(user)}\n`)
  writeFileSync(join(dir, 'tokens.csv'), lines.join(''))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  writeFileSync(join(dir, 'service-account.key'), privateKey.export({ type: 'sec1', format: 'pem' }))
}

function etcdCommand(program: string, dir: string, clientUrl: string, peerUrl: string): [string, ...string[]] {
  const listen = [
    '--listen-client-urls',
    clientUrl,
    '--advertise-client-urls',
    clientUrl,
    '--listen-peer-urls',
    peerUrl,
  ]
  const cluster = ['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`]
  return [program, '--data-dir', join(dir, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error', ...listen, ...cluster]
}

function apiserverArguments(dir: string, etcdUrl: string, port: number): string[] {
  mkdirSync(join(dir, 'certs'))
  const key = join(dir, 'service-account.key')
  return [
    ...['--etcd-servers', etcdUrl, '--bind-address', '127.0.0.1', '--secure-port', String(port)],
    ...['--cert-dir', join(dir, 'certs'), '--token-auth-file', join(dir, 'tokens.csv'), '--authorization-mode', 'RBAC'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', key],
    ...['--service-account-signing-key-file', key, '--service-cluster-ip-range', '10.96.0.0/16'],
    ...['--endpoint-reconciler-type', 'none', '--allow-privileged', '--profiling=false', '--v', '1'],
  ]
}

function controllerManagerCommand(program: string, dir: string): [string, ...string[]] {
  const key = join(dir, 'service-account.key')
  // Those of a cloud or of kubelets: they would find the nodes that tests make by hand dead, and evict their pods.
  const without = ['nodeipam', 'route', 'service-lb-controller', 'cloud-node-lifecycle', 'nodelifecycle']
  return [
    ...[program, '--kubeconfig', join(dir, 'admin.kubeconfig'), '--leader-elect=false', '--secure-port', '0'],
    ...['--use-service-account-credentials=false', '--service-account-private-key-file', key],
    ...['--controllers', ['*', ...without.map((name) => `-${name}`)].join()],
  ] as [string, ...string[]]
}

function auditFlags(dir: string, auditLog: string, audit: boolean | AuditOptions | undefined): string[] {
  if (audit === undefined || audit === false) return []
  const policy = join(dir, 'audit-policy.json')
  writeFileSync(policy, auditPolicy(audit === true ? {} : audit))
  // Mode blocking (the default) writes an event before its request is answered: what a test has seen, the log has.
  return ['--audit-policy-file', policy, '--audit-log-path', auditLog, '--audit-log-maxsize', '0']
}

function writeKubeconfig(dir: string, url: string, user: string, token: string): void {
  const ca = readFileSync(join(dir, 'certs', 'apiserver.crt')).toString('base64')
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': ca } }],
    users: [{ name: user, user: { token } }],
  }
  writeFileSync(join(dir, `${user}.kubeconfig`), JSON.stringify(kubeconfig, undefined, 2))
}

/** Waits for /readyz, and for the namespace that nearly every test writes to: it comes a moment later. */
async function becomeReady(controlPlane: ControlPlane, apiserver: Daemon): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (!((await answers(controlPlane, '/readyz')) && (await answers(controlPlane, '/api/v1/namespaces/default')))) {
    if (!apiserver.running) throw new Error(`kube-apiserver exited while it started:\n${apiserver.logTail()}`)
    if (Date.now() > deadline) throw new Error(`kube-apiserver is not ready after 60 s:\n${apiserver.logTail()}`)
    await sleep(100)
  }
}

async function answers(controlPlane: ControlPlane, path: string): Promise<boolean> {
  const answer = await controlPlane.request('GET', path).catch(() => undefined)
  return answer?.status === 200
}

interface Sending {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly contentType: string | undefined
}

function send(
  agent: Agent,
  url: string,
  token: string,
  { method, path, body, contentType }: Sending,
): Promise<ApiAnswer> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' }
  const payload = body === undefined ? undefined : JSON.stringify(body)
  if (payload !== undefined) {
    headers['content-type'] = contentType ?? defaultContentType(method)
    // Node.js sends none with a DELETE, and its body would be read as the connection's next request.
    headers['content-length'] = String(Buffer.byteLength(payload))
  }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(new URL(path, url), { agent, method, headers, timeout: 30_000 }, async (response) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString()
        const isJson = response.headers['content-type']?.startsWith('application/json') === true
        resolve({ status: response.statusCode as number, body: isJson ? JSON.parse(text) : text })
      } catch (error) {
        reject(error)
      }
    })
    request.once('error', reject)
    request.once('timeout', () => request.destroy(new Error(`${method} ${path}: no answer within 30 s`)))
    request.end(payload)
  })
}

function defaultContentType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}

function runKubectl(program: string, dir: string, args: readonly string[], stdin?: string): Promise<string> {
  // A cache of its own, or discovery would be read from another cluster that had this port, and HOME would be written to.
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    KUBECACHEDIR: join(dir, 'kubectl-cache'),
    KUBECONFIG: join(dir, 'admin.kubeconfig'),
  }
  return new Promise((resolve, reject) => {
    const options = { env, cwd: process.cwd(), maxBuffer: 64 << 20, timeout: 120_000 }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }))
    })
    child.stdin?.on('error', () => {}) // it may end without reading; its exit code tells
    child.stdin?.end(stdin)
  })
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

/** By etcd's JSON gateway: reads the present revision, then compacts up to it. */
async function compact(etcdUrl: string): Promise<void> {
  const post = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
    const response = await fetch(`${etcdUrl}${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { header: { revision: string } }
  }
  const { header } = await post('/v3/kv/range', { key: Buffer.from('/').toString('base64') })
  await post('/v3/kv/compaction', { revision: header.revision, physical: true })
}
