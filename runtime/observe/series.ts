/** What prom-client's metrics have in common, as far as removal goes. */
interface Removable {
  remove(labels: Record<string, string>): void
}

/** The series of one owner, to be removed when it goes: what is keyed by a thing is dropped with it. */
export interface Series {
  /** Marks the series of `metric` with `labels` as the owner's; gives the labels back. */
  own<Label extends string>(metric: Removable, labels: Record<Label, string>): Record<Label, string>
  remove(): void
}

export function createSeries(): Series {
  const owned = new Map<Removable, Map<string, Record<string, string>>>()
  return {
    own(metric, labels) {
      const ofMetric = owned.get(metric) ?? new Map<string, Record<string, string>>()
      ofMetric.set(JSON.stringify(labels), labels)
      owned.set(metric, ofMetric)
      return labels
    },
    remove() {
      for (const [metric, ofMetric] of owned) for (const labels of ofMetric.values()) metric.remove(labels)
      owned.clear()
    },
  }
}
