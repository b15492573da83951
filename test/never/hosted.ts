import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { loadConfig } from '../../runtime/config/load.ts'
import { type Host, startHost } from '../../runtime/host.ts'
import { createLogger } from '../../runtime/observe/log.ts'
import { type Clock, realClock } from '../../runtime/util/clock.ts'
import { tempProject } from '../config/temp-project.ts'
import { startTinyApiServer, type TinyApiServer } from './tiny-api-server.ts'

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly controller?: string
  readonly key?: string
  readonly [field: string]: unknown
}

/** A whole host in this process, with real guests, on an API server of the test's. */
export interface Hosted {
  readonly host: Host
  readonly api: TinyApiServer
  readonly lines: readonly LogLine[]
  /** Writes a file of the project, as an editor would. */
  write(file: string, text: string): void
  writeConfig(controllers: readonly object[]): void
  get(path: string): Promise<{ status: number; text: string }>
  /** The value of a series of /metrics, by its text up to the value. */
  metric(series: string): Promise<number | undefined>
}

export interface HostedOptions {
  /** By controller: the text of its handler; undefined: there is no such file. */
  readonly handlers: Readonly<Record<string, string | undefined>>
  /** More of each controller's entry. */
  readonly entry?: object
  /** More at the top level. */
  readonly rest?: object
  readonly clock?: Clock
  readonly watch?: boolean
  /** The spec of a lease that is there already. */
  readonly lease?: object
}

/** Starts the host and ends it with the test. The config has one controller of demo.io/v1/Demo for each handler. */
export async function startHosted(options: HostedOptions): Promise<Hosted> {
  const { handlers, entry = {}, rest = {}, clock = realClock, watch = false } = options
  const api = await startTinyApiServer(options.lease)
  const controllers = Object.keys(handlers).map((name) => controllerOf(name, entry))
  const files = Object.entries(handlers).flatMap(([name, text]) => (text === undefined ? [] : [[`${name}.ts`, text]]))
  const dir = tempProject({
    ...Object.fromEntries(files),
    'package.json': '{ "type": "module" }',
    'ostler.yaml': configText(controllers, rest),
  })
  const lines: LogLine[] = []
  const log = createLogger({ format: 'json', level: 'debug', out: { write: (line) => lines.push(JSON.parse(line)) } })
  const cluster = { name: 'c', server: api.url, skipTLSVerify: false }
  const kubeConfig = { description: 'test', cluster, user: { name: 'u', token: 't' }, namespace: undefined }
  const config = await loadConfig({ cwd: dir, file: 'ostler.yaml' })
  const host = await startHost({ config, kubeConfig, log, listen: '127.0.0.1:0', watch, clock })
  let isStopped = false
  const stop = (graceMs: number) => {
    isStopped = true
    return host.stop(graceMs)
  }
  onTestFinished(async () => {
    if (!isStopped) await host.stop(0)
  })
  const get = async (path: string) => {
    const response = await fetch(`${host.url}${path}`)
    return { status: response.status, text: await response.text() }
  }
  return {
    host: { ...host, stop },
    api,
    lines,
    get,
    write: (file, text) => writeFileSync(join(dir, file), text),
    writeConfig: (entries) => writeFileSync(join(dir, 'ostler.yaml'), configText(entries, rest)),
    async metric(series) {
      const line = (await get('/metrics')).text.split('\n').find((text) => text.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length + 1))
    },
  }
}

export function controllerOf(name: string, entry: object = {}): object {
  return { name, for: 'demo.io/v1/Demo', handler: `./${name}.ts`, ...entry }
}

/** JSON, which YAML includes. */
function configText(controllers: readonly object[], rest: object): string {
  return JSON.stringify({ apiVersion: 'ostler.dev/v1', kind: 'Ostler', ...rest, controllers }, undefined, 2)
}

/** Waits for something that is to come true within seconds, also on a busy machine. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 20 })
}
