import type { Clock } from '../util/clock.ts'

export interface BackoffOptions {
  readonly clock: Clock
  /** In [0, 1); default Math.random. */
  readonly random?: () => number
  readonly baseMs?: number
  readonly capMs?: number
  readonly resetAfterMs?: number
}

export interface Backoff {
  /** How long to wait after a failure that happened now; `leastMs` is what the server or the caller asks for. */
  nextDelayMs(leastMs?: number): number
}

/**
 * Doubling delays with full jitter. The count starts over once `resetAfterMs` went by between the end of a wait and the
 * next failure: time is the only proof that counts, as a server can answer a list and refuse each watch for ever.
 * source: kube-rs and client-go have the same 0.8 s and 30 s; they start over after 120 s. 60 s is already twice the cap
 */
export function createBackoff(options: BackoffOptions): Backoff {
  const { clock, random = Math.random, baseMs = 800, capMs = 30_000, resetAfterMs = 60_000 } = options
  let failures = 0
  let resumedAtMs = clock.now()
  return {
    nextDelayMs(leastMs = 0) {
      if (clock.now() - resumedAtMs >= resetAfterMs) failures = 0
      const delayMs = Math.max(leastMs, random() * Math.min(capMs, baseMs * 2 ** failures))
      failures = Math.min(failures + 1, 30)
      resumedAtMs = clock.now() + delayMs
      return delayMs
    },
  }
}

/**
 * Passes on what comes, and waits after each failure before it pulls again. As generators are pulled, nothing happens behind
 * the wait. Ends when `signal` aborts.
 */
export async function* withBackoff<T extends { readonly kind: string }>(
  events: AsyncIterable<T>,
  delayOf: (event: T) => number | undefined,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<T> {
  for await (const event of events) {
    yield event
    const delayMs = delayOf(event)
    if (delayMs === undefined) continue
    await clock.sleep(delayMs, signal).catch(() => {})
    if (signal.aborted) return
  }
}
