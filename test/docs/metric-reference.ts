import { createMetrics } from '../../runtime/observe/metrics.ts'

export interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
}

/** Every metric of a host beside process_* and nodejs_*, as /metrics has them. */
export async function hostMetrics(): Promise<Metric[]> {
  const { text } = await createMetrics({ processMetrics: false }).render()
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name, help, type]) => ({
    name: name as string,
    help: help as string,
    type: type as string,
  }))
}

/** The table of README.md. */
export async function metricReference(): Promise<string> {
  const rows = (await hostMetrics()).map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
  return ['| metric | type | meaning |', '|---|---|---|', ...rows].join('\n')
}
