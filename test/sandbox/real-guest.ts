import { onTestFinished } from 'vitest'
import type { GuestLog } from '../../runtime/sandbox/call.ts'
import { buildGuest } from '../../runtime/sandbox/guest-bundle.ts'
import { GuestPool } from '../../runtime/sandbox/guest-pool.ts'
import { DEFAULT_LIMITS, type GuestLimits } from '../../runtime/sandbox/limits.ts'
import { Sandbox, type SandboxState } from '../../runtime/sandbox/sandbox.ts'
import { realClock } from '../../runtime/util/clock.ts'
import { bundleOf } from './scripted-guest.ts'

let guestCode: Promise<string> | undefined

/** A pool of real processes that ends with the test. */
export function createPool(limits: Partial<GuestLimits> = {}): GuestPool {
  guestCode ??= buildGuest()
  const code = guestCode
  const pool = new GuestPool({ clock: realClock, guestCode: () => code, limits: { ...DEFAULT_LIMITS, ...limits } })
  onTestFinished(() => pool.close())
  return pool
}

export interface RealSandbox {
  readonly sandbox: Sandbox
  readonly logs: GuestLog[]
  readonly states: SandboxState[]
  readonly deaths: string[]
}

/** Runs CommonJS code in a guest. */
export async function runHandler(pool: GuestPool, code: string, memoryBytes = 64 << 20): Promise<RealSandbox> {
  const logs: GuestLog[] = []
  const states: SandboxState[] = []
  const deaths: string[] = []
  const sandbox = new Sandbox({
    name: 'test',
    memoryBytes,
    pool,
    clock: realClock,
    onLog: (line) => logs.push(line),
    onState: (state) => states.push(state),
    metrics: { started() {}, died: (cause) => deaths.push(cause), called() {} },
  })
  await sandbox.swap(bundleOf(code))
  return { sandbox, logs, states, deaths }
}
