import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Series } from './series.ts'

/** 10 ns to 1,000 s, tenfold: ExponentialBuckets(10e-9, 10, 12) there. */
const BUCKETS = Array.from({ length: 12 }, (_, power) => Number(`1e${power - 8}`))
const LABELS = ['name', 'controller'] as const

/** What a work queue tells, by key. */
export interface WorkqueueRecorder {
  added(key: string): void
  taken(key: string): void
  done(key: string): void
  removed(key: string): void
  retried(): void
  /** Keys in workers' hands. */
  active(): number
  /** Brings the gauges up to date; called before each rendering. */
  refresh(): void
}

/**
 * client-go's workqueue metrics, one recorder a queue.
 * source:  controller-runtime pkg/metrics/workqueue.go, client-go util/workqueue/metrics.go
 */
export function createWorkqueueMetrics(registry: Registry, now: () => number) {
  const common = { labelNames: LABELS, registers: [registry] }
  const depth = new Gauge({ ...common, name: 'workqueue_depth', help: 'Current depth of workqueue.' })
  const adds = new Counter({
    ...common,
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue.',
  })
  const waited = new Histogram({
    ...common,
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested.',
    buckets: BUCKETS,
  })
  const worked = new Histogram({
    ...common,
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
    buckets: BUCKETS,
  })
  const unfinished = new Gauge({
    ...common,
    name: 'workqueue_unfinished_work_seconds',
    help: 'How many seconds of work is in progress and has not been observed by work_duration.',
  })
  const longest = new Gauge({
    ...common,
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How many seconds the longest running processor for workqueue has been running.',
  })
  const retries = new Counter({
    ...common,
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue.',
  })

  return { recorder }

  function recorder(controller: string, series: Series): WorkqueueRecorder {
    const labels = { name: controller, controller }
    for (const metric of [depth, adds, waited, worked, unfinished, longest, retries]) series.own(metric, labels)
    adds.inc(labels, 0)
    retries.inc(labels, 0)
    /** When each key that waits was added, and when each key in hand was taken; bounded by the queue's own keys. */
    const addedAt = new Map<string, number>()
    const takenAt = new Map<string, number>()
    return {
      added(key) {
        adds.inc(labels)
        if (!addedAt.has(key)) addedAt.set(key, now())
      },
      taken(key) {
        waited.observe(labels, secondsSince(addedAt.get(key)))
        addedAt.delete(key)
        takenAt.set(key, now())
      },
      done(key) {
        worked.observe(labels, secondsSince(takenAt.get(key)))
        takenAt.delete(key)
      },
      removed: (key) => void addedAt.delete(key),
      retried: () => retries.inc(labels),
      active: () => takenAt.size,
      refresh() {
        const running = [...takenAt.values()].map(secondsSince)
        depth.set(labels, addedAt.size)
        unfinished.set(
          labels,
          running.reduce((sum, seconds) => sum + seconds, 0),
        )
        longest.set(labels, Math.max(0, ...running))
      },
    }
  }

  function secondsSince(startMs: number | undefined): number {
    return startMs === undefined ? 0 : Math.max(0, now() - startMs) / 1_000
  }
}
