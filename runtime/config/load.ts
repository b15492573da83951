import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { type Fault, RuntimeError } from '../errors.ts'
import { schemaFaults, sentence } from './check.ts'
import { findConfig } from './find.ts'
import { show } from './option.ts'
import { ruleFaults } from './rules.ts'
import {
  type AllowEntry,
  type Config,
  type ControllerConfig,
  type configSchema,
  controllerSchema,
  type LeaderElectionConfig,
  leaderElectionSchema,
} from './schema.ts'
import { type Source, valueAt } from './source.ts'

export interface LoadOptions {
  /** Relative to `cwd`; else it is searched there. */
  readonly file?: string | undefined
  readonly cwd: string
}

/** All that can be said of a config without refusing it. */
export interface Inspection {
  /** Absolute. */
  readonly file: string
  readonly dir: string
  readonly faults: readonly Fault[]
  /** The handlers that are there, of all entries that name one, faulty or not. */
  readonly handlers: readonly NamedHandler[]
}

export interface NamedHandler {
  /** Absolute. */
  readonly handler: string
  /** The exports that `watches` of the entry names. */
  readonly mappers: readonly string[]
}

/**
 * Reads the config, with every default filled in. A handler that is missing is that controller's trouble alone.
 * errors:  RuntimeError CONFIG_NOT_FOUND, saying where it looked · CONFIG_INVALID, with every fault and its place
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const source = await findConfig(options)
  refuse(source, faultsOf(source))
  return resolveConfig(source)
}

/** Finds everything that is wrong, missing handlers included. Errors: CONFIG_NOT_FOUND. */
export async function inspectConfig(options: LoadOptions): Promise<Inspection> {
  const source = await findConfig(options)
  const named = await namedHandlers(source)
  const missing = named.filter(({ isFile }) => !isFile).map(({ fault }) => fault)
  return {
    file: source.file,
    dir: dirname(source.file),
    faults: inOrder([...faultsOf(source), ...missing]),
    handlers: named.filter(({ isFile }) => isFile),
  }
}

/** Of a text that does not parse there is nothing to check; one with duplicate keys has a value. */
function faultsOf(source: Source): Fault[] {
  const checked = source.value === undefined && source.faults.length > 0 ? [] : contentFaults(source)
  return [...source.faults, ...checked]
}

function contentFaults(source: Source): Fault[] {
  return [...schemaFaults(source), ...ruleFaults(source)]
}

function refuse(source: Source, faults: readonly Fault[]): void {
  if (faults.length === 0) return
  const ordered = inOrder(faults)
  const [first] = ordered as [Fault, ...Fault[]]
  const what = faults.length === 1 ? first.message : `${faults.length} faults, the first: ${first.message}`
  const message = `Cannot use config "${source.file}": line ${first.line}, column ${first.column}: ${what}`
  throw new RuntimeError('CONFIG_INVALID', message, { faults: ordered })
}

function inOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/** The handlers that entries name, read without trust in the rest of the entry. */
async function namedHandlers(source: Source): Promise<(NamedHandler & { isFile: boolean; fault: Fault })[]> {
  const controllers = valueAt(source.value, ['controllers'])
  const entries = Array.isArray(controllers) ? [...controllers.entries()] : []
  const named = entries.map(async ([index]) => {
    const path = ['controllers', index, 'handler']
    const text = valueAt(source.value, path)
    if (typeof text !== 'string' || text === '') return []
    const handler = resolve(dirname(source.file), text)
    const fault = source.fault(path, sentence(path, `names no file: there is no ${show(handler)}`))
    return [{ handler, mappers: namedMappers(source, index), isFile: await isFile(handler), fault }]
  })
  return (await Promise.all(named)).flat()
}

function namedMappers(source: Source, index: number): string[] {
  const watches = valueAt(source.value, ['controllers', index, 'watches'])
  const entries = Array.isArray(watches) ? [...watches.keys()] : []
  const named = entries.map((entry) => valueAt(source.value, ['controllers', index, 'watches', entry, 'map']))
  return named.filter((name) => typeof name === 'string')
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}

/** Texts become numbers here, and `defaults` becomes part of each controller; `source` has no faults. */
function resolveConfig(source: Source): Config {
  const { crds = [], defaults = {}, leaderElection, controllers } = source.value as RawConfig
  const dir = dirname(source.file)
  return {
    file: source.file,
    dir,
    crds,
    leaderElection: resolveLeaderElection(leaderElectionSchema.parse(leaderElection)),
    controllers: controllers.map((entry, index) => {
      const merged = { ...defaults, ...entry, retry: { ...defaults.retry, ...entry.retry } }
      return resolveController(controllerSchema.parse(merged), { source, dir, index })
    }),
  }
}

function resolveLeaderElection(entry: z.output<typeof leaderElectionSchema>): LeaderElectionConfig {
  const { enabled, name, namespace, leaseDuration, renewDeadline, retryPeriod } = entry
  return {
    enabled,
    name,
    namespace,
    leaseDurationMs: leaseDuration,
    renewDeadlineMs: renewDeadline,
    retryPeriodMs: retryPeriod,
  }
}

type RawConfig = z.input<typeof configSchema>

function resolveController(
  entry: z.output<typeof controllerSchema>,
  { source, dir, index }: { source: Source; dir: string; index: number },
): ControllerConfig {
  return {
    name: entry.name,
    place: source.placeOf(['controllers', index]),
    gvk: entry.for.gvk,
    forText: entry.for.text,
    handler: resolve(dir, entry.handler),
    handlerPlace: source.placeOf(['controllers', index, 'handler']),
    namespaces: entry.namespaces ?? [],
    labelSelector: entry.labelSelector,
    fieldSelector: entry.fieldSelector,
    on: entry.on,
    resyncMs: entry.resync,
    owns: entry.owns.map(({ gvk }) => gvk),
    watches: entry.watches.map(({ for: { gvk }, map }) => ({ gvk, map })),
    retry: {
      baseDelayMs: entry.retry.baseDelay,
      maxDelayMs: entry.retry.maxDelay,
      maxAttempts: entry.retry.maxAttempts,
    },
    timeoutMs: entry.timeout,
    memoryBytes: entry.memory,
    concurrency: entry.concurrency,
    isolation: entry.isolation,
    with: entry.with,
    allow: entry.allow.map(resolveAllow),
    as: entry.as,
  }
}

function resolveAllow(entry: z.output<typeof controllerSchema>['allow'][number]): AllowEntry {
  const { for: kind, path, verbs, subresources, namespaces, names } = entry
  if (path !== undefined) return { path, verbs }
  if (kind === undefined) throw new Error('An allow entry has neither "for" nor "path"')
  return {
    gvk: kind.gvk,
    verbs,
    ...(subresources !== undefined && { subresources }),
    ...(namespaces !== undefined && { namespaces }),
    ...(names !== undefined && { names }),
  }
}
