import type { Clock } from '../../util/clock.ts'
import type { InProcessClient } from '../in-process-client.ts'
import type { Registry } from '../kinds/registry.ts'
import type { Store } from '../storage/store.ts'
import { StoredObjects } from '../storage/stored-objects.ts'
import { startAdmissionPolicies } from './admission-policies.ts'
import { startApiServices } from './api-services.ts'
import { createBootstrapObjects, type ServiceAddress } from './bootstrap-objects.ts'
import type { ControllerContext, RunningController } from './controller-context.ts'
import { createEventRecorder } from './event-recorder.ts'
import { startGarbageCollector } from './garbage-collector.ts'
import { startNamespaceDeleter } from './namespace-deleter.ts'
import { startNamespaceFurniture } from './namespace-furniture.ts'
import { ObjectClient } from './object-client.ts'
import { startResourceQuotas } from './resource-quotas.ts'
import type { PodTimes } from './simulation/kubelet.ts'
import { startWorkloadControllers, startWorkloads } from './simulation/workloads.ts'
import { startVolumeProtection } from './volume-protection.ts'

/** `workloads`: Deployments, Jobs, Pods and so on advance as on a healthy cluster; `controllers`: as on one without nodes. */
export type Simulated = 'workloads' | 'controllers'

export interface ControllersOptions {
  readonly store: Store
  readonly registry: Registry
  readonly client: InProcessClient
  readonly clock: Clock
  /** In kube-root-ca.crt; empty when there is none to trust. */
  readonly rootCaPem: string
  /** Of the Service `kubernetes`. */
  readonly address: ServiceAddress
  /** Default: Deployments, Jobs, Pods and so on stay as they are. */
  readonly simulate?: Simulated | undefined
  readonly podTimes?: Partial<PodTimes>
  /** Hears of what failed and will be tried again. */
  readonly onError: (controller: string, key: string, error: unknown) => void
}

export interface Controllers {
  /** Nothing to do right now; what waits for its time does not count. */
  readonly isIdle: boolean
  stop(): void
}

/** Short enough for a demo to be watched, long enough for each phase to be seen. */
const POD_TIMES: PodTimes = { startMs: 500, runMs: 1000, stopMs: 200 }

/**
 * Starts what a cluster's controllers do. They hear by the store and write by the API, so that every rule holds for them. Resolves
 * once the first namespaces are there, with what each of them has: a pod could not be made without its service account.
 */
export async function startControllers(options: ControllersOptions): Promise<Controllers> {
  const { store, registry, clock, onError, simulate, address, rootCaPem } = options
  const client = new ObjectClient(options.client)
  const objects = new StoredObjects(store)
  const events = createEventRecorder(client, clock, onError)
  const context: ControllerContext = { store, objects, registry, client, events, clock, onError }
  await createBootstrapObjects(client, address)
  const furniture = startNamespaceFurniture(context, rootCaPem)
  while (!furniture.isIdle) await new Promise((resolve) => setImmediate(resolve))
  const started: RunningController[] = [
    startGarbageCollector(context),
    startNamespaceDeleter(context),
    furniture,
    startVolumeProtection(context),
    startResourceQuotas(context),
    startApiServices(context, options.client),
    startAdmissionPolicies(context),
  ]
  if (simulate === 'workloads') started.push(...(await startWorkloads(context, { ...POD_TIMES, ...options.podTimes })))
  else if (simulate === 'controllers') started.push(...startWorkloadControllers(context))
  return {
    get isIdle() {
      return started.every((controller) => controller.isIdle)
    },
    stop() {
      for (const controller of started) controller.stop()
    },
  }
}
