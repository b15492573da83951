import { readFileSync } from 'node:fs'

export interface ProcessEntry {
  readonly pid: number
  readonly name: string
}

/** A process's children, theirs, and so on; those that end meanwhile are left out. */
export function processesBelow(pid: number): ProcessEntry[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return children.flatMap((child) => [{ pid: child, name: read(`/proc/${child}/comm`) }, ...processesBelow(child)])
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
