import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { createSeries } from './series.ts'
import { createWorkqueueMetrics, type WorkqueueRecorder } from './workqueue-metrics.ts'

/** controller-runtime's, for dashboards that compute quantiles from them. */
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]
/** A spare takes over in 10 ms, a cold start takes a tenth of a second. */
const START_BUCKETS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const

export type ReconcileResult = (typeof RESULTS)[number]

/** What is true of a controller when metrics are rendered. */
export interface ControllerSample {
  readonly state: string
  readonly concurrency: number
  readonly parked: number
  /** Keys in a hot loop. */
  readonly slowed: number
  /** Objects whose deletion waits for a `finalize` that fails. */
  readonly finalizersBlocking: number
  /** Undefined while there is no guest, or where it cannot be read. */
  readonly guestMemoryBytes?: number | undefined
}

/** All that one controller counts. Every method is cheap and never throws. */
export interface ControllerRecorder extends WorkqueueRecorder {
  reconciled(result: ReconcileResult, seconds: number): void
  /** An attempt that ended in a TerminalError. */
  terminal(): void
  /** An event that led to no call, by reason: the same resourceVersion again, or no part that `on` names. */
  skipped(reason: string): void
  /** A result that came for an object which is gone. */
  dropped(): void
  /** A last state for `deleted` that had to make room. */
  tombstoneDropped(): void
  /** A key in a hot loop was slowed down. */
  slowedDown(): void
  /** A run of a mapper. */
  mapped(result: 'success' | 'error'): void
  /** A Kubernetes event of the handler that was one too many. */
  eventDropped(): void
  /** A new bundle or `with` took over. */
  swapped(): void
  guestDied(cause: string): void
  /** A guest took the bundle, this long after it was asked for. */
  guestStarted(seconds: number): void
  /** A call ran past its timeout. */
  timedOut(): void
  sample(sample: ControllerSample): void
  /** Calls that went well, and attempts that failed, since it was made. */
  totals(): { readonly succeeded: number; readonly failed: number }
  /** Takes the controller's series out of the metrics; the recorder may still be called, to no effect on others. */
  remove(): void
}

/**
 * Metrics by controller: controller-runtime's, and Ostler's own.
 * source:  controller-runtime pkg/internal/controller/metrics/metrics.go
 */
