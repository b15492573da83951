import { type ChildProcess, spawn } from 'node:child_process'
import { quantile } from '../../control-plane/reaction-times.ts'

/** The load on the neighbour. */
export interface Load {
  readonly seconds: number
  /** Changes, or calls, a second. */
  readonly rate: number
}

/** Of one run: milliseconds of each call that succeeded, and how many did not. */
export interface Run {
  readonly tookMs: readonly number[]
  readonly failed: number
}

/** Where a neighbour and a hostile controller live side by side. */
export interface Place {
  /** Makes the hostile controller do this from now on, in a fresh guest; `rest` for nothing. */
  enter(attack: string): Promise<void>
  /** Puts the load on the neighbour and measures it. */
  run(load: Load): Promise<Run>
  close(): Promise<void>
}

export const REST = 'rest'
/** The control: a loop in a process that has nothing to do with the host. What it costs is the machine's doing. */
export const OUTSIDE = 'outside'
/** A guest that loops is found out after 2 s, also when another one has taken its place. */
const QUIET_MS = 3_000
/** The swap by which an attack enters is no part of it. */
const BEGUN_MS = 1_000

/** The place, and beside it a busy process while the attack is OUTSIDE. */
export function withOutsider(place: Place): Place {
  let busy: ChildProcess | undefined
  const settle = (attack: string) => {
    busy?.kill('SIGKILL')
    busy = attack === OUTSIDE ? spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }) : undefined
  }
  return {
    run: place.run,
    enter(attack) {
      settle(attack)
      return place.enter(attack === OUTSIDE ? REST : attack)
    },
    close() {
      settle(REST)
      return place.close()
    },
  }
}

export interface Pair {
  readonly rest: Run
  readonly attack: Run
}

/** Rest and attack follow each other, so that what else the machine does falls on both; every second pair begins with the attack. */
export async function runPairs(place: Place, attack: string, count: number, load: Load): Promise<Pair[]> {
  const runAs = async (what: string) => {
    await place.enter(what)
    await new Promise((resolve) => setTimeout(resolve, what === REST ? QUIET_MS : BEGUN_MS))
    return place.run(load)
  }
  const pairs: Pair[] = []
  for (let index = 0; index < count; index++) {
    if (index % 2 === 0) {
      const rest = await runAs(REST)
      pairs.push({ rest, attack: await runAs(attack) })
    } else {
      const attacked = await runAs(attack)
      pairs.push({ rest: await runAs(REST), attack: attacked })
    }
  }
  await place.enter(REST)
  return pairs
}

export interface Comparison {
  /** Medians over the pairs, in milliseconds. */
  readonly rest: { readonly p50: number; readonly p99: number }
  readonly attack: { readonly p50: number; readonly p99: number }
  /** p99 of each pair. */
  readonly pairs: readonly (readonly [rest: number, attack: number])[]
  readonly calls: number
  readonly failed: number
  readonly holds: 'yes' | 'no' | 'not to be told'
}

const ENOUGH_MS = 5
/** A rest that is this restless is something else's doing, and nothing can be told from it. */
const NOISE_MS = 20

/** Judges as the header of containment.ts says. */
export function comparePairs(pairs: readonly Pair[]): Comparison {
  const medianOf = (share: number, run: (pair: Pair) => Run) =>
    quantile(
      pairs.map((pair) => quantile(run(pair).tookMs, share)),
      0.5,
    )
  const sideOf = (run: (pair: Pair) => Run) => ({ p50: round(medianOf(0.5, run)), p99: round(medianOf(0.99, run)) })
  const rest = sideOf((pair) => pair.rest)
  const attack = sideOf((pair) => pair.attack)
  const runs = pairs.flatMap((pair) => [pair.rest, pair.attack])
  const failed = runs.reduce((sum, run) => sum + run.failed, 0)
  return {
    rest,
    attack,
    pairs: pairs.map((pair) => [round(quantile(pair.rest.tookMs, 0.99)), round(quantile(pair.attack.tookMs, 0.99))]),
    calls: runs.reduce((sum, run) => sum + run.tookMs.length, 0),
    failed,
    holds: judge(rest.p99, attack.p99, failed),
  }
}

function judge(restP99: number, attackP99: number, failed: number): Comparison['holds'] {
  if (failed > 0) return 'no'
  if (restP99 > NOISE_MS) return 'not to be told'
  return attackP99 <= Math.max(2 * restP99, ENOUGH_MS) ? 'yes' : 'no'
}

export function tableOf(name: string, results: Readonly<Record<string, Comparison>>): string {
  const rows = Object.entries(results).map(([attack, { rest, attack: under, calls, failed, holds }]) => {
    return `| ${attack} | ${rest.p50} / ${rest.p99} | ${under.p50} / ${under.p99} | ${calls} | ${failed} | ${holds} |`
  })
  const head = `| ${name} | rest p50 / p99 ms | under attack p50 / p99 ms | calls | failed | holds |`
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n')
}

/**
 * Calls `act` at a steady rate, without waiting for it: a slow answer must not make the load gentler.
 * Resolves when the time is over and every call has settled.
 */
export async function atRate({ seconds, rate }: Load, act: (index: number) => Promise<unknown>): Promise<void> {
  const startedAt = performance.now()
  const under = new Set<Promise<unknown>>()
  for (let index = 0; index < seconds * rate; index++) {
    const waitMs = startedAt + (index * 1000) / rate - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const acting = act(index).finally(() => under.delete(acting))
    under.add(acting)
  }
  await Promise.all(under)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
