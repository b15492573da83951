import { onTestFinished } from 'vitest'
import { startControllers } from '../../../runtime/apiserver/controllers/controllers.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { createFakeClock, type FakeClock, settle } from '../../fake-clock.ts'
import { createPlainApi } from './plain-api.ts'

export interface ControllerBench {
  readonly store: Store
  readonly clock: FakeClock
  /** What failed so far. */
  readonly errors: string[]
  /** Sends a request and lets the controllers do what follows. Fails on an answer of 400 or more. */
  send(method: string, path: string, body?: unknown): Promise<ApiObject>
  /** Waits until nothing is left to do at this time. */
  idle(): Promise<void>
  /** Moves time on, in steps, doing what falls due. */
  advance(ms: number): Promise<void>
  get(storage: string, namespace: string, name: string): ApiObject | undefined
  list(storage: string, namespace?: string): ApiObject[]
}

/** The controllers on a store of their own, by a clock that stands still. */
export async function startControllerBench(simulate?: 'workloads'): Promise<ControllerBench> {
  const store = new Store()
  const registry = createBuiltInRegistry()
  const clock = createFakeClock()
  const errors: string[] = []
  const client = createPlainApi(store, registry, clock)
  const controllers = await startControllers({
    store,
    registry,
    client,
    clock,
    simulate,
    rootCaPem: 'the root',
    address: { clusterIP: '10.96.0.1', port: 6443 },
    onError: (controller, key, error) => errors.push(`${controller} ${key}: ${(error as Error).message}`),
  })
  onTestFinished(() => controllers.stop())
  const parse = ({ text }: { text: string }) => JSON.parse(text) as ApiObject
  const bench: ControllerBench = {
    store,
    clock,
    errors,
    async send(method, path, body) {
      const answer = await client.request(method, path, body)
      if (answer.code >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
      await bench.idle()
      return answer.body as ApiObject
    },
    async idle() {
      for (let i = 0; i < 200; i++) {
        await settle()
        if (controllers.isIdle) return
      }
      throw new Error(`The controllers do not come to rest: ${errors.slice(-3).join('; ')}`)
    },
    async advance(ms) {
      for (let left = ms; left > 0; left -= 100) {
        await clock.advance(Math.min(left, 100))
        await bench.idle()
      }
    },
    get(storage, namespace, name) {
      const stored = store.get(storage, namespace, name)
      return stored === undefined ? undefined : parse(stored)
    },
    list: (storage, namespace) => store.list(storage, namespace).map(parse),
  }
  await bench.idle()
  return bench
}

/** The reference that a dependent has to its owner. */
export function ownedBy({ apiVersion, kind, metadata }: ApiObject, more: object = {}) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, ...more }
}

export function configMap(name: string, ownerReferences: object[] = [], finalizers?: string[]): object {
  const metadata = { name, ...(ownerReferences.length > 0 && { ownerReferences }), ...(finalizers && { finalizers }) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata }
}
