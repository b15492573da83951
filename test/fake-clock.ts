import { type Clock, createClock } from '../runtime/util/clock.ts'

/** A clock that stands still until `advance()`. */
export interface FakeClock extends Clock {
  /** Moves time on, firing what falls due in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly pending: number
}

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let now = startMs
  let sequence = 0
  const timers = new Map<number, { at: number; callback: () => void }>()
  const clock = createClock(
    () => now,
    (delayMs, callback) => {
      const id = ++sequence
      timers.set(id, { at: now + Math.max(0, delayMs), callback })
      return () => timers.delete(id)
    },
  )
  return {
    ...clock,
    get pending() {
      return timers.size
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const due = [...timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0]
        if (due === undefined) break
        timers.delete(due[0])
        now = due[1].at
        due[1].callback()
        await settle()
      }
      now = end
      await settle()
    },
  }
}

/** Lets everything that is ready run: microtasks, and what they schedule by setImmediate. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
