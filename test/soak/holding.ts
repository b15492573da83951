import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guestsOf, isAlive } from '../e2e/guest-processes.ts'
import type { HostProcess } from '../e2e/host-process.ts'
import type { Project } from '../e2e/project.ts'

/** What a host holds at one moment, garbage collected. */
export interface Holding {
  /** Bytes. */
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
  /** By kind: socket, pipe, anon_inode, file. */
  readonly descriptors: Readonly<Record<string, number>>
  /** Living objects of these classes; timers counts those that do not keep the process alive too. */
  readonly timers: number
  readonly promises: number
  readonly signals: number
  readonly resources: Readonly<Record<string, readonly string[]>>
  /** Collections on the heap that name churned objects: how many of its keys do, and one of them. */
  readonly keyed: readonly { readonly type: string; readonly count: number; readonly example: string }[]
}

/** The names of objects that come and go. */
export const CHURNED = /churn-\d+/

export const PROBED_HOST = join(import.meta.dirname, 'probed-host.ts')

/** Makes a host started from PROBED_HOST say what it holds. */
export async function lookInto(host: HostProcess, { stateDir }: Project): Promise<Holding> {
  const file = join(stateDir, 'probe.json')
  rmSync(file, { force: true })
  process.kill(host.pid, 'SIGUSR2')
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Holding
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error(
    `Cannot look into the host: it did not answer SIGUSR2 within 60 s. The end of its log:\n${host.log().slice(-4000)}`,
  )
}

/** Living processes that the host started: guests, the reaper, the bundler. */
export function childrenOf({ pid }: HostProcess): { guests: number; all: number } {
  const all = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .map(Number)
      .filter((child) => child > 0 && isAlive(child)),
  )
  return { guests: guestsOf(pid).length, all: all.length }
}

export function descriptorsOf({ descriptors }: Holding): number {
  return Object.values(descriptors).reduce((sum, count) => sum + count, 0)
}
