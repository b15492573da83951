import { expect, onTestFinished, test } from 'vitest'
import { Informer } from '../../runtime/informer/informer.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import { createFakeClock } from '../fake-clock.ts'
import { createSeededRandom } from '../fault-run/seeded-random.ts'
import { createUnreliableSource, type Served, type UnreliableSource } from './unreliable-source.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60
const OBJECTS = 30
/** A watch is given up after so long a silence, and a host that heard nothing for so long is not ready. Written out, as it is these numbers that are promised. */
const IDLE_LIMIT_MS = 150_000
const SILENCE_LIMIT_MS = 180_000
/** Nothing changes in these hours. */
const IDLE_HOURS = { from: 2, to: 9 }
/** The API server is away for this long, at noon, and does not remember so long afterwards. */
const OUTAGE = { atMinute: 12 * 60, minutes: 30 }

/**
 * From a change until the store has it: a watch that died, and one request that is never answered, each to its limit, the
 * longest backoff after each, and the minute between two looks. An outage comes on top.
 */
const LATEST_MS = 2 * (IDLE_LIMIT_MS + 30_000) + MINUTE_MS

const gvk = { group: 'demo.io', version: 'v1', kind: 'Demo' }
const demos: Resource = { ...gvk, plural: 'demos', namespaced: true, verbs: ['list', 'watch'], subresources: [] }

/** kube-apiserver sends a bookmark about each minute, and each ten for a kind in which nothing ever happened. */
const CASES = [1, 2, 3].flatMap((seed) => [MINUTE_MS, 10 * MINUTE_MS].map((bookmarkMs) => ({ seed, bookmarkMs })))

test.each(CASES)(
  'Informer over 24 hours of idle watches that die, with a bookmark each $bookmarkMs ms (seed $seed), misses no death and no change',
  async ({ seed, bookmarkMs }) => {
    const day = await live(seed, bookmarkMs)
    console.log(
      seed,
      bookmarkMs,
      day.requests.length,
      day.silentDeaths.length,
      day.changes,
      mostWithin(day.requests, 10_000),
      day.mostTimers,
      Math.max(...day.silentDeaths.map(waitedMs)),
    )
    expect(day.silentDeaths.length).toBeGreaterThan(20)
    // Each is given up by its limit, counted from the last byte; none is left open.
    expect(day.silentDeaths.filter(({ abortedAt }) => abortedAt === undefined)).toEqual([])
    expect(Math.max(...day.silentDeaths.map(waitedMs))).toBeLessThanOrEqual(IDLE_LIMIT_MS)
    expect(day.changes).toBeGreaterThan(300)
    expect(day.late).toEqual([])
    expect(day.ageLies).toEqual([])
    expect(day.wrongReadiness).toEqual([])
    // A watch, what its silence costs, and the relist: whatever happens, a request has a reason.
    expect(day.requests.length).toBeLessThan(1_500)
    expect(mostWithin(day.requests, 10_000)).toBeLessThanOrEqual(8)
    expect(day.mostTimers).toBeLessThanOrEqual(1)
    expect(day.leftover).toEqual([])
  },
)

interface Day {
  readonly requests: readonly Served[]
  readonly silentDeaths: readonly Served[]
  readonly changes: number
  /** Changes that came later than LATEST_MS, or never. */
  readonly late: readonly string[]
  /** Minutes at which the informer said another age than the server knows. */
  readonly ageLies: readonly string[]
  /** Minutes at which it was silent for too long and did not say so, or said so without reason. */
  readonly wrongReadiness: readonly number[]
  /** Of the informer, at any minute. */
  readonly mostTimers: number
  /** Objects in which store and server differ after a while without faults. */
  readonly leftover: readonly string[]
}

async function live(seed: number, bookmarkMs: number): Promise<Day> {
  const clock = createFakeClock()
  const random = createSeededRandom(seed)
  const source = createUnreliableSource(clock, createSeededRandom(seed + 1_000), bookmarkMs)
  const informer = startInformer(clock, source, random.next)
  const pending = new Map<string, { readonly version: number; readonly at: number }>()
  const seen = { late: [] as string[], ageLies: [] as string[], wrongReadiness: [] as number[] }
  let [changes, mostTimers, allowedMs] = [0, 0, LATEST_MS]
  for (let minute = 0; minute < DAY_MINUTES; minute++) {
    if (minute === OUTAGE.atMinute) source.outage(true)
    if (minute === OUTAGE.atMinute + OUTAGE.minutes) source.outage(false)
    allowedMs = LATEST_MS + (isNearOutage(minute) ? OUTAGE.minutes * MINUTE_MS : 0)
    if (!isIdle(minute) && random.next() < 0.5) {
      const name = `o${random.below(OBJECTS)}`
      // One that is awaited stays as it is: a later change would hide that it is late.
      if (!pending.has(name)) {
        pending.set(name, { version: source.change(name), at: clock.now() })
        changes++
      }
    }
    await clock.advance(MINUTE_MS)
    look(minute)
  }
  source.calm()
  await clock.advance(10 * MINUTE_MS)
  const leftover = [...source.versions.keys()].filter((name) => !has(informer, source, name))
  const silentDeaths = source.requests.filter(({ isSilent }) => isSilent)
  return { requests: source.requests, silentDeaths, changes, ...seen, mostTimers, leftover }

  function look(minute: number): void {
    const now = clock.now()
    for (const [name, { version, at }] of pending) {
      if (has(informer, source, name)) pending.delete(name)
      else if (now - at > allowedMs) seen.late.push(`${name}@${version} after ${(now - at) / 1000} s`)
    }
    const ageMs = now - source.lastByteAt
    if (informer.lastSignAgeMs !== ageMs) seen.ageLies.push(`${minute}: ${informer.lastSignAgeMs}, not ${ageMs}`)
    if (informer.isSilent !== ageMs > SILENCE_LIMIT_MS) seen.wrongReadiness.push(minute)
    mostTimers = Math.max(mostTimers, clock.pending - source.timers)
  }
}

function startInformer(clock: ReturnType<typeof createFakeClock>, source: UnreliableSource, random: () => number) {
  const kinds = { resolve: async () => demos, whenServed: async () => demos }
  const informer = new Informer({ gvk, kinds, sourceOf: () => source, clock, random })
  onTestFinished(() => informer.stop())
  informer.start()
  return informer
}

/** The store has the object as the server has it now. */
function has({ lister }: Informer, source: UnreliableSource, name: string): boolean {
  return Number(lister.get(`default/${name}`)?.resourceVersion ?? 0) === source.versions.get(name)
}

const isIdle = (minute: number) => minute >= IDLE_HOURS.from * 60 && minute < IDLE_HOURS.to * 60

function isNearOutage(minute: number): boolean {
  return minute >= OUTAGE.atMinute && minute < OUTAGE.atMinute + OUTAGE.minutes + LATEST_MS / MINUTE_MS
}

function waitedMs({ abortedAt = Number.POSITIVE_INFINITY, lastByteAt }: Served): number {
  return abortedAt - lastByteAt
}

/** The most requests that began in any such span. */
function mostWithin(requests: readonly Served[], spanMs: number): number {
  return Math.max(...requests.map(({ at }, i) => requests.slice(i).findIndex((later) => later.at > at + spanMs)))
}
