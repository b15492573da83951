import PQueue from 'p-queue'
import type { Resource } from '../kube/resource.ts'
import type { Clock } from '../util/clock.ts'
import type { Bearer } from './finalizer-bearers.ts'
import { type FinalizerWriterOptions, removeFinalizer } from './finalizer-writer.ts'

export interface StripOptions extends FinalizerWriterOptions {
  readonly resource: Resource
  /** The objects that bear the finalizer, as of now; listBearers(), or what a cache holds. */
  list(): AsyncIterable<readonly Bearer[]>
  readonly clock: Clock
  /** Ends it between two requests. */
  readonly signal: AbortSignal
  /** Asked right before each write: false for what somebody takes care of. */
  readonly isWanted?: (bearer: Bearer) => boolean
  /** Passes over all objects before it gives up; default: no end. */
  readonly maxPasses?: number
  /** With the object as it is stored now. */
  readonly onRemoved?: (bearer: Bearer, json: string) => void
  /** A list or an object that failed, and is tried again in the next pass. */
  readonly onFailure?: (error: unknown, bearer: Bearer | undefined) => void
}

/**
 * Takes a controller's finalizer off all objects that bear it, some at a time, again and again until none does: one that
 * fails holds up no other.
 * out:     how many it was taken off; `isDone` when none is left
 */
export async function stripFinalizer(options: StripOptions): Promise<{ removed: number; isDone: boolean }> {
  const { clock, signal, maxPasses = Number.POSITIVE_INFINITY } = options
  let removed = 0
  for (let pass = 1; !signal.aborted; pass++) {
    const result = await stripOnce(options)
    removed += result.removed
    if (result.failed === 0) return { removed, isDone: !signal.aborted }
    if (pass >= maxPasses) break
    await clock.sleep(Math.min(FIRST_DELAY_MS * 2 ** (pass - 1), LONGEST_DELAY_MS), signal).catch(() => {})
  }
  return { removed, isDone: false }
}

async function stripOnce(options: StripOptions): Promise<{ removed: number; failed: number }> {
  const { isWanted = () => true, onRemoved, onFailure, resource, signal } = options
  const workers = new PQueue({ concurrency: CONCURRENCY })
  let removed = 0
  let failed = 0
  const fail = (error: unknown, bearer?: Bearer) => {
    failed++
    if (!signal.aborted) onFailure?.(error, bearer)
  }
  const strip = async (bearer: Bearer) => {
    if (signal.aborted || !isWanted(bearer)) return
    try {
      const result = await removeFinalizer(options, resource, bearer)
      if (typeof result === 'string') return
      removed++
      onRemoved?.(bearer, result.json)
    } catch (error) {
      fail(error, bearer)
    }
  }
  try {
    for await (const page of options.list()) {
      if (signal.aborted) break
      for (const bearer of page) void workers.add(() => strip(bearer))
      // A page at a time is in memory.
      await workers.onIdle()
    }
  } catch (error) {
    fail(error)
  }
  await workers.onIdle()
  return { removed, failed }
}

/** Below what one controller may have on the wire. */
const CONCURRENCY = 8
const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000
