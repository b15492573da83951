/** A host for host-death.test.ts: its guest loops; then it says which processes it has, as one line of JSON, and waits. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { buildGuest } from '../../runtime/sandbox/guest-bundle.ts'
import { GuestPool } from '../../runtime/sandbox/guest-pool.ts'
import { Sandbox } from '../../runtime/sandbox/sandbox.ts'
import { realClock } from '../../runtime/util/clock.ts'
import { bundleOf, requestOf } from './scripted-guest.ts'

const pool = new GuestPool({ clock: realClock, guestCode: buildGuest })
const sandbox = new Sandbox({ name: 'looping', memoryBytes: 64 << 20, pool, clock: realClock })
await sandbox.swap(
  bundleOf("exports.reconcile = async (o, context) => { await context.get('v1/Pod', { name: 'looping' }); for (;;); }"),
)
const looping = Promise.withResolvers<void>()
void sandbox.call(
  requestOf({
    timeoutMs: 60_000,
    onHostCall: async () => {
      // Answered in the next turn: from then on the guest loops.
      setImmediate(looping.resolve)
      return undefined
    },
  }),
)
await looping.promise
const guest = sandbox.pid
let spare: number | undefined
while (spare === undefined) {
  spare = guestsOf(process.pid).find((pid) => pid !== guest)
  await new Promise((resolve) => setTimeout(resolve, 20))
}
process.stdout.write(`${JSON.stringify({ guest, spare, folder: dirname(readlinkSync(`/proc/${spare}/cwd`)) })}\n`)
setInterval(() => {}, 1_000)

/** Children of a process that were started as guests and have begun to run. */
function guestsOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const ours = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(parent)
        return ours && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guest.cjs')
      } catch {
        return false
      }
    })
}
