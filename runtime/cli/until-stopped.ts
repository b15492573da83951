import type { Host } from '../host.ts'
import type { Logger } from '../observe/log.ts'

/** Below the 30 s that Kubernetes gives a pod, with time left to kill what hangs. */
const GRACE_MS = 25_000

/**
 * Resolves once SIGTERM or SIGINT has stopped the host; a second signal ends the process at once. So does a lost lease:
 * with code 1, as the host has said why, and whoever restarts it gives it a new turn.
 */
export async function untilStopped(host: Host, log: Logger): Promise<void> {
  void host.lost.then(() => process.exit(1))
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  log.info(`Stopping on ${signal}: running calls have ${GRACE_MS / 1000} s to finish`)
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  await host.stop(GRACE_MS)
  log.info('Stopped')
}
