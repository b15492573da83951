import type { Call } from './call.ts'
import { own, PrimordialTypeError, random } from './primordials.ts'
import { sleep } from './timers.ts'

const DEFAULT_ATTEMPTS = 5
/** The longest wait before the second attempt; it doubles with each further one, with full jitter (client-go's DefaultRetry has 10 ms). */
const BASE_DELAY_MS = 10

/**
 * Runs `attempt` again for as long as it ends with a 409 Conflict, `attempts` times in all.
 * While it runs, every read of this call's context is live, also one outside `attempt` that runs at the same time: the
 * sandbox cannot follow a call through its awaits, and a live read is never wrong.
 */
export async function retryOnConflict(
  call: Call,
  attempt: () => Promise<unknown>,
  options?: { attempts?: number },
): Promise<unknown> {
  if (typeof attempt !== 'function') throw new PrimordialTypeError('Cannot retry on conflict: give a function')
  const attempts = (own(options, 'attempts') as number | undefined) ?? DEFAULT_ATTEMPTS
  call.liveReads++
  try {
    for (let n = 1; ; n++) {
      try {
        return await attempt()
      } catch (error) {
        if (n >= attempts || !isConflict(error)) throw error
        await sleep(random() * BASE_DELAY_MS * 2 ** (n - 1), call.controller.signal)
        call.controller.signal.throwIfAborted()
      }
    }
  } finally {
    call.liveReads--
  }
}

function isConflict(error: unknown): boolean {
  return own(error, 'code') === 409 && own(error, 'reason') === 'Conflict'
}
