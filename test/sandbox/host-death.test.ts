import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'

interface Report {
  readonly guest: number
  readonly spare: number
  readonly folder: string
}

/** Starts a host of its own with a guest that loops; answers once it does. */
async function startLoopingHost(): Promise<{ host: ChildProcess; report: Report }> {
  const host = spawn(process.execPath, [join(import.meta.dirname, 'looping-host.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void host.kill('SIGKILL'))
  if (host.stdout === null) throw new Error('The host has no stdout')
  for await (const line of createInterface({ input: host.stdout })) return { host, report: JSON.parse(line) as Report }
  throw new Error('The host ended without a word')
}

/** Gone, or dead and not yet collected by whoever inherited it. */
function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

test.each(['SIGKILL', 'SIGTERM', 'SIGABRT'] as const)(
  'no guest, looping or idle, and no folder outlives a host that ends by %s',
  { timeout: 60_000 },
  async (signal) => {
    const { host, report } = await startLoopingHost()
    expect([report.guest, report.spare].map(isGone)).toEqual([false, false])
    expect(existsSync(report.folder)).toBe(true)
    host.kill(signal)
    await vi.waitFor(() => expect([report.guest, report.spare].map(isGone)).toEqual([true, true]), { timeout: 5_000 })
    await vi.waitFor(() => expect(existsSync(report.folder)).toBe(false), { timeout: 5_000 })
  },
)
