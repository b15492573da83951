/**
 * What the harness's own report does not say: bytes per object, peak against settled memory, CPU per status written.
 *   node summary.ts RESULTS.jsonl
 */
import { readFileSync } from 'node:fs'

interface Result {
  readonly measure: string
  /** Driver, `@CONCURRENCY` behind it where one was set. */
  readonly label: string
  /** `n=10000 payload=1024`. */
  readonly case: string
  readonly values: Readonly<Record<string, number>>
}

interface Column {
  readonly title: string
  readonly of: (driver: string) => number | undefined
}

const results = readResults(process.argv[2])
const drivers = [...new Set(results.map(({ label }) => driverOf(label)))]
const columns: readonly Column[] = [
  { title: 'synced 10k, s', of: (driver) => median(driver, 'sync', 10_000, 'synced_s') },
  { title: 'CPU until rest 10k, s', of: (driver) => median(driver, 'sync', 10_000, 'cpu_settled_s') },
  { title: 'KiB per object', of: (driver) => perObjectKib(driver, 'rss_settled_mib') },
  { title: 'of it anonymous', of: (driver) => perObjectKib(driver, 'anon_settled_mib') },
  { title: 'peak / settled', of: peakRatio },
  { title: 'CPU per status written, ms', of: cpuPerWriteMs },
]

console.log('\n### Ostler beside its peers (medians)\n')
printRow(['driver', ...columns.map(({ title }) => title)])
printRow(['---', ...columns.map(() => '---')])
for (const driver of drivers) printRow([driver, ...columns.map(({ of }) => of(driver)?.toFixed(2) ?? '-')])

function readResults(file: string | undefined): Result[] {
  if (file === undefined) throw new Error('Usage: summary.ts RESULTS.jsonl')
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result)
}

function driverOf(label: string): string {
  return label.replace(/@.*/, '')
}

function sizeOf({ case: text }: Result): number {
  return Number(/n=(\d+)/.exec(text)?.[1])
}

function median(driver: string, measure: string, size: number, value: string): number | undefined {
  const values = results
    .filter((result) => result.measure === measure && driverOf(result.label) === driver && sizeOf(result) === size)
    .map(({ values }) => values[value])
    .filter((number) => number !== undefined)
    .sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)]
}

/** What 9,000 objects more cost: the program's own size drops out. */
function perObjectKib(driver: string, value: string): number | undefined {
  const [few, many] = [median(driver, 'sync', 1000, value), median(driver, 'sync', 10_000, value)]
  return few === undefined || many === undefined ? undefined : ((many - few) * 1024) / 9000
}

function peakRatio(driver: string): number | undefined {
  const [peak, settled] = [
    median(driver, 'sync', 10_000, 'rss_peak_mib'),
    median(driver, 'sync', 10_000, 'rss_settled_mib'),
  ]
  return peak === undefined || settled === undefined ? undefined : peak / settled
}

/** None where a status was not written in the end: what was not done costs nothing. */
function cpuPerWriteMs(driver: string): number | undefined {
  const missed = median(driver, 'burst', 2000, 'missed')
  if (missed !== 0) return undefined
  const seconds = median(driver, 'burst', 2000, 'driver_cpu_s')
  return seconds === undefined ? undefined : (seconds * 1000) / 2000
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}
