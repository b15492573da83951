/** Lets a steady amount of log text through and counts what it drops. */
export interface LogValve {
  /** From now on `bytesPerSecond` pass, and four seconds' worth at once. */
  open(bytesPerSecond: number): void
  /** Passes the JSON of one line on, or drops it. */
  push(id: number, text: string): void
}

const BURST_SECONDS = 4
/** A line that is longer is dropped: the prelude cuts messages and fields far below this. */
const MAX_LINE_BYTES = 32 << 10

/** Answers a valve that passes lines to `pass`, followed a second later by a note of how many were dropped, if any. */
export function createLogValve(pass: (id: number, text: string) => void): LogValve {
  let rate = 16 << 10
  let budget = rate * BURST_SECONDS
  let refilledAt = performance.now()
  let dropped = 0
  return {
    open(bytesPerSecond) {
      rate = bytesPerSecond
      budget = rate * BURST_SECONDS
    },
    push(id, text) {
      const now = performance.now()
      budget = Math.min(rate * BURST_SECONDS, budget + ((now - refilledAt) / 1000) * rate)
      refilledAt = now
      if (text.length <= MAX_LINE_BYTES && text.length <= budget) {
        budget -= text.length
        pass(id, text)
      } else if (dropped++ === 0) setTimeout(noteDropped, 1000).unref()
    },
  }

  function noteDropped(): void {
    const message = `${dropped} log lines were dropped: only ${rate} bytes a second are kept`
    dropped = 0
    pass(0, JSON.stringify({ level: 'warn', message }))
  }
}
