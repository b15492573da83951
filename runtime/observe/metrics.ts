import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type ControllerRecorder, createControllerMetrics } from './controller-metrics.ts'
import { createInformerMetrics, type InformerLabels, type InformerRecorder } from './informer-metrics.ts'

/** component-base's, for rest_client_request_duration_seconds. */
const REQUEST_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

/** One attempt of a request to the API server. */
export interface RequestSample {
  readonly method: string
  readonly host: string
  /** `200`; `<error>` when no answer came. */
  readonly code: string
  readonly seconds: number
}

/** All metrics of a host; nothing is global, so that a process may have several. */
export interface Metrics {
  /** Begins the series of one controller; a second recorder of a name takes over from the first. */
  controller(name: string): ControllerRecorder
  /** Begins the series of one informer; likewise. */
  informer(labels: InformerLabels): InformerRecorder
  request(sample: RequestSample): void
  configReloaded(result: 'success' | 'error'): void
  /** Whether this host holds the lease of that name. */
  leading(name: string, isLeader: boolean): void
  /** Calls `sample` before each rendering, to bring gauges up to date; the answer ends that. */
  onRender(sample: () => void): () => void
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

export interface MetricsOptions {
  /** False leaves out process_* and nodejs_*. */
  readonly processMetrics?: boolean
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

/**
 * Builds the registry. Names and labels are controller-runtime's where it has the same thing, so that dashboards made for
 * it work; the rest begins with `ostler_`.
 * source:  controller-runtime pkg/metrics, component-base metrics/prometheus/restclient
 */
export function createMetrics({ processMetrics = true, now = () => performance.now() }: MetricsOptions = {}): Metrics {
  const registry = new Registry()
  if (processMetrics) collectDefaultMetrics({ register: registry })
  const controllers = createControllerMetrics(registry, now)
  const informers = createInformerMetrics(registry)
  const request = createRequestRecorder(registry)
  const reloads = createReloadCounter(registry)
  const leading = createLeaderGauge(registry)
  const samplers = new Set<() => void>()
  const current = createOwners()
  const onRender = (sample: () => void) => {
    samplers.add(sample)
    return () => void samplers.delete(sample)
  }
  return {
    controller(name) {
      const recorder = current.take(`controller ${name}`, () => controllers.recorder(name))
      const cancel = onRender(recorder.refresh)
      return {
        ...recorder,
        remove() {
          cancel()
          recorder.remove()
        },
      }
    },
    informer: (labels) => current.take(`informer ${JSON.stringify(labels)}`, () => informers.recorder(labels)),
    request,
    configReloaded: (result) => reloads.inc({ result }),
    leading: (name, isLeader) => leading.set({ name }, isLeader ? 1 : 0),
    onRender,
    async render() {
      for (const sample of samplers) sample()
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

/** Series belong to one recorder: an older one of the same name ends first, so that its end cannot take them away. */
function createOwners() {
  const owners = new Map<string, { remove(): void }>()
  return {
    take<Recorder extends { remove(): void }>(key: string, create: () => Recorder): Recorder {
      owners.get(key)?.remove()
      const recorder = create()
      const owner = {
        ...recorder,
        remove() {
          recorder.remove()
          if (owners.get(key) === owner) owners.delete(key)
        },
      }
      owners.set(key, owner)
      return owner
    },
  }
}

function createRequestRecorder(registry: Registry): Metrics['request'] {
  const total = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'] as const,
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Request latency in seconds. Broken down by verb, and host.',
    labelNames: ['verb', 'host'] as const,
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  })
  return ({ method, host, code, seconds }) => {
    total.inc({ code, method, host })
    duration.observe({ verb: method, host }, seconds)
  }
}

/** client-go's; without a sample where no lease is asked for. */
function createLeaderGauge(registry: Registry) {
  return new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this host is master of the lease: 0 indicates backup, 1 indicates master.',
    labelNames: ['name'] as const,
    registers: [registry],
  })
}

function createReloadCounter(registry: Registry) {
  const reloads = new Counter({
    name: 'ostler_config_reload_total',
    help: 'Times that the config was read again, by result.',
    labelNames: ['result'] as const,
    registers: [registry],
  })
  for (const result of ['success', 'error']) reloads.inc({ result }, 0)
  return reloads
}
