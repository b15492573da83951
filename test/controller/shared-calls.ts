import { Overlay } from '../../runtime/broker/overlay.ts'
import { Controller } from '../../runtime/controller/controller.ts'
import { SharedProcess } from '../../runtime/controller/suspects.ts'
import type { TurnRequest } from '../../runtime/controller/turn.ts'
import type { Entry } from '../../runtime/informer/entry.ts'
import type { CallRequest, Settled } from '../../runtime/sandbox/call.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { controllerConfig, DEMO } from './scripted-controller.ts'

const METRICS = {
  added() {},
  taken() {},
  done() {},
  reconciled() {},
  retried() {},
  terminal() {},
  skipped() {},
  dropped() {},
  tombstoneDropped() {},
  mapped() {},
  slowedDown() {},
  removed() {},
}

/** Controllers whose calls share a scripted process: each call stays in flight until the test settles it. */
export class SharedCalls {
  readonly process = new SharedProcess()
  readonly clock = createFakeClock()
  /** By `controller/name`. */
  readonly flights = new Map<string, (settled: Settled) => void>()
  readonly errors: string[] = []
  /** Controllers whose handler does not run. */
  readonly stopped = new Set<string>()
  readonly #entries = new Map<string, Map<string, Entry>>()
  readonly #controllers = new Map<string, Controller>()

  add(name: string, objects: readonly string[]): Controller {
    const entries = new Map<string, Entry>()
    this.#entries.set(name, entries)
    const { clock, process } = this
    const controller = new Controller({
      config: { ...controllerConfig(), name },
      clock,
      process,
      log: { debug() {}, info() {}, warn() {}, error: (message) => this.errors.push(message) },
      metrics: METRICS,
      overlay: new Overlay(clock),
      send: async () => ({ code: 200, text: '{}' }),
      hostCall: async () => undefined,
      call: (request: CallRequest) => this.#call(name, (request as TurnRequest).key),
      ready: () => !this.stopped.has(name),
      resource: async () => DEMO,
      find: (key) => entries.get(key),
      entries: () => [...entries.values()],
    })
    this.#controllers.set(name, controller)
    controller.loaded(['reconcile'])
    controller.start()
    this.enqueue(name, objects)
    return controller
  }

  enqueue(name: string, objects: readonly string[]): void {
    for (const object of objects) {
      this.#entries.get(name)?.set(`a/${object}`, entryOf(object))
      this.#controllers.get(name)?.added(entryOf(object), false)
    }
  }

  /** The process ends with all that is in flight. */
  async die(): Promise<void> {
    for (const [flight, end] of [...this.flights]) {
      this.flights.delete(flight)
      end({ kind: 'died', reason: 'did not answer for 2 s' })
    }
    await this.settled()
  }

  async finish(flight: string): Promise<void> {
    const end = this.flights.get(flight)
    this.flights.delete(flight)
    end?.({ kind: 'returned', value: undefined })
    await this.settled()
  }

  /** Lets what is due now happen. */
  async settled(): Promise<void> {
    await this.clock.advance(0)
    await settle()
  }

  #call(name: string, key: string): Promise<Settled> {
    return new Promise((resolve) => this.flights.set(`${name}/${key.slice('a/'.length)}`, resolve))
  }
}

function entryOf(name: string): Entry {
  const base = { namespace: 'a', name, uid: name, resourceVersion: '1', generation: 1, deletionTimestamp: undefined }
  return { ...base, key: `a/${name}`, finalizers: [], labels: {}, owners: [], json: '{}' }
}
