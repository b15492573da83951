import type { ApiObject } from '../../json.ts'
import { type LabelSelector, matchesSelector } from '../../label-selector.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { keyOf, parseKey } from '../object-key.ts'
import { claim, controllerKeyOf, controllerReference } from './ownership.ts'
import {
  isActive,
  isAvailable,
  isReady,
  isTerminating,
  nextAvailableInMs,
  PODS,
  type Pod,
  type PodTemplate,
  podFromTemplate,
} from './pod.ts'
import { createPodSet, inOrderOfDeletion, nameOf } from './pod-set.ts'
import { observed, positive, writeStatus } from './write-status.ts'

export interface ReplicaSet extends ApiObject {
  spec: { replicas?: number; minReadySeconds?: number; selector?: LabelSelector; template: PodTemplate }
  status?: {
    replicas: number
    readyReplicas?: number
    availableReplicas?: number
    fullyLabeledReplicas?: number
    terminatingReplicas?: number
    observedGeneration?: number
    conditions?: unknown[]
  }
}

export const REPLICA_SETS = { group: 'apps', version: 'v1', plural: 'replicasets' }
const REPLICATION_CONTROLLERS = { group: '', version: 'v1', plural: 'replicationcontrollers' }

/** How many pods one turn makes or takes at most. source: kubernetes pkg/controller/replicaset BurstReplicas */
const BURST = 500

export function startReplicaSets(context: ControllerContext): RunningController {
  return startReplicas(context, 'ReplicaSet', REPLICA_SETS, 'replicaset-controller')
}

/** The same under an older name, with a plain map for a selector. */
export function startReplicationControllers(context: ControllerContext): RunningController {
  return startReplicas(context, 'ReplicationController', REPLICATION_CONTROLLERS, 'replication-controller')
}

/** Keeps so many pods of a template. source: kubernetes pkg/controller/replicaset/replica_set.go */
function startReplicas(
  context: ControllerContext,
  kind: 'ReplicaSet' | 'ReplicationController',
  resource: typeof REPLICA_SETS,
  component: string,
): RunningController {
  const { store, objects, clock } = context
  const storage = `${resource.group}/${resource.plural}`
  const loop = startLoop(context, component, reconcile)
  return running(
    loop,
    enqueueSelf(store, storage, loop),
    store.watch('/pods', ({ stored, old }) => {
      for (const each of [stored, old]) if (each !== undefined) addOwner(objects.parse<Pod>(each))
    }),
  )

  function addOwner(pod: Pod): void {
    const key = controllerKeyOf(pod, kind)
    if (key !== undefined) return loop.add(key)
    if (pod.metadata.ownerReferences?.some(({ controller }) => controller) === true) return
    for (const set of objects.list<ReplicaSet>(storage, pod.metadata.namespace ?? ''))
      if (matchesSelector(selectorOf(set), pod.metadata.labels)) loop.add(keyOf(nameOf(set)))
  }

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const set = objects.get<ReplicaSet>(storage, namespace, name)
    if (set === undefined) return
    const pods = await claim<Pod>(context, set, selectorOf(set), PODS)
    const active = pods.filter(isActive)
    try {
      if (!isTerminating(set)) await scale(set, active)
    } finally {
      await tell(key, set, active, pods.filter(isTerminating).length)
    }
  }

  async function scale(set: ReplicaSet, active: readonly Pod[]): Promise<void> {
    const missing = Math.min((set.spec.replicas ?? 1) - active.length, BURST)
    const podSet = createPodSet(context, set, component)
    const { namespace = '', name = '' } = set.metadata
    const identity = { generateName: `${name}-`, ownerReferences: [controllerReference(set)] }
    for (let i = 0; i < missing; i++) await podSet.create(podFromTemplate(set.spec.template, namespace, identity))
    if (missing >= 0) return
    for (const pod of inOrderOfDeletion(active).slice(0, Math.min(-missing, BURST))) await podSet.delete(pod)
  }

  /** On what was there before this turn: what it changed brings the next. */
  async function tell(key: string, set: ReplicaSet, active: readonly Pod[], terminating: number): Promise<void> {
    const { minReadySeconds = 0, template } = set.spec
    const now = clock.now()
    const labels = template.metadata?.labels ?? {}
    const isLabeled = (pod: Pod) => matchesSelector({ matchLabels: labels }, pod.metadata.labels)
    const wait = nextAvailableInMs(active, minReadySeconds, now)
    if (wait !== undefined) loop.addAfter(key, wait)
    await writeStatus(context, resource, objects.latest(storage, set), {
      replicas: active.length,
      ...positive('fullyLabeledReplicas', active.filter(isLabeled).length),
      ...positive('readyReplicas', active.filter(isReady).length),
      ...positive('availableReplicas', active.filter((pod) => isAvailable(pod, minReadySeconds, now)).length),
      ...(kind === 'ReplicaSet' && { terminatingReplicas: terminating }),
      ...observed(set),
      ...(set.status?.conditions !== undefined && { conditions: set.status.conditions }),
    })
  }

  function selectorOf(set: ReplicaSet): LabelSelector | undefined {
    if (kind === 'ReplicaSet') return set.spec.selector
    return { matchLabels: (set.spec.selector ?? {}) as Record<string, string> }
  }
}
