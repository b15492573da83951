import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { LeaderElectionConfig } from '../config/schema.ts'
import type { RuntimeError } from '../errors.ts'
import { createKubeClient, type KubeClient, type RequestGuard } from '../kube/client.ts'
import type { KubeConfig } from '../kube/kubeconfig.ts'
import { isForbidden } from '../kube/status-error.ts'
import { LeaderElector } from '../leaderelection/leader-elector.ts'
import { createLeaseClient, type LeasePlace } from '../leaderelection/lease.ts'
import { createSendGate } from '../leaderelection/send-gate.ts'
import { startStopwatch } from '../leaderelection/stopwatch.ts'
import type { Logger } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import { version } from '../util/version.ts'

/** Whether the controllers of a host may work, and what holds their requests when they may not. */
export interface Leadership {
  isLeader(): boolean
  /** For the client of the controllers; undefined where no lease is asked for. */
  readonly guard: RequestGuard | undefined
  /** Calls `onLeading` when the lease is held; resolves when it has been lost, from then on nothing is sent. */
  start(onLeading: () => void): Promise<void>
  /** Gives the lease back; all that it guards must have ended before. */
  release(): Promise<void>
}

export interface LeadershipOptions {
  readonly config: LeaderElectionConfig
  readonly kubeConfig: KubeConfig
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'leading' | 'request'>
}

/** By a Lease where the config asks for it, by default with a service account in a cluster; else always. */
export function createLeadership(options: LeadershipOptions): Leadership {
  const { config, kubeConfig } = options
  return (config.enabled ?? kubeConfig.isInCluster === true) ? createElected(options) : ALONE
}

const ALONE: Leadership = {
  isLeader: () => true,
  guard: undefined,
  start: () => new Promise(() => {}),
  async release() {},
}

function createElected({ config, kubeConfig, clock, log, metrics }: LeadershipOptions): Leadership {
  const place = { namespace: config.namespace ?? kubeConfig.namespace ?? 'default', name: config.name }
  const name = `${place.namespace}/${place.name}`
  const identity = `${hostname()}_${randomUUID()}`
  const client = createLeaseConnection(kubeConfig, clock, metrics)
  const ended = Promise.withResolvers<void>()
  const sayFailure = createFailureLog(log, place)
  let onLeading = () => {}
  const elector = new LeaderElector({
    ...config,
    leases: createLeaseClient(client, place),
    name,
    identity,
    clock,
    startStopwatch,
    onStartedLeading: () => {
      metrics.leading(config.name, true)
      log.info(`Leading: this host holds the lease "${name}"`, { identity })
      onLeading()
    },
    onLost: (reason) => {
      metrics.leading(config.name, false)
      sayLost(log, reason)
      ended.resolve()
    },
    onNewHolder: (holder) => {
      if (holder !== '' && holder !== identity) log.info(`Standby: the lease "${name}" is held by "${holder}"`)
    },
    onError: sayFailure,
  })
  metrics.leading(config.name, false)
  return {
    isLeader: () => elector.isLeader,
    guard: createSendGate(elector),
    start: (callback) => {
      onLeading = callback
      log.info(`Waiting for the lease "${name}"`, { identity })
      elector.start()
      return ended.promise
    },
    async release() {
      const wasLeader = elector.isLeader
      await elector.release()
      metrics.leading(config.name, false)
      if (wasLeader) log.info(`Done with the lease "${name}"`)
      await client.close()
    },
  }
}

/** Of its own: a renewal must not wait for a connection behind the controllers' requests. */
function createLeaseConnection(kubeConfig: KubeConfig, clock: Clock, metrics: Pick<Metrics, 'request'>): KubeClient {
  return createKubeClient({
    kubeConfig,
    clock,
    userAgent: `ostler/${version} (leader-election)`,
    onRequest: metrics.request,
  })
}

function sayLost(log: Logger, reason: RuntimeError): void {
  log.error(`${reason.message}. Requests are broken off, guests killed; the process exits`)
}

/** Each failure once in a row: a candidate without rights or without an API server tries every few seconds. */
function createFailureLog(log: Logger, { namespace, name }: LeasePlace): (error: unknown) => void {
  let last = ''
  return (error) => {
    const message = messageOf(error)
    const rule = isForbidden(error)
      ? `; the rule to add: get, create and update of leases in namespace "${namespace}"`
      : ''
    log[message === last ? 'debug' : 'warn'](`Cannot get or renew the lease "${namespace}/${name}": ${message}${rule}`)
    last = message
  }
}
