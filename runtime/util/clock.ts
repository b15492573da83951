/** Time, passed in wherever the runtime waits, so that tests step it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once, `delayMs` from now; the answer cancels it. Never keeps the process alive by itself. */
  after(delayMs: number, callback: () => void): () => void
  /** Resolves after `delayMs`; rejects with `signal.reason` when the signal aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** Node.js fires a longer timer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const realClock: Clock = createClock(Date.now, (delayMs, callback) => {
  const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS)).unref()
  return () => clearTimeout(timer)
})

/** Builds a clock from its two primitives; `sleep` follows from `after`. */
export function createClock(now: Clock['now'], after: Clock['after']): Clock {
  return { now, after, sleep }

  function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
