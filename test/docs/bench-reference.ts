import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './repository.ts'

const BASELINES = 'test/bench/baselines'

/** The tables of runtime/README.md: one a baseline, NAME.json being what `npm run -s bench:NAME` printed. */
export function benchReference(): string {
  const files = readdirSync(join(repository, BASELINES)).sort()
  return files.map((file) => table(file.replace('.json', ''), read(file))).join('\n\n')
}

function read(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(repository, BASELINES, file), 'utf8')) as Record<string, unknown>
}

function table(name: string, results: Record<string, unknown>): string {
  const rows = flatten(results, '').map(([measure, value]) => `| ${measure} | ${value} |`)
  return [`| \`npm run -s bench:${name}\` | |`, '|---|---|', ...rows].join('\n')
}

function flatten(values: Record<string, unknown>, prefix: string): [string, string][] {
  return Object.entries(values).flatMap(([name, value]): [string, string][] => {
    if (Array.isArray(value)) return [[`${prefix}${name}`, value.join(', ')]]
    if (typeof value === 'object' && value !== null) return flatten(value as Record<string, unknown>, `${name}.`)
    return [[`${prefix}${name}`, String(value)]]
  })
}
