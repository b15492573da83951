import { relative } from 'node:path'
import type { Config } from './config/schema.ts'
import { findBusy } from './hosting/busy.ts'
import type { ControllerWrite } from './hosting/controller-write.ts'
import { overviewOf, parkedOf, readinessOf } from './hosting/host-status.ts'
import type { HostedController } from './hosting/hosted-controller.ts'
import { HostedControllers } from './hosting/hosted-controllers.ts'
import { createLeadership } from './hosting/leadership.ts'
import type { Informer, InformerHooks } from './informer/informer.ts'
import { type InformerSpec, Informers } from './informer/informers.ts'
import { CRD_RESOURCE, KindWatcher } from './informer/kind-watcher.ts'
import { createListWatch } from './informer/list-watch.ts'
import { AccessReviews } from './kube/access-reviews.ts'
import { createKubeClient, type KubeClient, type RequestGuard } from './kube/client.ts'
import { Discovery } from './kube/discovery.ts'
import { FairGate } from './kube/fair-gate.ts'
import type { KubeConfig } from './kube/kubeconfig.ts'
import type { Logger } from './observe/log.ts'
import { createMetrics, type Metrics } from './observe/metrics.ts'
import { type ReplayRef, startServer } from './observe/server.ts'
import { Troubles } from './observe/troubles.ts'
import { guestCode } from './sandbox/guest-code.ts'
import { GuestPool } from './sandbox/guest-pool.ts'
import { type Clock, realClock } from './util/clock.ts'
import { formatGvk } from './util/gvk.ts'
import { messageOf } from './util/message-of.ts'
import { version } from './util/version.ts'

/** Controllers have this long to end in order when the lease is lost, and then the guests to be gone. */
const CUT_OFF_MS = 50
const KILL_MS = 1_000

export interface HostOptions {
  readonly config: Config
  readonly kubeConfig: KubeConfig
  readonly log: Logger
  /** HOST:PORT of the probes. */
  readonly listen: string
  /** Follow the config, the handlers and their imports. */
  readonly watch: boolean
  /** Hears of each change that a controller has made. */
  readonly onWrite?: (write: ControllerWrite) => void
  readonly clock?: Clock
}

export interface Host {
  /** Where the probes answer. */
  readonly url: string
  /** Resolves when the lease has been lost and the guests are dead; then the process has to end. */
  readonly lost: Promise<void>
  /** What is still to be done for objects as they are now, one line each; for tests and demonstrations, as it lists them all. */
  busy(): Promise<readonly string[]>
  /** Stops taking keys, lets running calls finish for at most `graceMs`, then ends everything; the lease goes last. */
  stop(graceMs: number): Promise<void>
}

/**
 * Builds a host from its parts and starts it in the order servers, informers, controllers as they sync; stops in reverse.
 * errors:  RuntimeError of the listening address; whatever comes later is logged, counted and shown as a state
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { config, kubeConfig, watch, onWrite = () => {}, clock = realClock } = options
  const troubles = new Troubles(clock)
  const log = troubles.listen(options.log)
  const metrics = createMetrics()
  const leadership = createLeadership({ config: config.leaderElection, kubeConfig, clock, log, metrics })
  const api = createApi(kubeConfig, clock, metrics, leadership.guard)
  const { client } = api
  const discovery = new Discovery(client, clock)
  const informers = createInformers({ client, discovery, clock, metrics, log })
  const pool = new GuestPool({ clock, guestCode, onWarning: (message) => log.warn(message) })
  // Declared before the server that shows it, and made after: nothing may start where the address is taken.
  let hosted: HostedControllers | undefined
  const all = () => hosted?.all() ?? []
  const ready = () => readinessOf(all(), api.hasAnswered(), informers)
  const server = await startServer({
    listen: options.listen,
    log,
    ready,
    parked: () => all().flatMap(parkedOf),
    replay: (name, ref) => replay(hosted?.get(name), ref),
    overview: () => ({
      ...ready(),
      version,
      cluster: kubeConfig.description,
      controllers: all().map((each) => overviewOf(each, (path) => relative(config.dir, path))),
      parked: all().flatMap(parkedOf),
      troubles: troubles.list(),
    }),
    metrics: metrics.render,
  })
  metrics.onRender(() => all().forEach(sample))
  const { controller: metricsOf, configReloaded: onReload } = metrics
  const { isLeader } = leadership
  const reviews = new AccessReviews(client, clock)
  const parts = { clock, log, client, discovery, reviews, informers, pool, isLeader, metricsOf }
  const controllers = new HostedControllers({ ...parts, configDir: config.dir, onWrite, watch, onReload }, config)
  hosted = controllers
  const lost = leadership.start(() => controllers.lead()).then(() => cutOff(controllers, pool, clock))
  return {
    url: server.url,
    lost,
    busy: () => findBusy({ hosted: all(), informers, client, discovery }),
    async stop(graceMs) {
      await controllers.stop(graceMs)
      await pool.close()
      informers.close()
      await client.close()
      // What it guards has ended now.
      await leadership.release()
      await server.close()
    },
  }
}

/** Kills all guests now; their requests have been broken off. Whoever hangs does not hold up the rest. */
async function cutOff(hosted: HostedControllers, pool: GuestPool, clock: Clock): Promise<void> {
  const stopped = Promise.allSettled(hosted.all().map((controller) => controller.stop(0)))
  await Promise.race([stopped, clock.sleep(CUT_OFF_MS)])
  await Promise.race([pool.close(), clock.sleep(KILL_MS)])
}

