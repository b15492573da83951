import type { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'

/** Writes a byte at a time, each in a turn of the event loop of its own. Ends early where the reader has gone. */
export async function trickle(to: Writable, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !to.destroyed; at++) {
    to.write(bytes.subarray(at, at + 1))
    await turn()
  }
}
