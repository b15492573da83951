import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'lock'

/**
 * Takes a folder for this process; the answer gives it back. A lock of a process that is gone is no lock, nor is one whose
 * number has another process by now: in a container nearly every server is process 1.
 * errors: Error that names the process which holds it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, FILE)
  const holder = take(file)
  if (holder !== undefined) throw new Error(`Cannot use "${folder}": process ${holder} uses it`)
  return () => rmSync(file, { force: true })
}

/**
 * Undefined: it is ours; else the number of the process whose it is. A lock is a link to nothing: made with what it says in
 * one step, so that nobody sees half of it. Of those who find one lock stale, one alone may take it away: who has the lock
 * named after it, and looked again since. Otherwise the second would take away the new lock of the first.
 */
function take(file: string): number | undefined {
  for (;;) {
    if (create(file)) return undefined
    const found = read(file)
    if (found === undefined) continue
    if (isHeld(found)) return holderOf(found)
    const claim = `${file}.${createHash('sha256').update(found).digest('hex').slice(0, 16)}`
    const other = take(claim)
    if (other !== undefined) return other
    if (read(file) === found) rmSync(file, { force: true })
    rmSync(claim, { force: true })
  }
}

function create(file: string): boolean {
  try {
    symlinkSync(`${process.pid} ${startOf(process.pid) ?? ''} ${randomUUID()}`, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Undefined: it is gone. */
function read(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

function holderOf(text: string): number {
  return Number(text.split(' ', 1)[0])
}

function isHeld(text: string): boolean {
  const holder = holderOf(text)
  return isAlive(holder) && (startOf(holder) ?? '') === text.split(' ')[1]
}

/** When it started, in the kernel's ticks; undefined where that cannot be had. */
function startOf(pid: number): string | undefined {
  try {
    // The program's name, in parentheses, may have spaces; it is the second of 52 fields.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
