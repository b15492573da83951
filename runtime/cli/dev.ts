import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { RuntimeError } from '../errors.ts'
import { type Host, startHost } from '../host.ts'
import type { ControllerWrite } from '../hosting/controller-write.ts'
import { loadKubeConfig } from '../kube/kubeconfig.ts'
import { createLogger, type Logger } from '../observe/log.ts'
import { applyManifests } from '../tools/apply-manifests.ts'
import { type Manifest, type ManifestObject, readManifests } from '../tools/manifest-files.ts'
import { readSamples, type Sample } from '../tools/samples.ts'
import type { Gvk } from '../util/gvk.ts'
import type { EmbeddedCluster } from './embedded-cluster.ts'
import type { HostFlags } from './main.ts'
import { TRUST } from './run.ts'
import { stopSignal, untilStopped } from './until-stopped.ts'

export interface DevFlags extends HostFlags {
  /** A folder of samples to apply to the embedded API server. */
  readonly samples?: string
  /** End once all of them have led to what they promise. */
  readonly once?: boolean
  readonly simulate?: readonly string[]
}

/**
 * For writing handlers: hot, readable logs, and the embedded API server unless a cluster was named. Resolves when the host
 * has been stopped; false: samples that it was to wait for have not led to what they promise.
 */
export async function dev(flags: DevFlags): Promise<boolean> {
  const asked = stopSignal()
  const config = await loadConfig({ file: flags.config, cwd: process.cwd() })
  const log = createLogger({ format: 'text', level: flags.logLevel })
  const isEmbedded = flags.kubeconfig === undefined && flags.context === undefined
  return isEmbedded ? devOnEmbedded(flags, config, log, asked) : devOnCluster(flags, config, log, asked)
}

async function devOnCluster(
  { kubeconfig, context, listen, samples, once }: DevFlags,
  config: Config,
  log: Logger,
  asked: Promise<NodeJS.Signals>,
): Promise<boolean> {
  if (once)
    throw new RuntimeError(
      'CONFIG_INVALID',
      '--once is for the embedded API server: leave out --kubeconfig and --context',
    )
  const kubeConfig = loadKubeConfig({ kubeconfig, context, env: process.env, homeDir: homedir() })
  log.info(`This touches the cluster of ${kubeConfig.description}`)
  if (samples !== undefined)
    log.info(`Samples are for the embedded API server; to try them here: kubectl apply -f ${samples}`)
  log.warn(TRUST)
  const host = await startHost({ config, kubeConfig, log, listen, watch: true, onWrite: sayWrites(log) })
  sayHosting(config, log, host)
  await untilStopped(host, log, asked)
  return true
}

async function devOnEmbedded(
  flags: DevFlags,
  config: Config,
  log: Logger,
  asked: Promise<NodeJS.Signals>,
): Promise<boolean> {
  // Read before anything starts: what is wrong with them is known at once.
  const samples = flags.samples === undefined ? [] : readSamples(resolve(flags.samples))
  const crds = config.crds.length === 0 ? [] : readManifests(config.dir, config.crds)
  const { startEmbeddedCluster, MANAGER } = await import('./embedded-cluster.ts')
  const cluster = await startEmbeddedCluster({ simulateWorkloads: flags.simulate?.includes('workloads') ?? false })
  log.info(`The embedded API server is up, in memory: export KUBECONFIG=${cluster.kubeconfigFile}`, {
    url: cluster.url,
  })
  try {
    await applyManifests(cluster, crds, MANAGER)
    await sayUnserved(cluster, config, [...crds, ...samples.flatMap(({ objects }) => objects)], log)
    log.warn(TRUST)
    const { kubeConfig } = cluster
    const host = await startHost({
      config,
      kubeConfig,
      log,
      listen: flags.listen,
      watch: true,
      onWrite: sayWrites(log),
    })
    sayHosting(config, log, host)
    return await tell({ cluster, host, samples, log, asked, once: flags.once === true })
  } finally {
    await cluster.close()
  }
}

/** A host on a cluster may well be earlier than its CRDs; here nobody else brings them. */
async function sayUnserved(
  { discovery }: EmbeddedCluster,
  { controllers }: Config,
  applied: readonly Manifest[],
  log: Logger,
): Promise<void> {
  for (const { gvk, forText, place } of controllers) {
    // A definition that was just applied is served in a moment.
    if (applied.some(({ object }) => defines(object, gvk)) || (await discovery.resolve(gvk)) !== undefined) continue
    const advice = 'name the file of its CustomResourceDefinition under "crds", or apply it'
    log.warn(`${place.file}:${place.line}: nothing serves ${forText}: ${advice}`)
  }
}

function defines({ kind, spec }: ManifestObject, gvk: Gvk): boolean {
  if (kind !== 'CustomResourceDefinition') return false
  const { group, names } = (spec ?? {}) as { group?: string; names?: { kind?: string } }
  return group === gvk.group && names?.kind === gvk.kind
}

interface Story {
  readonly cluster: EmbeddedCluster
  readonly host: Host
  readonly samples: readonly Sample[]
  readonly log: Logger
  readonly asked: Promise<NodeJS.Signals>
  readonly once: boolean
}

async function tell({ cluster, host, samples, log, asked, once }: Story): Promise<boolean> {
  const stopped = new AbortController()
  void asked.then(() => stopped.abort())
  const following = followSamples({ cluster, host, samples, log }, stopped.signal)
  const missing = await following.catch(async (error) => {
    // A sample that cannot be applied: with a host that runs on, the process would never end.
    await host.stop(0)
    throw error
  })
  if (!once) {
    await untilStopped(host, log, asked)
    return true
  }
  await host.stop(0)
  return missing.length === 0
}

async function followSamples(
  { cluster, host, samples, log }: Pick<Story, 'cluster' | 'host' | 'samples' | 'log'>,
  stopped: AbortSignal,
): Promise<readonly string[]> {
  const { applySamples, untilKept } = await import('./samples.ts')
  await applySamples(cluster, samples, log)
  const missing = await untilKept(cluster, host, samples, stopped)
  if (stopped.aborted) return missing
  for (const line of missing) log.error(`Not reached: ${line}`)
  if (missing.length === 0) log.info(`Idle${kept(samples.length)}`)
  return missing
}

function kept(samples: number): string {
  if (samples === 0) return ''
  return samples === 1
    ? ', and the sample has led to what it promises'
    : `, and all ${samples} samples have led to what they promise`
}

function sayHosting({ controllers, file }: Config, log: Logger, host: Host): void {
  const names = controllers.map(({ name }) => name).join(', ')
  log.info(`Hosting ${names || 'no controller'} from ${file}; save a file to reload it`, { url: host.url })
}

/** What each controller does, as it does it. */
function sayWrites(log: Logger): (write: ControllerWrite) => void {
  return ({ controller, text }) => log.info(text, { controller })
}
