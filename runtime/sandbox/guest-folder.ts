import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where guests start from: one file of code and an empty folder, both of which only this user can read and nobody write. */
export interface GuestFolder {
  readonly path: string
  readonly entry: string
  readonly cwd: string
  remove(): void
}

export function createGuestFolder(code: string): GuestFolder {
  const path = mkdtempSync(join(tmpdir(), 'ostler-'))
  const entry = join(path, 'guest.cjs')
  const cwd = join(path, 'empty')
  writeFileSync(entry, code, { mode: 0o400 })
  mkdirSync(cwd, { mode: 0o500 })
  chmodSync(path, 0o500)
  return { path, entry, cwd, remove }

  function remove(): void {
    try {
      chmodSync(path, 0o700)
    } catch (error) {
      // The reaper removes it too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    rmSync(path, { recursive: true, force: true })
  }
}
