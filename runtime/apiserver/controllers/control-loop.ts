import type { Clock } from '../../util/clock.ts'

/** Keys that wait for their turn, each run by one at a time. */
export interface ControlLoop {
  /** Never runs anything itself: it may be called from a store's listener. */
  add(key: string): void
  /** Adds it later; an earlier time of the same key stays. */
  addAfter(key: string, delayMs: number): void
  /** Nothing waits and nothing runs; what is set for later does not count. */
  readonly isIdle: boolean
  /** Ends it; what runs comes to its end by itself. */
  stop(): void
}

export interface ControlLoopOptions {
  readonly clock: Clock
  /** Brings about what the key's object asks for; the loop tries again when it throws. */
  readonly reconcile: (key: string) => Promise<void>
  /** Hears of each failure. */
  readonly onError: (key: string, error: unknown) => void
}

/** Few: they all share one process and one store, but a slow webhook must not hold up every other key. */
const WORKERS = 8
/** source: client-go workqueue DefaultTypedControllerRateLimiter */
const FIRST_RETRY_MS = 5
const LAST_RETRY_MS = 1000 * 1000

/** Runs keys as client-go's work queue does: one added while it runs gets one more turn, failures back off. */
export function createControlLoop({ clock, reconcile, onError }: ControlLoopOptions): ControlLoop {
  /** Keys that need a turn, in order. */
  const waiting = new Set<string>()
  /** Keys that have theirs. One that is in both gets one more. */
  const running = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, { at: number; cancel: () => void }>()
  let isScheduled = false
  let isStopped = false

  return {
    add,
    addAfter,
    get isIdle() {
      return waiting.size === 0 && running.size === 0
    },
    stop() {
      isStopped = true
      for (const { cancel } of timers.values()) cancel()
      timers.clear()
      waiting.clear()
    },
  }

  function add(key: string): void {
    if (isStopped) return
    waiting.add(key)
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      dispatch()
    })
  }

  function addAfter(key: string, delayMs: number): void {
    const at = clock.now() + delayMs
    const known = timers.get(key)
    if (isStopped || (known !== undefined && known.at <= at)) return
    known?.cancel()
    const cancel = clock.after(delayMs, () => {
      timers.delete(key)
      add(key)
    })
    timers.set(key, { at, cancel })
  }

  function dispatch(): void {
    for (const key of waiting) {
      if (running.size >= WORKERS) return
      if (running.has(key)) continue
      waiting.delete(key)
      running.add(key)
      void take(key)
    }
  }

  async function take(key: string): Promise<void> {
    try {
      await reconcile(key)
      failures.delete(key)
    } catch (error) {
      if (!isStopped) retry(key, error)
    } finally {
      running.delete(key)
      dispatch()
    }
  }

  function retry(key: string, error: unknown): void {
    onError(key, error)
    const count = failures.get(key) ?? 0
    failures.set(key, count + 1)
    addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LAST_RETRY_MS))
  }
}
