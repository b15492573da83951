import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { startLocalCluster } from './apiserver/local-cluster.ts'
import { loadConfig } from './config/load.ts'
import { startHost } from './host.ts'
import type { ControllerWrite } from './hosting/controller-write.ts'
import { createKubeClient } from './kube/client.ts'
import { Discovery } from './kube/discovery.ts'
import { loadKubeConfig } from './kube/kubeconfig.ts'
import { pathOf } from './kube/resource.ts'
import { isNotFound } from './kube/status-error.ts'
import { createLogger } from './observe/log.ts'
import { applyManifests, applyObject, type Cluster, servedResource } from './tools/apply-manifests.ts'
import { type ManifestObject, readManifests } from './tools/manifest-files.ts'
import { realClock } from './util/clock.ts'
import { version } from './util/version.ts'

export interface TestHostOptions {
  /** A config file; relative to `dir`. */
  readonly config?: string
  /** Or the entries of one, handlers relative to `dir`. */
  readonly controllers?: readonly { readonly name: string; readonly for: string; readonly handler: string }[]
  /** Patterns of files with CustomResourceDefinitions, relative to `dir`; beside the config's own. */
  readonly crds?: readonly string[]
  /** Default: the working folder. */
  readonly dir?: string
  /** Have Deployments, Jobs, Pods and the like advance as on a healthy cluster. */
  readonly simulateWorkloads?: boolean
  /** Where the host's log lines go; default: warnings and errors to stderr, so that a failing handler says why. */
  readonly onLog?: (line: string) => void
}

/** An event that a handler emitted. */
export interface TestEvent {
  readonly controller: string
  readonly type: string
  readonly reason: string
  readonly note: string
  readonly regarding: { readonly kind: string; readonly namespace?: string; readonly name: string }
}

/** A host and a cluster for it, both in this process. */
export interface TestHost {
  /** The cluster's, for kubectl and other clients. */
  readonly kubeconfig: string
  /** Events of handlers, in their order. */
  readonly events: readonly TestEvent[]
  /** All else that handlers changed, and the host for them: status, finalizers. */
  readonly writes: readonly ControllerWrite[]
  /** Creates or changes an object, as kubectl apply --server-side does; answers what is stored. */
  apply<Stored extends ManifestObject = ManifestObject>(object: ManifestObject): Promise<Stored>
  /** The object as the API server has it; undefined when there is none. */
  get<Stored extends ManifestObject = ManifestObject>(object: ManifestObject): Promise<Stored | undefined>
  /** Asks for the deletion of an object; it may wait for finalizers. */
  delete(object: ManifestObject): Promise<void>
  /**
   * Resolves when the host has done all that there is to do for objects as they are: every cache is up to date, no key is
   * queued, no call runs. What is due later (a requeue, a retry) is not waited for.
   * errors: Error naming what is still to be done, after `timeoutMs` (default 10 s)
   */
  idle(timeoutMs?: number): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MANAGER = 'ostler-testing'
const IDLE_WITHIN_MS = 10_000
const LOOK_EACH_MS = 5

/**
 * Starts the embedded API server and a host of these controllers, for tests of handlers: no cluster, no other process but
 * the handlers' own. One host can serve a whole file of tests; objects of other names keep them apart.
 * errors: RuntimeError of a config or CRDs that cannot be used, with the place; nothing is left running then
 */
export async function startTestHost(options: TestHostOptions): Promise<TestHost> {
  const dir = resolve(options.dir ?? process.cwd())
  // Ends what was started when a later step fails, else all of it is the caller's to close.
  await using started = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'ostler-test-'))
  started.defer(() => rmSync(folder, { recursive: true, force: true }))
  const config = await loadConfig({ file: configFile(options, dir, folder), cwd: dir })
  const crds = [...manifestsOf(dir, options.crds ?? []), ...manifestsOf(config.dir, config.crds)]
  const server = await startLocalCluster({ simulateWorkloads: options.simulateWorkloads ?? false })
  started.defer(() => server.close())
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, server.kubeconfig, { mode: 0o600 })
  const kubeConfig = loadKubeConfig({ kubeconfig, env: {}, homeDir: folder })
  const clock = realClock
  const client = createKubeClient({ kubeConfig, clock, userAgent: `ostler/${version}` })
  started.defer(() => client.close())
  const cluster: Cluster = { client, discovery: new Discovery(client, clock), clock, namespace: 'default' }
  await applyManifests(cluster, crds, MANAGER)
  const writes: ControllerWrite[] = []
  const events: TestEvent[] = []
  const onWrite = (write: ControllerWrite) => {
    const event = eventOf(write)
    if (event === undefined) writes.push(write)
    else events.push(event)
  }
  const { onLog } = options
  const write = onLog ?? ((line: string) => process.stderr.write(line))
  const level = onLog === undefined ? 'warn' : 'info'
  const log = createLogger({ format: 'text', color: false, level, out: { write: (line: string) => write(line) } })
  const host = await startHost({ config, kubeConfig, log, listen: '127.0.0.1:0', watch: false, onWrite })
  started.defer(() => host.stop(0))
  const parts = started.move()
  const close = () => parts.disposeAsync()
  return {
    kubeconfig,
    events,
    writes,
    apply: (object) => applyObject(cluster, object, MANAGER) as Promise<never>,
    get: (object) => get(cluster, object) as Promise<never>,
    delete: (object) => remove(cluster, object),
    async idle(timeoutMs = IDLE_WITHIN_MS) {
      for (const deadlineMs = clock.now() + timeoutMs; ; await clock.sleep(LOOK_EACH_MS)) {
        const busy = await host.busy()
        if (busy.length === 0) return
        if (clock.now() >= deadlineMs) throw new Error(`The host is not idle after ${timeoutMs} ms: ${busy.join('; ')}`)
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function configFile({ config, controllers = [] }: TestHostOptions, dir: string, folder: string): string {
  if (config !== undefined) return resolve(dir, config)
  const entries = controllers.map((entry) => ({
    ...entry,
    handler: isAbsolute(entry.handler) ? entry.handler : resolve(dir, entry.handler),
  }))
  const file = join(folder, 'ostler.yaml')
  writeFileSync(file, JSON.stringify({ apiVersion: 'ostler.dev/v1', kind: 'Ostler', controllers: entries }))
  return file
}

function manifestsOf(dir: string, patterns: readonly string[]) {
  return patterns.length === 0 ? [] : readManifests(dir, patterns)
}

async function pathTo(cluster: Cluster, object: ManifestObject): Promise<string> {
  const resource = await servedResource(cluster, object)
  const { name = '', namespace = cluster.namespace } = object.metadata ?? {}
  return pathOf(resource, { namespace, name })
}

async function get(cluster: Cluster, object: ManifestObject): Promise<unknown> {
  try {
    return JSON.parse((await cluster.client.request({ method: 'GET', path: await pathTo(cluster, object) })).text)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function remove(cluster: Cluster, object: ManifestObject): Promise<void> {
  await cluster.client.request({ method: 'DELETE', path: await pathTo(cluster, object) })
}

function eventOf({ controller, method, path, body }: ControllerWrite): TestEvent | undefined {
  if (method !== 'POST' || !path.endsWith('/events') || body === undefined) return undefined
  const { type, reason, note, regarding } = JSON.parse(body) as Omit<TestEvent, 'controller'>
  return { controller, type, reason, note, regarding }
}
