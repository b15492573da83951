import { Counter, Gauge, type Registry } from 'prom-client'
import { createSeries } from './series.ts'

/** What informers are shared by. */
export interface InformerLabels {
  /** `apps/v1/Deployment`. */
  readonly kind: string
  /** '' for all. */
  readonly namespace: string
  /** Label and field selector; '' for none. */
  readonly selector: string
  /** Whose rights its requests have; '' for the host's own. */
  readonly identity: string
}

/** What is true of an informer when metrics are rendered. */
export interface InformerSample {
  readonly objects: number
  readonly bytes: number
  /** Since anything was heard of the API server: an event, a bookmark, an answer. */
  readonly lastSignAgeSeconds: number
}

export interface InformerRecorder {
  event(type: string): void
  /** A list after the first one. */
  relist(): void
  /** A watch or list ended and the next one begins. */
  restart(): void
  sample(sample: InformerSample): void
  /** Takes the informer's series out of the metrics. */
  remove(): void
}

const LABELS = ['kind', 'namespace', 'selector', 'identity'] as const

export function createInformerMetrics(registry: Registry) {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers, labelNames: LABELS })
  const counter = (name: string, help: string) => new Counter({ name, help, registers, labelNames: LABELS })
  const objects = gauge('ostler_informer_objects', 'Objects in the cache.')
  const bytes = gauge('ostler_informer_bytes', 'Bytes of the objects in the cache.')
  const age = gauge('ostler_informer_last_sign_age_seconds', 'Since anything was heard of the API server.')
  const relists = counter('ostler_informer_relists_total', 'Lists after the first one.')
  const restarts = counter('ostler_informer_watch_restarts_total', 'Watches that ended and were opened again.')
  const events = new Counter({
    name: 'ostler_informer_events_total',
    help: 'What came over watches and lists, by type.',
    labelNames: [...LABELS, 'type'] as const,
    registers,
  })

  return { recorder }

  function recorder(informer: InformerLabels): InformerRecorder {
    const labels = { ...informer }
    const series = createSeries()
    for (const metric of [objects, bytes, age, relists, restarts]) series.own(metric, labels)
    relists.inc(labels, 0)
    restarts.inc(labels, 0)
    let isRemoved = false
    return {
      event: (type) => isRemoved || events.inc(series.own(events, { ...labels, type })),
      relist: () => isRemoved || relists.inc(labels),
      restart: () => isRemoved || restarts.inc(labels),
      sample(sample) {
        if (isRemoved) return
        objects.set(labels, sample.objects)
        bytes.set(labels, sample.bytes)
        age.set(labels, sample.lastSignAgeSeconds)
      },
      remove() {
        isRemoved = true
        series.remove()
      },
    }
  }
}
