import { objectKey } from '../../runtime/broker/object-key.ts'
import { Overlay } from '../../runtime/broker/overlay.ts'
import type { ControllerConfig } from '../../runtime/config/schema.ts'
import { Controller, type ControllerOptions } from '../../runtime/controller/controller.ts'
import { createEntryParser, type Entry, type ParsedObject } from '../../runtime/informer/entry.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import type { CallRequest, GuestError, Settled } from '../../runtime/sandbox/call.ts'
import { createFakeClock, type FakeClock, settle } from '../fake-clock.ts'

export const DEMO: Resource = {
  group: 'demo.io',
  version: 'v1',
  kind: 'Demo',
  plural: 'demos',
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'patch'],
  subresources: ['status'],
}

const place = { file: 'ostler.yaml', line: 1, column: 1 }

export function controllerConfig(overrides: Partial<ControllerConfig> = {}): ControllerConfig {
  return {
    name: 'demos',
    place,
    gvk: DEMO,
    forText: 'demo.io/v1/Demo',
    handler: '/handler.ts',
    handlerPlace: place,
    namespaces: [],
    labelSelector: undefined,
    fieldSelector: undefined,
    on: undefined,
    resyncMs: 0,
    owns: [],
    watches: [],
    retry: { baseDelayMs: 5, maxDelayMs: 1000, maxAttempts: 0 },
    timeoutMs: 30_000,
    memoryBytes: 64 << 20,
    concurrency: 4,
    isolation: 'process',
    with: undefined,
    allow: [],
    as: undefined,
    ...overrides,
  }
}

/** A call of the handler that waits for the test to end it. */
export interface ScriptedCall {
  readonly key: string
  readonly export: string
  readonly attempt: number
  readonly reason: string
  /** What the handler was given. */
  readonly object: ParsedObject
  /** All that it was given. */
  readonly args: readonly (ParsedObject | null)[]
  returns(value?: object): Promise<void>
  throws(error?: Partial<GuestError> & { terminal?: boolean }): Promise<void>
  settles(settled: Settled): Promise<void>
}

/** What the controller counted, by the metric's method and, where it has one, its label. */
export type Counts = Partial<Record<string, number>>

export interface LogRecord {
  readonly level: 'warn' | 'error'
  readonly line: string
  readonly fields: object | undefined
}

/** A controller whose informer, guest and API server are the test's. */
export interface ScriptedController {
  readonly controller: Controller
  readonly config: ControllerConfig
  readonly clock: FakeClock
  readonly overlay: Overlay
  readonly counts: Counts
  /** Lines of warn and error. */
  readonly lines: readonly string[]
  /** The same with what stands beside the text. */
  readonly records: readonly LogRecord[]
  readonly infos: readonly string[]
  /** Every call so far, as `export reason attempt key`. */
  readonly history: readonly string[]
  readonly sent: readonly KubeRequest[]
  /** The only call in flight; throws when there is another number. */
  call(): ScriptedCall
  inFlight(): readonly ScriptedCall[]
  /** An object's new version, told as an informer would; a spec that is given makes a new generation. */
  put(name: string, fields?: ParsedObject, options?: { initial?: boolean }): Promise<Entry>
  remove(name: string): Promise<void>
  /** As put(), but of an object as an API server has it. */
  tell(object: ParsedObject): Promise<void>
  /** Marks the next version of an object as written by this controller's handler. */
  writeNext(name: string): void
  isReady: boolean
  /** In place of an API server that says yes to everything. */
  respond: ((request: KubeRequest) => string) | undefined
}

