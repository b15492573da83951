/**
 * The embedded API server and the real one (KUBEBUILDER_ASSETS), each in a process of its own, measured in turns by the same
 * client over HTTPS: ready after start, memory an object, creates and watch events a second, the list of all.
 * run:  node test/bench/apiserver.ts [OBJECTS] [ROUNDS]
 * Both keep their state: the embedded one in its journal, the real one in an etcd that does not sync. Its memory is that of
 * kube-apiserver without etcd's.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAssets } from '../control-plane/assets.ts'
import { type Measured, measureServer } from './apiserver/measure-server.ts'

const objects = Number(process.argv[2] ?? 10_000)
const rounds = Number(process.argv[3] ?? 3)

// As `ostler apiserver` keeps one: what is measured is a second start.
const codeCache = mkdtempSync(join(tmpdir(), 'ostler-bench-'))
process.env.NODE_COMPILE_CACHE = codeCache

const embedded: Measured[] = []
const real: Measured[] = []
for (let round = 0; round < rounds; round++) {
  embedded.push(await measureServer('embedded', objects))
  if (findAssets() !== undefined) real.push(await measureServer('real', objects))
}

rmSync(codeCache, { recursive: true, force: true })

console.log(
  JSON.stringify({
    machine: `${availableParallelism()} × ${cpus()[0]?.model}, Node.js ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
    objects,
    payloadBytes: 1024,
    rounds,
    ...(real.length === 0 ? {} : { columns: ['embedded', 'real'] }),
    ...pairs(),
  }),
)

/** By measure the median of each server. */
function pairs(): Record<string, readonly number[]> {
  const measures = Object.keys(embedded[0] ?? {}) as (keyof Measured)[]
  return Object.fromEntries(
    measures.map((measure) => [
      measure,
      [embedded, real].filter((all) => all.length > 0).map((all) => medianOf(all, measure)),
    ]),
  )
}

function medianOf(all: readonly Measured[], measure: keyof Measured): number {
  const values = all.map((each) => each[measure]).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? Number.NaN
}
