import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { HostProcess } from '../e2e/host-process.ts'
import { childrenOf, descriptorsOf, type Holding } from './holding.ts'
import { growth } from './trend.ts'

/** What a host held after so many swaps, or objects. */
export interface Sample {
  readonly done: number
  readonly tookMs: number
  readonly holding: Holding
  readonly children: { readonly guests: number; readonly all: number }
}

const Mi = 1 << 20

/**
 * How much may be grown over the last two thirds of a run, by the line that fits best. The least leak there can be, one Map
 * entry with its key for each object, is 10 MiB after 100,000 of them; a leaked bundle is 64 KiB here. After a collection the
 * heap's own figure moves by half a MiB. RSS is what the allocator has not given back, and moves by some MiB. Connections wait
 * for a next request for some seconds, each a descriptor and a timer, and a dozen timers run out after a swap: how many there
 * are at a look is the moment's; one leaked a swap is 66 after the 100 of the shortest run.
 */
export const BOUNDS = { heapMiB: 4, rssMiB: 24, descriptors: 24, timers: 32, children: 1 } as const

export type Growths = Record<keyof typeof BOUNDS, number>

export function growthsOf(samples: readonly Sample[]): Growths {
  const of = (figure: (sample: Sample) => number) => Math.round(growth(samples.map(figure)) * 100) / 100
  return {
    heapMiB: of(({ holding }) => holding.heapUsed / Mi),
    rssMiB: of(({ holding }) => holding.rss / Mi),
    descriptors: of(({ holding }) => descriptorsOf(holding)),
    timers: of(({ holding }) => holding.timers),
    children: of(({ children }) => children.all),
  }
}

/** The figures that grew beyond their bound, as `name: by` . */
export function overgrown(samples: readonly Sample[]): string[] {
  const growths = Object.entries(growthsOf(samples)) as [keyof Growths, number][]
  return growths.filter(([name, by]) => by > BOUNDS[name]).map(([name, by]) => `${name}: +${by}`)
}

export function sampleOf(done: number, tookMs: number, host: HostProcess, holding: Holding): Sample {
  return { done, tookMs, holding, children: childrenOf(host) }
}

export function showSample({ done, tookMs, holding, children }: Sample, outliving: Holding['keyed'] = []): void {
  const { heapUsed, rss, external, timers, promises, signals, keyed } = holding
  const figures = [
    `${done} in ${(tookMs / 1000).toFixed(1)} s`,
    `heap ${(heapUsed / Mi).toFixed(2)} MiB`,
    `external ${(external / Mi).toFixed(1)} MiB`,
    `rss ${(rss / Mi).toFixed(0)} MiB`,
    `descriptors ${descriptorsOf(holding)}`,
    `timers ${timers}`,
    `promises ${promises}`,
    `signals ${signals}`,
    `children ${children.all} (${children.guests} guests)`,
    `keyed ${keyed.reduce((sum, { count }) => sum + count, 0)}`,
  ]
  console.log(figures.join(' | '))
  for (const { type, count, example } of outliving)
    console.log(`  outlives its object: ${type} of ${count}, ${example}`)
}

/** Runs a soak with its numbers from the command line; the exit code says whether all stayed flat. */
export async function soakMain<Options extends Record<string, number>>(
  defaults: Options,
  run: (options: Options) => Promise<{ samples: readonly Sample[]; outliving?: Holding['keyed'] }>,
): Promise<void> {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ options })
  const given = Object.entries(values).map(([name, text]) => [name, Number(text)])
  const { samples, outliving = [] } = await run({ ...defaults, ...Object.fromEntries(given) })
  const faults = overgrown(samples)
  console.log(`${availableParallelism()} × ${cpus()[0]?.model.trim()}, Node.js ${process.version}`)
  console.log(
    `growth over the last two thirds: ${JSON.stringify(growthsOf(samples))}; bounds ${JSON.stringify(BOUNDS)}`,
  )
  console.log(
    faults.length + outliving.length === 0 ? 'flat' : `NOT flat: ${faults.join(', ')} ${JSON.stringify(outliving)}`,
  )
  process.exitCode = faults.length + outliving.length === 0 ? 0 : 1
}

export function isMain({ filename }: ImportMeta): boolean {
  return filename === process.argv[1]
}
