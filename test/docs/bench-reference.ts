import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Comparison, tableOf } from '../bench/containment/pairs.ts'
import { readDoc, repository } from './repository.ts'

const BASELINES = 'test/bench/baselines'
/** Written by `npm run bench:containment -- --write`. */
const CONTAINMENT = 'test/bench/containment.json'

interface Containment {
  readonly machine: string
  readonly command: string
  readonly loadAverageAtEnd: number
  readonly results: Readonly<Record<string, Readonly<Record<string, Comparison>>>>
}

/** The tables of runtime/README.md: one a baseline, NAME.json being what `npm run -s bench:NAME` printed, and containment. */
export function benchReference(): string {
  const files = readdirSync(join(repository, BASELINES)).sort()
  const tables = files.map((file) => table(file.replace('.json', ''), readJson(join(BASELINES, file))))
  return [...tables, ...containmentTables()].join('\n\n')
}

function containmentTables(): string[] {
  if (!existsSync(join(repository, CONTAINMENT))) return []
  const { machine, command, loadAverageAtEnd, results } = readJson<Containment>(CONTAINMENT)
  const about = `\`${command}\` on ${machine}, load average ${loadAverageAtEnd} at the end:`
  return [about, ...Object.entries(results).map(([name, compared]) => tableOf(name, compared))]
}

function readJson<T = Record<string, unknown>>(file: string): T {
  return JSON.parse(readDoc(file)) as T
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