export function createControllerMetrics(registry: Registry, now: () => number) {
  const workqueue = createWorkqueueMetrics(registry, now)
  const registers = [registry]
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers, labelNames: ['controller'] as const })
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, registers, labelNames: ['controller'] as const })

  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller.',
    labelNames: ['controller', 'result'] as const,
    registers,
  })
  const errors = counter(
    'controller_runtime_reconcile_errors_total',
    'Total number of reconciliation errors per controller.',
  )
  const terminals = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Total number of terminal reconciliation errors per controller.',
  )
  const timeouts = counter(
    'controller_runtime_reconcile_timeouts_total',
    'Total number of reconciliation timeouts per controller.',
  )
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller.',
    labelNames: ['controller'] as const,
    buckets: RECONCILE_BUCKETS,
    registers,
  })
  const maxConcurrent = gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Maximum number of concurrent reconciles per controller.',
  )
  const active = gauge('controller_runtime_active_workers', 'Number of currently used workers per controller.')

  const state = new Gauge({
    name: 'ostler_controller_state',
    help: 'Where a controller stands: 1 for its state, 0 for those it left.',
    labelNames: ['controller', 'state'] as const,
    registers,
  })
  const parked = gauge('ostler_parked', 'Objects that are not tried again by themselves.')
  const slowed = gauge('ostler_slowed', 'Keys that are slowed down, as changes make them run over and over.')
  const blocking = gauge('ostler_finalizers_blocking', 'Objects whose deletion waits for a `finalize` that fails.')
  const skipped = new Counter({
    name: 'ostler_events_skipped_total',
    help: 'Events that led to no call, by reason: same-version (a re-delivery) or unchanged (no part that `on` names).',
    labelNames: ['controller', 'reason'] as const,
    registers,
  })
  const dropped = counter('ostler_dropped_results_total', 'Results that came for an object which is gone.')
  const tombstones = counter('ostler_tombstones_dropped_total', 'Last states for `deleted` that had to make room.')
  const slowdowns = counter('ostler_slowdowns_total', 'Times that a key in a hot loop was slowed down.')
  const swaps = counter('ostler_swaps_total', 'Times that a new guest took over from a running one.')
  const mapped = new Counter({
    name: 'ostler_mapper_runs_total',
    help: 'Runs of the exports that `watches` names, by result.',
    labelNames: ['controller', 'result'] as const,
    registers,
  })
  const events = counter(
    'ostler_kube_events_dropped_total',
    'Kubernetes events of a handler beyond the limit for one object.',
  )
  const deaths = new Counter({
    name: 'ostler_guest_deaths_total',
    help: "Guests that ended unasked, by cause; a group's counts for each member.",
    labelNames: ['controller', 'reason'] as const,
    registers,
  })
  const starts = new Histogram({
    name: 'ostler_guest_start_seconds',
    help: 'From asking for a guest until it had loaded the bundle.',
    labelNames: ['controller'] as const,
    buckets: START_BUCKETS,
    registers,
  })
  const memory = gauge(
    'ostler_guest_memory_bytes',
    "The private memory of a controller's guest; members of a group show the same one.",
  )

  return { recorder }

  function recorder(controller: string): ControllerRecorder {
    const series = createSeries()
    const queue = workqueue.recorder(controller, series)
    const labels = { controller }
    // From zero on, as controller-runtime does it: a rate needs a first value.
    for (const result of RESULTS) total.inc(series.own(total, { controller, result }), 0)
    for (const metric of [errors, terminals, timeouts, dropped, tombstones, slowdowns, swaps, events])
      metric.inc(series.own(metric, labels), 0)
    for (const metric of [time, starts, maxConcurrent, active, parked, slowed, blocking, memory])
      series.own(metric, labels)
    const states = new Set<string>()
    let isRemoved = false
    let succeeded = 0
    let failed = 0
    const unlessRemoved =
      <Args extends unknown[]>(record: (...args: Args) => void) =>
      (...args: Args): void => {
        if (!isRemoved) record(...args)
      }
    return {
      added: unlessRemoved(queue.added),
      taken: unlessRemoved(queue.taken),
      done: unlessRemoved(queue.done),
      removed: unlessRemoved(queue.removed),
      retried: unlessRemoved(queue.retried),
      active: queue.active,
      refresh: unlessRemoved(() => {
        queue.refresh()
        active.set(labels, queue.active())
      }),
      reconciled: unlessRemoved((result: ReconcileResult, seconds: number) => {
        total.inc({ controller, result })
        time.observe(labels, seconds)
        if (result === 'error') errors.inc(labels)
        if (result === 'error') failed++
        else if (result !== 'requeue') succeeded++
      }),
      terminal: unlessRemoved(() => terminals.inc(labels)),
      skipped: unlessRemoved((reason: string) => skipped.inc(series.own(skipped, { controller, reason }))),
      dropped: unlessRemoved(() => dropped.inc(labels)),
      tombstoneDropped: unlessRemoved(() => tombstones.inc(labels)),
      slowedDown: unlessRemoved(() => slowdowns.inc(labels)),
      mapped: unlessRemoved((result: 'success' | 'error') => mapped.inc(series.own(mapped, { controller, result }))),
      eventDropped: unlessRemoved(() => events.inc(labels)),
      swapped: unlessRemoved(() => swaps.inc(labels)),
      guestDied: unlessRemoved((cause: string) => deaths.inc(series.own(deaths, { controller, reason: cause }))),
      guestStarted: unlessRemoved((seconds: number) => starts.observe(labels, seconds)),
      timedOut: unlessRemoved(() => timeouts.inc(labels)),
      sample: unlessRemoved((sample: ControllerSample) => {
        states.add(sample.state)
        for (const name of states)
          state.set(series.own(state, { controller, state: name }), name === sample.state ? 1 : 0)
        maxConcurrent.set(labels, sample.concurrency)
        parked.set(labels, sample.parked)
        slowed.set(labels, sample.slowed)
        blocking.set(labels, sample.finalizersBlocking)
        memory.set(labels, sample.guestMemoryBytes ?? 0)
      }),
      totals: () => ({ succeeded, failed }),
      remove() {
        isRemoved = true
        series.remove()
      },
    }
  }
}
