import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'lock'

/**
 * Takes a folder for this process; the answer gives it back. A lock of a process that is gone is no lock, nor is one whose
 * number has another process by now: in a container nearly every server is process 1.
 * errors: Error that names the process which holds it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, FILE)
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(file, `${process.pid} ${startOf(process.pid) ?? ''}`, { flag: 'wx', mode: 0o600 })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const [pid = '', start = ''] = readFileSync(file, 'utf8').split(' ')
      const holder = Number(pid)
      if (attempt > 1 || (isAlive(holder) && (startOf(holder) ?? '') === start))
        throw new Error(`Cannot use "${folder}": process ${holder} uses it`)
      rmSync(file, { force: true })
    }
  }
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
