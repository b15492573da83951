import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Daemon, type Exit } from '../control-plane/daemon.ts'
import { findLoopbackPort } from '../control-plane/loopback-port.ts'
import { type Labels, sumSamples } from './metrics-text.ts'
import type { Project } from './project.ts'

const CLI = resolve(import.meta.dirname, '../../runtime/cli/main.ts')

export interface HostOptions {
  readonly project: Project
  readonly kubeconfig: string
  readonly command?: 'run' | 'dev'
  /** Further flags. */
  readonly args?: readonly string[]
  /** Default: the CLI of this checkout; a bundled host is another file. */
  readonly entry?: string
}

/** `ostler run` as its user has it: a process with a command line, a log and an HTTP address. */
export interface HostProcess {
  readonly pid: number
  readonly url: string
  readonly running: boolean
  /** Everything written so far. */
  log(): string
  /** Resolves when the log has such text; rejects, with the log's end, when the host exits first or the time is over. */
  waitForLog(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  get(path: string): Promise<{ status: number; text: string }>
  waitUntilReady(timeoutMs?: number): Promise<void>
  /** The sum of a metric's samples that bear these labels; 0 where there is none. */
  metric(name: string, labels?: Labels): Promise<number>
  stop(signal?: NodeJS.Signals): Promise<Exit | undefined>
  exited(): Promise<Exit>
}

/** Starts a host; it goes with its project, and so with the test's process. */
export async function startHost(options: HostOptions): Promise<HostProcess> {
  const { project, kubeconfig, command = 'run', args = [], entry = CLI } = options
  const listen = `127.0.0.1:${await findLoopbackPort()}`
  const flags = ['--config', project.config, '--kubeconfig', kubeconfig, '--listen', listen, ...args]
  const daemon = new Daemon(
    project.stateDir,
    'host',
    [process.execPath, '--disable-sigusr1', '--max-semi-space-size=2', entry, command, ...flags],
    {
      cwd: project.dir,
      graceMs: 30_000,
    },
  )
  daemon.start()
  const url = `http://${listen}`
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`)
    return { status: response.status, text: await response.text() }
  }
  const until = async <Found>(
    what: string,
    look: () => Promise<Found | undefined>,
    timeoutMs = 30_000,
  ): Promise<Found> => {
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(50)) {
      const found = await look()
      if (found !== undefined) return found
      if (!daemon.running) break
    }
    const state = daemon.running ? `not within ${timeoutMs} ms` : 'the host has exited'
    throw new Error(`Waited for ${what}: ${state}. The end of its log:\n${daemon.logTail(20)}`)
  }
  return {
    pid: daemon.pid as number,
    url,
    get running() {
      return daemon.running
    },
    log: () => daemon.log(),
    waitForLog: (pattern, timeoutMs) =>
      until(`${pattern} in the log`, async () => pattern.exec(daemon.log()) ?? undefined, timeoutMs),
    get,
    waitUntilReady: async (timeoutMs) => {
      const isReady = () => get('/readyz').catch(() => undefined)
      await until('/readyz', async () => ((await isReady())?.status === 200 ? true : undefined), timeoutMs)
    },
    metric: async (name, labels) => sumSamples((await get('/metrics')).text, name, labels),
    stop: (signal) => daemon.stop(signal),
    exited: () => daemon.exited(),
  }
}
