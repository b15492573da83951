/**
 * What a sandbox call costs. Run it on a quiet machine:  npx node test/bench/sandbox.ts [SECONDS]
 * Prints one line of JSON. CPU first: on few cores the latencies swing with thread wake-ups.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Bundle } from '../../runtime/sandbox/bundle.ts'
import type { CallRequest } from '../../runtime/sandbox/call.ts'
import { buildGuest } from '../../runtime/sandbox/guest-bundle.ts'
import { GuestPool } from '../../runtime/sandbox/guest-pool.ts'
import { Sandbox } from '../../runtime/sandbox/sandbox.ts'
import { realClock } from '../../runtime/util/clock.ts'

const seconds = Number(process.argv[2] ?? 3)
const MEMORY = 64 << 20
/** Of /proc/PID/stat's times. */
const TICKS_PER_SECOND = 100

const object = JSON.stringify({ metadata: { name: 'a', uid: 'u' }, spec: { text: 'x'.repeat(950) } })
const noop: CallRequest = {
  export: 'noop',
  args: [object],
  context: '{"key":{"controller":"bench","name":"a","uid":"u"},"attempt":1,"reason":"changed"}',
  timeoutMs: 30_000,
  onHostCall: () => Promise.resolve(object),
}
const code = `
exports.noop = async () => ({ status: { ready: true } })
exports.get = async (object, context) => { await context.get('v1/Pod', { name: 'a' }); return { status: { ready: true } } }`
const bundle: Bundle = { file: '/bench.ts', name: 'bench.js', hash: '', code, sourceMap: '', inputs: [] }

const pool = new GuestPool({ clock: realClock, guestCode: buildGuest })
await (await pool.take(MEMORY)).booted
const coldStartMs = await median(5, () => pool.take(MEMORY))
const sandbox = new Sandbox({ name: 'bench', memoryBytes: MEMORY, pool, clock: realClock })
await sandbox.swap(bundle)
const warmSwapMs = await median(5, () => sandbox.swap(bundle), 1_500)
const results = {
  machine: `${cpus().length} × ${cpus()[0]?.model}, Node.js ${process.version}`,
  coldStartMs,
  warmSwapMs,
  noopOneAtATime: await measure(noop, 1),
  noop16AtOnce: await measure(noop, 16),
  getOneAtATime: await measure({ ...noop, export: 'get' }, 1),
  pssMiB: guestPss(),
}
console.log(JSON.stringify(results, undefined, 2))
await sandbox.close(0)
await pool.close()

async function median(times: number, run: () => Promise<unknown>, restMs = 0): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    await new Promise((resolve) => setTimeout(resolve, restMs))
    const startedAt = performance.now()
    await run()
    took.push(performance.now() - startedAt)
  }
  return round(quantile(took, 0.5))
}

async function measure(request: CallRequest, concurrency: number): Promise<Record<string, number>> {
  await callFor(request, concurrency, 1_000)
  const hostBefore = process.cpuUsage()
  const guestBefore = guestCpuMicros()
  const startedAt = performance.now()
  const took = await callFor(request, concurrency, seconds * 1_000)
  const elapsed = (performance.now() - startedAt) / 1_000
  const host = process.cpuUsage(hostBefore)
  return {
    callsPerSecond: Math.round(took.length / elapsed),
    p50Micros: round(quantile(took, 0.5) * 1_000),
    p99Micros: round(quantile(took, 0.99) * 1_000),
    hostCpuMicrosPerCall: round((host.user + host.system) / took.length),
    guestCpuMicrosPerCall: round((guestCpuMicros() - guestBefore) / took.length),
  }
}

/** How long each call took, in milliseconds. */
async function callFor(request: CallRequest, concurrency: number, ms: number): Promise<number[]> {
  const end = performance.now() + ms
  const took: number[] = []
  const worker = async () => {
    while (performance.now() < end) {
      const startedAt = performance.now()
      const settled = await sandbox.call(request)
      if (settled.kind !== 'returned') throw new Error(JSON.stringify(settled))
      took.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return took
}

function guestCpuMicros(): number {
  const fields = readFileSync(`/proc/${sandbox.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND
}

/** Proportional set size of each guest, as mappings are shared among them. */
function guestPss(): number[] {
  const children = readdirSync(`/proc/self/task`).flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  )
  const guests = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guest.cjs'))
  return guests.map((pid) => {
    const kB = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return round(Number(kB) / 1024)
  })
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)] ?? Number.NaN
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