/** The client, and whether the API server has ever answered it. */
function createApi(
  kubeConfig: KubeConfig,
  clock: Clock,
  metrics: Metrics,
  guard: RequestGuard | undefined,
): { client: KubeClient; hasAnswered(): boolean } {
  let hasAnswered = false
  const client = createKubeClient({
    kubeConfig,
    clock,
    gate: new FairGate(),
    guard,
    userAgent: `ostler/${version}`,
    onRequest: (seen) => {
      hasAnswered ||= seen.code !== '<error>'
      metrics.request(seen)
    },
  })
  return { client, hasAnswered: () => hasAnswered }
}

interface InformerParts {
  readonly client: KubeClient
  readonly discovery: Discovery
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
}

function createInformers({ client, discovery, clock, metrics, log }: InformerParts): Informers {
  const crds = createListWatch(client, CRD_RESOURCE, { metadataOnly: true })
  const onError = (error: unknown) => log.debug(`Cannot look for kinds: ${messageOf(error)}`)
  const kinds = new KindWatcher({ discovery, crds, clock, onError })
  const informers: Informers = new Informers({
    clientOf: (as) => ({ stream: (request) => client.stream({ ...request, as }) }),
    kinds,
    clock,
    hooksOf: (spec) => hooksOf(spec, informers, metrics, log),
  })
  return informers
}

function hooksOf(spec: InformerSpec, informers: Informers, metrics: Metrics, log: Logger): Partial<InformerHooks> {
  const kind = formatGvk(spec.gvk)
  const selector = [spec.labelSelector, spec.fieldSelector].filter((text) => text !== undefined).join(' ')
  const recorder = metrics.informer({ kind, namespace: spec.namespace ?? '', selector, identity: spec.identity })
  const informerOf = () => informers.all().find((shared) => shared.spec === spec)?.informer
  const cancel = metrics.onRender(() => {
    const informer = informerOf()
    if (informer === undefined) return
    const { lister, lastSignAgeMs } = informer
    recorder.sample({ objects: lister.size, bytes: lister.bytes, lastSignAgeSeconds: lastSignAgeMs / 1000 })
  })
  const { namespace, identity } = spec
  const at = { kind, ...(namespace !== undefined && { namespace }), ...(identity !== '' && { as: identity }) }
  return {
    event: recorder.event,
    relist: recorder.relist,
    restart: recorder.restart,
    fallback: (reason) => log.info(`Listing in pages: ${reason}`, at),
    error: (error, what) => log[levelOf(what, informerOf())](`Cannot follow ${kind}: ${messageOf(error)}`, at),
    state: (state) => {
      if (state.kind !== 'Stopped') return
      cancel()
      recorder.remove()
    },
  }
}

/** Before the first sync the informer's state says it, once and by the controllers that wait. */
function levelOf(what: string, informer: Informer | undefined): 'debug' | 'warn' | 'error' {
  if (what === 'subscriber') return 'error'
  return informer?.hasSynced ? 'warn' : 'debug'
}

function replay(hosted: HostedController | undefined, { namespace, name }: ReplayRef): boolean {
  return hosted?.controller.replay(namespace === undefined ? name : `${namespace}/${name}`) ?? false
}

function sample({ config, controller, recorder, state, guestMemoryBytes }: HostedController): void {
  const { concurrency } = config
  const { finalizersBlocking, slowed } = controller
  const parked = controller.parked().length
  recorder.sample({ state: state.state, concurrency, parked, slowed, finalizersBlocking, guestMemoryBytes })
}
