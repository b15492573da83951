import type { Host } from '../host.ts'
import type { Logger } from '../observe/log.ts'

/** Below the 30 s that Kubernetes gives a pod, with time left to kill what hangs. */
const GRACE_MS = 25_000

/**
 * Resolves with the first signal that asks the process to end. To be called before anything is awaited: as process 1 of a
 * container, a signal that nobody listens for is none.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}

/**
 * Resolves once that signal has stopped the host; a second one ends the process at once. So does a lost lease: with code 1,
 * as the host has said why, and whoever restarts it gives it a new turn.
 */
export async function untilStopped(host: Host, log: Logger, asked: Promise<NodeJS.Signals>): Promise<void> {
  // A fault of ours in one corner, which has nobody to tell; the controllers go on.
  process.on('unhandledRejection', (error) => log.error('Unexpected failure', { error }))
  void host.lost.then(() => process.exit(1))
  const signal = await asked
  log.info(`Stopping on ${signal}: running calls have ${GRACE_MS / 1000} s to finish`)
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  await host.stop(GRACE_MS)
  log.info('Stopped')
}
