/**
 * What a neighbour feels of a hostile handler: how long its reconciles take at rest and under each attack, in pairs of runs
 * that follow each other, at a gentle rate.
 *   inside: one call of the neighbour's sandbox, beside the hostile one under the same host; no API server
 *   whole:  from the change of an object to the host's status write, as the API server's audit log has both
 * holds:  whether the median of the p99 under attack is at most twice that at rest, or 5 ms where that is more, and no call
 *         failed; `not to be told` where the rest itself is restless
 * run:    KUBEBUILDER_ASSETS=DIR node test/bench/containment.ts [--pairs 5] [--seconds 6] [--rate 50] [ATTACK…]
 *         on a quiet machine: the API server and etcd run on the same cores. Without KUBEBUILDER_ASSETS: `inside` alone
 * flags:  --place inside|whole: one of them · --entry FILE: another build of the host as `whole` · --write: puts the
 *         results into containment.json
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findAssets } from '../control-plane/assets.ts'
import { createInside } from './containment/inside.ts'
import { comparePairs, OUTSIDE, type Place, runPairs, tableOf, withOutsider } from './containment/pairs.ts'
import { createWhole } from './containment/whole.ts'

const ATTACKS = [
  'loop',
  'regexp',
  'heap',
  'buffers',
  'oddities',
  'exit',
  'recursion',
  'never',
  'logs',
  'hostCalls',
  OUTSIDE,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    rate: { type: 'string', default: '50' },
    place: { type: 'string' },
    entry: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const load = { seconds: Number(values.seconds), rate: Number(values.rate) }
const attacks = positionals.length > 0 ? positionals : ATTACKS
const isAsked = (place: string) => values.place === undefined || values.place === place
const places: Record<string, Place> = {}
if (isAsked('inside')) places.inside = withOutsider(await createInside())
if (isAsked('whole') && findAssets() !== undefined) places.whole = withOutsider(await createWhole(values.entry))

const results: Record<string, Record<string, object>> = {}
for (const [name, place] of Object.entries(places)) {
  results[name] = {}
  for (const attack of attacks) {
    const pairs = await runPairs(place, attack, Number(values.pairs), load)
    const compared = comparePairs(pairs)
    results[name][attack] = compared
    console.error(name, attack, JSON.stringify(compared))
  }
  console.log(tableOf(name, results[name] as Record<string, ReturnType<typeof comparePairs>>))
}
for (const place of Object.values(places)) await place.close()

if (values.write) {
  const report = {
    machine: `${availableParallelism()} × ${cpus()[0]?.model}, Node.js ${process.version}`,
    command: `node test/bench/containment.ts ${process.argv.slice(2).join(' ')}`,
    loadAverageAtEnd: loadavg()[0],
    unit: 'ms',
    results,
  }
  writeFileSync(join(import.meta.dirname, 'containment.json'), `${JSON.stringify(report, undefined, 2)}\n`)
}
