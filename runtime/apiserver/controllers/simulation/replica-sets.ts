import type { ApiObject } from '../../json.ts'
import { type LabelSelector, matchesSelector } from '../../label-selector.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { parseKey } from '../object-key.ts'
import { claim, controllerKeyOf, controllerReference } from './ownership.ts'
import {
  availableInMs,
  isActive,
  isAvailable,
  isReady,
  isTerminating,
  PODS,
  type Pod,
  type PodTemplate,
  podFromTemplate,
} from './pod.ts'
import { createPodSet, inOrderOfDeletion } from './pod-set.ts'
import { writeStatus } from './write-status.ts'

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
  const cancels = [
    store.watch(storage, ({ stored }) => loop.add(`${stored.namespace}/${stored.name}`)),
    store.watch('/pods', ({ stored, old }) => {
      for (const each of [stored, old]) if (each !== undefined) addOwner(objects.parse<Pod>(each))
    }),
  ]
  for (const { namespace, name } of store.list(storage)) loop.add(`${namespace}/${name}`)
  return running(loop, ...cancels)

  function addOwner(pod: Pod): void {
    const key = controllerKeyOf(pod, kind)
    if (key !== undefined) return loop.add(key)
    if (pod.metadata.ownerReferences?.some(({ controller }) => controller) === true) return
    for (const set of objects.list<ReplicaSet>(storage, pod.metadata.namespace ?? ''))
      if (matchesSelector(selectorOf(set), pod.metadata.labels))
        loop.add(`${set.metadata.namespace}/${set.metadata.name}`)
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
    const waits = active
      .map((pod) => availableInMs(pod, minReadySeconds, now))
      .filter((ms) => ms > 0 && ms < Number.POSITIVE_INFINITY)
    if (waits.length > 0) loop.addAfter(key, Math.min(...waits))
    await writeStatus(
      context,
      resource,
      objects.get<ReplicaSet>(storage, set.metadata.namespace ?? '', set.metadata.name ?? '') ?? set,
      {
        replicas: active.length,
        ...positive('fullyLabeledReplicas', active.filter(isLabeled).length),
        ...positive('readyReplicas', active.filter(isReady).length),
        ...positive('availableReplicas', active.filter((pod) => isAvailable(pod, minReadySeconds, now)).length),
        ...(kind === 'ReplicaSet' && { terminatingReplicas: terminating }),
        ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
        ...(set.status?.conditions !== undefined && { conditions: set.status.conditions }),
      },
    )
  }

  function selectorOf(set: ReplicaSet): LabelSelector | undefined {
    if (kind === 'ReplicaSet') return set.spec.selector
    return { matchLabels: (set.spec.selector ?? {}) as Record<string, string> }
  }
}

/** A count that is left out when it is 0, as Go's `omitempty` does. */
export function positive<K extends string>(field: K, count: number): { [P in K]?: number } {
  return (count > 0 ? { [field]: count } : {}) as { [P in K]?: number }
}
