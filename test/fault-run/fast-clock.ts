import { type Clock, createClock } from '../../runtime/util/clock.ts'

/** Timers up to this are not sped up: they watch over real processes (a guest's pings), which get no faster. */
const REAL_UP_TO_MS = 500

export interface FastClock extends Clock {
  /** From now on time goes by so many times as fast; timers that wait already keep their pace. */
  speedUp(factor: number): void
}

/** A clock that can be sped up, so that limits of minutes are met in seconds. Its timers do not keep the process alive. */
export function createFastClock(): FastClock {
  let factor = 1
  let base = { realMs: Date.now(), shownMs: Date.now() }
  const now = () => base.shownMs + (Date.now() - base.realMs) * factor
  const clock = createClock(now, (delayMs, callback) => {
    const realMs = delayMs <= REAL_UP_TO_MS ? delayMs : Math.max(REAL_UP_TO_MS / factor, delayMs / factor)
    const timer = setTimeout(callback, Math.min(realMs, 2 ** 31 - 1)).unref()
    return () => clearTimeout(timer)
  })
  return {
    ...clock,
    speedUp(next) {
      base = { realMs: Date.now(), shownMs: now() }
      factor = next
    },
  }
}
