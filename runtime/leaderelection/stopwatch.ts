import { uptime } from 'node:os'

/**
 * Time since the start, by clocks that may disagree. Who holds a lease takes the most, who waits for one to run out the
 * least: where they differ, neither does what the other has not expected.
 */
export interface Stopwatch {
  /** Surely past. */
  leastMs(): number
  /** Past by the clock that says most. */
  mostMs(): number
}

export type StartStopwatch = () => Stopwatch

/**
 * Reads three clocks. The monotonic one goes on while the process is stopped, but not while the machine is suspended; the
 * uptime (CLOCK_BOOTTIME, in steps of 10 ms) counts that too; a virtual machine that was paused or restored from a snapshot
 * learns of it by the wall clock alone. A wall clock set forward costs a holder its lease for nothing, which is the safe side.
 */
export function startStopwatch(): Stopwatch {
  const begin = read()
  const passed = () => read().map((ms, clock) => ms - (begin[clock] as number))
  return { leastMs: () => passed()[0] as number, mostMs: () => Math.max(...passed()) }
}

/** Monotonic, uptime, wall. */
function read(): number[] {
  return [performance.now(), uptime() * 1000, Date.now()]
}
