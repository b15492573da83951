import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Guest } from '../../runtime/sandbox/guest.ts'
import { GuestPool } from '../../runtime/sandbox/guest-pool.ts'
import { realClock } from '../../runtime/util/clock.ts'
import { createPool, runHandler } from './real-guest.ts'
import { requestOf } from './scripted-guest.ts'

const MEMORY = 64 << 20

/** Pids of guests whose parent is this process. */
async function liveGuests(): Promise<number[]> {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').map(Number)
  return children.filter((pid) => pid > 0 && cmdlineOf(pid).includes('guest.cjs'))
}

function cmdlineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test('GuestPool.use() starts a spare ahead, and the release of the last user ends it', async () => {
  const pool = createPool()
  const releases = [pool.use(MEMORY), pool.use(MEMORY)]
  await vi.waitFor(async () => expect(await liveGuests()).toHaveLength(1), { timeout: 10_000 })
  releases[0]?.()
  releases[0]?.()
  await new Promise((resolve) => setImmediate(resolve))
  expect(await liveGuests()).toHaveLength(1)
  releases[1]?.()
  await vi.waitFor(async () => expect(await liveGuests()).toHaveLength(0), { timeout: 10_000 })
})

test('GuestPool.take() gives the spare and starts the next one', async () => {
  const pool = createPool()
  pool.use(MEMORY)
  await vi.waitFor(async () => expect(await liveGuests()).toHaveLength(1), { timeout: 10_000 })
  const [spare] = await liveGuests()
  const guest = await pool.take(MEMORY)
  expect(guest.pid).toBe(spare)
  await vi.waitFor(async () => expect(await liveGuests()).toHaveLength(2), { timeout: 10_000 })
})

test('GuestPool replaces a spare that dies, after a second, with a warning', async () => {
  const onWarning = vi.fn()
  const code = 'require("node:process").exit(3)'
  const pool = new GuestPool({ clock: realClock, guestCode: () => Promise.resolve(code), onWarning })
  pool.use(MEMORY)
  await vi.waitFor(() => expect(onWarning.mock.calls.length).toBeGreaterThanOrEqual(2), { timeout: 10_000 })
  expect(onWarning.mock.calls.slice(0, 2)).toEqual([
    ['Cannot keep a spare guest: exited with code 3; next try in 1 s'],
    ['Cannot keep a spare guest: exited with code 3; next try in 2 s'],
  ])
  await expect(pool.take(MEMORY)).rejects.toMatchObject({ code: 'SANDBOX_DIED' })
  await pool.close()
})

test('GuestPool.close() ends spares and guests in use, and removes their folder', async () => {
  const pool = createPool()
  pool.use(MEMORY)
  const guests: Guest[] = [await pool.take(MEMORY), await pool.take(MEMORY)]
  const folder = dirname(readlinkSync(`/proc/${guests[0]?.pid}/cwd`))
  expect(existsSync(folder)).toBe(true)
  await pool.close()
  expect(guests.map(({ alive }) => alive)).toEqual([false, false])
  expect(await liveGuests()).toEqual([])
  expect(existsSync(folder)).toBe(false)
  await expect(pool.take(MEMORY)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
})

test('GuestPool.close() while the first spare is on its way warns of nothing', async () => {
  const onWarning = vi.fn()
  const code = Promise.withResolvers<string>()
  const pool = new GuestPool({ clock: realClock, guestCode: () => code.promise, onWarning })
  const starting = pool.take(MEMORY)
  pool.use(MEMORY)
  await new Promise((resolve) => setTimeout(resolve))
  const closing = pool.close()
  code.resolve('')
  await expect(starting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  await closing
  expect(onWarning).not.toHaveBeenCalled()
})

test('a guest starts with no environment, in an empty folder that nobody may write, in a session of its own', async () => {
  const pool = createPool()
  const { pid } = await pool.take(MEMORY)
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('')
  const cwd = readlinkSync(`/proc/${pid}/cwd`)
  expect([cwd, dirname(cwd)].map((path) => statSync(path).mode & 0o777)).toEqual([0o500, 0o500])
  expect(statSync(`${dirname(cwd)}/guest.cjs`).mode & 0o777).toBe(0o400)
  const session = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]
  expect(Number(session)).toBe(pid)
})

test('a swap takes the spare and serves the new code', async () => {
  const pool = createPool()
  const { sandbox } = await runHandler(pool, 'exports.reconcile = async () => 1')
  const { bundleOf } = await import('./scripted-guest.ts')
  await sandbox.swap(bundleOf('exports.reconcile = async () => 2', 'two'))
  expect(await sandbox.call(requestOf({ timeoutMs: 15_000 }))).toEqual({ kind: 'returned', value: 2 })
  await sandbox.close(0)
})
