import { stop } from 'esbuild'

/** Counts esbuild's processes, so that of several builds that see one die only the first clears it away. */
let generation = 0

/** Ends when no build runs alone; others wait for it. */
let alone: Promise<unknown> = Promise.resolve()

/**
 * Runs `work`, which may use esbuild, and outlives esbuild's death. All builds share one process of its, and a source
 * nested deep enough overflows its stack: then every build fails, and all later ones do too. So the process is replaced and
 * each build that was hit runs again by itself: the one that kills it once more is the one to blame.
 * errors: of `work`; Error when it killed esbuild
 */
export async function withBundler<T>(work: () => Promise<T>): Promise<T> {
  await alone
  const started = generation
  try {
    return await work()
  } catch (error) {
    if (!isDeath(error)) throw error
    await replace(started)
  }
  const again = alone.then(() => runAlone(work))
  alone = again.catch(() => {})
  return again
}

async function runAlone<T>(work: () => Promise<T>): Promise<T> {
  const started = generation
  try {
    return await work()
  } catch (error) {
    if (!isDeath(error)) throw error
    await replace(started)
    throw new Error('esbuild cannot take it (a source nested too deep?)', { cause: error })
  }
}

/** esbuild never starts a new process by itself. */
async function replace(started: number): Promise<void> {
  if (started !== generation) return
  generation++
  await stop()
}

/** As esbuild's lib/main.js words it; it has no code. */
function isDeath(error: unknown): boolean {
  return error instanceof Error && /^The service (was stopped|is no longer running)/.test(error.message)
}
