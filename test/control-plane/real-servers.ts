import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuditOptions, auditPolicy, parseAuditLog } from './audit-log.ts'
import { Daemon } from './daemon.ts'
import { findLoopbackPort } from './loopback-port.ts'
import type { Servers, ServersOptions } from './servers.ts'

export interface RealServersOptions extends ServersOptions {
  /** The folder with the programs. */
  readonly assets: string
  /** Further ones of kube-apiserver. */
  readonly flags: readonly string[]
}

/** etcd, which is started at once, kube-apiserver, and kube-controller-manager. */
export async function createRealServers(options: RealServersOptions): Promise<Servers> {
  const { dir, tokens, assets, audit, controllers, flags } = options
  const [port, etcdPort, peerPort] = await distinctPorts()
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const auditLog = join(dir, 'audit.log')

  writeSecrets(dir, tokens)
  const etcd = new Daemon(dir, 'etcd', etcdCommand(join(assets, 'etcd'), dir, etcdUrl, `http://127.0.0.1:${peerPort}`))
  const apiserver = new Daemon(dir, 'kube-apiserver', [
    join(assets, 'kube-apiserver'),
    ...apiserverArguments(dir, etcdUrl, port),
    ...auditFlags(dir, auditLog, audit),
    ...flags,
  ])
  const controllerManager = new Daemon(
    dir,
    'kube-controller-manager',
    controllerManagerCommand(join(assets, 'kube-controller-manager'), dir),
  )
  etcd.start()
  return {
    url: `https://127.0.0.1:${port}`,
    get running() {
      return apiserver.running
    },
    // Made by the server itself at its first start, and signed by itself.
    get ca() {
      return readFileSync(join(dir, 'certs', 'apiserver.crt'), 'utf8')
    },
    start: () => apiserver.start(),
    kill: async (signal) => {
      await apiserver.stop(signal)
    },
    startControllers: () => {
      if (controllers) controllerManager.start()
    },
    compact: () => compact(etcdUrl),
    logTail: () => apiserver.logTail(),
    auditEvents: async () => (existsSync(auditLog) ? parseAuditLog(await readFile(auditLog, 'utf8')) : []),
    stop: async () => {
      await Promise.all([controllerManager, apiserver, etcd].map((daemon) => daemon.stop('SIGKILL')))
    },
  }
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

function auditFlags(dir: string, auditLog: string, audit: boolean | AuditOptions): string[] {
  if (audit === false) return []
  const policy = join(dir, 'audit-policy.json')
  writeFileSync(policy, auditPolicy(audit === true ? {} : audit))
  // Mode blocking (the default) writes an event before its request is answered: what a test has seen, the log has.
  return ['--audit-policy-file', policy, '--audit-log-path', auditLog, '--audit-log-maxsize', '0']
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
