import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface DaemonOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** How long stop() waits before it kills. */
  readonly graceMs?: number
}

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One server program, started and ended at will; `NAME.log` and, while it runs, `NAME.pid` are in `dir`. */
export class Daemon {
  readonly #dir: string
  readonly #name: string
  readonly #command: readonly [string, ...string[]]
  readonly #options: DaemonOptions
  /** The running process; undefined before the start and once it has exited. */
  #child: ChildProcess | undefined
  /** Of the process that was started last. */
  #exited: Promise<Exit> | undefined

  constructor(dir: string, name: string, command: readonly [string, ...string[]], options: DaemonOptions = {}) {
    this.#dir = dir
    this.#name = name
    this.#command = command
    this.#options = options
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    if (this.running) throw new Error(`Cannot start ${this.#name}: it runs already`)
    const [program, ...args] = this.#command
    const { cwd, env } = this.#options
    const log = openSync(this.#logFile, 'a')
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', log, log] })
    closeSync(log)
    if (child.pid !== undefined) writeFileSync(this.#pidFile, String(child.pid))
    this.#child = child
    this.#exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
    this.#exited.then(
      () => this.#forget(),
      () => this.#forget(),
    )
    child.unref()
  }

  /** Sends the signal and resolves when the process has exited; SIGKILL follows after `graceMs` (10 s). */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit | undefined> {
    const child = this.#child
    if (child === undefined) return this.#exited
    child.kill(signal)
    const impatience = setTimeout(() => child.kill('SIGKILL'), this.#options.graceMs ?? 10_000)
    return this.exited().finally(() => clearTimeout(impatience))
  }

  /** Resolves when the process has exited by itself; rejects when it could not be started. */
  async exited(): Promise<Exit> {
    if (this.#exited === undefined) throw new Error(`${this.#name} was never started`)
    this.#child?.ref()
    return this.#exited
  }

  /** All that it has written to stdout and stderr, over all its starts. */
  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : ''
  }

  /** The end of the log, for an error message. */
  logTail(lines = 8): string {
    return this.log().trimEnd().split('\n').slice(-lines).join('\n')
  }

  get #logFile(): string {
    return join(this.#dir, `${this.#name}.log`)
  }

  get #pidFile(): string {
    return join(this.#dir, `${this.#name}.pid`)
  }

  #forget(): void {
    this.#child = undefined
    rmSync(this.#pidFile, { force: true })
  }
}
