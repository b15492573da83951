import { readdirSync, readFileSync } from 'node:fs'

/** Children of a process that were started as guests. */
export function guestsOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => statOf(pid)?.parent === parent && /guest\.c?js/.test(commandOf(pid)))
}

/** Not gone, nor dead and yet to be collected by whoever inherited it. */
export function isAlive(pid: number): boolean {
  return !['Z', 'X', undefined].includes(statOf(pid)?.state)
}

/** Of /proc/PID/stat. */
export function statOf(pid: number): { state: string; parent: number; userTicks: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return { state: fields[0] ?? '', parent: Number(fields[1]), userTicks: Number(fields[11]) }
  } catch {
    return undefined
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