/** It works at once, unless `exports` is empty. */
export function createScriptedController(
  config: Partial<ControllerConfig> = {},
  { exports = ['reconcile'], isStarted = true }: { exports?: readonly string[]; isStarted?: boolean } = {},
): ScriptedController {
  const clock = createFakeClock()
  const overlay = new Overlay(clock)
  const entries = new Map<string, Entry>()
  const flights = new Set<ScriptedCall>()
  const history: string[] = []
  const lines: string[] = []
  const records: LogRecord[] = []
  const say = (level: LogRecord['level']) => (line: string, fields?: object) => {
    lines.push(line)
    records.push({ level, line, fields })
  }
  const infos: string[] = []
  const sent: KubeRequest[] = []
  const counts: Counts = {}
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  const parser = createEntryParser({ apiVersion: 'demo.io/v1', kind: 'Demo' })
  let versions = 0
  const options: ControllerOptions = {
    config: controllerConfig(config),
    clock,
    overlay,
    log: {
      debug() {},
      info: (line) => infos.push(line),
      warn: say('warn'),
      error: say('error'),
    },
    metrics: {
      added() {},
      taken() {},
      done() {},
      removed() {},
      reconciled: (result) => count(result),
      retried: () => count('retried'),
      terminal: () => count('terminal'),
      skipped: (reason) => count(reason),
      dropped: () => count('dropped'),
      tombstoneDropped: () => count('tombstoneDropped'),
      slowedDown: () => count('slowedDown'),
      mapped: (result) => count(`mapped ${result}`),
    },
    send: async (request) => {
      sent.push(request)
      if (scripted.respond !== undefined) return { code: 200, text: scripted.respond(request) }
      return { code: 200, text: JSON.stringify({ metadata: { resourceVersion: String(++versions) } }) }
    },
    hostCall: async () => undefined,
    call: (request) => fly(request),
    ready: () => scripted.isReady,
    resource: async () => DEMO,
    find: (key) => entries.get(key),
    entries: () => [...entries.values()],
  }
  const controller = new Controller(options)
  const scripted: ScriptedController = {
    controller,
    config: options.config,
    clock,
    overlay,
    counts,
    lines,
    records,
    infos,
    history,
    sent,
    isReady: true,
    respond: undefined,
    inFlight: () => [...flights],
    call() {
      const [only, ...others] = flights
      if (only === undefined || others.length > 0) {
        throw new Error(`${flights.size} calls are in flight; there were: ${history.join(', ')}`)
      }
      return only
    },
    async put(name, fields = {}, { initial = false } = {}) {
      const old = entries.get(`a/${name}`)
      const entry = parser.parse(nextVersion(old, name, fields))
      entries.set(entry.key, entry)
      if (old === undefined) controller.added(entry, initial)
      else controller.changed(entry, old)
      await settle()
      return entry
    },
    async tell(object) {
      const entry = parser.parse(structuredClone(object))
      const old = entries.get(entry.key)
      entries.set(entry.key, entry)
      if (old === undefined) controller.added(entry, false)
      else controller.changed(entry, old)
      await settle()
    },
    async remove(name) {
      const old = entries.get(`a/${name}`) as Entry
      entries.delete(old.key)
      controller.removed(old)
      await settle()
    },
    writeNext(name) {
      overlay.record(objectKey(DEMO, 'a', name), {
        version: 'v1',
        uid: '',
        resourceVersion: String(versions + 1),
        json: '{}',
      })
    },
  }
  if (exports.length > 0) controller.loaded(exports)
  if (isStarted) controller.start()
  return scripted

  function nextVersion(old: Entry | undefined, name: string, fields: ParsedObject): ParsedObject {
    const before = old === undefined ? {} : (JSON.parse(old.json) as ParsedObject)
    const generation = (old?.generation ?? 0) + (old === undefined || fields.spec !== undefined ? 1 : 0)
    const uid = old?.uid ?? `${name}-${versions + 1}`
    const metadata = { ...before.metadata, namespace: 'a', name, uid, generation, ...fields.metadata }
    return { ...before, ...fields, metadata: { ...metadata, resourceVersion: String(++versions) } }
  }

  function fly(request: CallRequest): Promise<Settled> {
    const { promise, resolve } = Promise.withResolvers<Settled>()
    const { key, attempt, reason } = JSON.parse(request.context) as {
      key: { namespace: string; name: string }
      attempt: number
      reason: string
    }
    const settles = async (settled: Settled) => {
      flights.delete(call)
      resolve(settled)
      await settle()
    }
    const call: ScriptedCall = {
      key: `${key.namespace}/${key.name}`,
      export: request.export,
      attempt,
      reason,
      object: JSON.parse(request.args[0] as string) as ParsedObject,
      args: request.args.map((text) => JSON.parse(text) as ParsedObject | null),
      settles,
      returns: (value) => settles({ kind: 'returned', value }),
      throws: ({ terminal = false, ...error } = {}) =>
        settles({ kind: 'threw', error: { name: 'Error', message: 'boom', stack: '', ...error }, terminal }),
    }
    flights.add(call)
    history.push(`${call.export} ${reason} ${attempt} ${call.key}`)
    return promise
  }
}
