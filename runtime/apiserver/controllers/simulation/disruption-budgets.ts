import type { ApiObject } from '../../json.ts'
import { type LabelSelector, matchesSelector } from '../../label-selector.ts'
import { rfc3339 } from '../../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { keyOf, parseKey } from '../object-key.ts'
import { resolveIntOrPercent } from './deployment.ts'
import { controllerOf } from './ownership.ts'
import { isActive, isReady, type Pod } from './pod.ts'
import { nameOf } from './pod-set.ts'
import { observed, writeStatus } from './write-status.ts'

interface DisruptionBudget extends ApiObject {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: LabelSelector }
  status?: {
    disruptedPods?: Record<string, string>
    conditions?: { type: string; status: string; lastTransitionTime: string }[]
  }
}

const BUDGETS = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' }
const STORAGE = 'policy/poddisruptionbudgets'
/** An eviction that did not delete its pod within this time did not happen. */
const EVICTION_MS = 2 * 60 * 1000

/** Counts how many pods may be evicted. source: kubernetes pkg/controller/disruption */
export function startDisruptionBudgets(context: ControllerContext): RunningController {
  const { store, objects, clock } = context
  const loop = startLoop(context, 'disruption-controller', reconcile)
  return running(
    loop,
    enqueueSelf(store, STORAGE, loop),
    store.watch('/pods', ({ stored }) => {
      const pod = objects.parse<Pod>(stored)
      for (const budget of objects.list<DisruptionBudget>(STORAGE, stored.namespace))
        if (matchesSelector(budget.spec.selector, pod.metadata.labels)) loop.add(keyOf(nameOf(budget)))
    }),
  )

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const budget = objects.get<DisruptionBudget>(STORAGE, namespace, name)
    if (budget === undefined) return
    const selected = objects
      .list<Pod>('/pods', namespace)
      .filter((pod) => matchesSelector(budget.spec.selector, pod.metadata.labels))
    const disruptedPods = stillDisrupted(key, budget, selected)
    const counted = selected.filter(isActive)
    const expectedPods = expected(counted)
    const desiredHealthy = desired(budget, expectedPods, counted.length)
    const healthy = counted.filter((pod) => isReady(pod) && disruptedPods[pod.metadata.name ?? ''] === undefined)
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, healthy.length - desiredHealthy) : 0
    await writeStatus(context, BUDGETS, budget, {
      ...observed(budget),
      ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
      disruptionsAllowed,
      currentHealthy: healthy.length,
      desiredHealthy,
      expectedPods,
      conditions: [allowed(budget, disruptionsAllowed > 0)],
    })
  }

  /** Pods whose eviction was granted and that are not going yet. */
  function stillDisrupted(key: string, { status }: DisruptionBudget, pods: readonly Pod[]): Record<string, string> {
    const entries = Object.entries(status?.disruptedPods ?? {}).filter(([name, time]) => {
      const left = Date.parse(time) + EVICTION_MS - clock.now()
      const isThere = pods.some((pod) => pod.metadata.name === name && isActive(pod))
      if (isThere && left > 0) loop.addAfter(key, left)
      return isThere && left > 0
    })
    return Object.fromEntries(entries)
  }

  /** What the pods' controllers are to have, by their scale; a pod without one counts for itself. */
  function expected(pods: readonly Pod[]): number {
    const byController = new Map<string, number>()
    let alone = 0
    for (const pod of pods) {
      const owner = controllerOf(pod)
      if (owner === undefined) alone++
      else byController.set(owner.uid, scaleOf(pod.metadata.namespace ?? '', owner.kind, owner.name) ?? 0)
    }
    return [...byController.values()].reduce((total, replicas) => total + replicas, alone)
  }

  function scaleOf(namespace: string, kind: string, name: string): number | undefined {
    const storage = {
      ReplicaSet: 'apps/replicasets',
      StatefulSet: 'apps/statefulsets',
      ReplicationController: '/replicationcontrollers',
    }[kind]
    if (storage === undefined) return undefined
    const object = objects.get<ApiObject & { spec: { replicas?: number } }>(storage, namespace, name)
    const owner = object && controllerOf(object)
    const above =
      owner?.kind === 'Deployment'
        ? objects.get<ApiObject & { spec: { replicas?: number } }>('apps/deployments', namespace, owner.name)
        : undefined
    return (above ?? object)?.spec.replicas
  }

  function allowed(budget: DisruptionBudget, isAllowed: boolean): object {
    const wanted = isAllowed ? 'True' : 'False'
    const old = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed')
    return {
      type: 'DisruptionAllowed',
      status: wanted,
      ...observed(budget),
      lastTransitionTime: old?.status === wanted ? old.lastTransitionTime : rfc3339(clock.now()),
      reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    }
  }
}

function desired({ spec }: DisruptionBudget, expectedPods: number, pods: number): number {
  if (spec.maxUnavailable !== undefined)
    return Math.max(0, expectedPods - resolveIntOrPercent(spec.maxUnavailable, expectedPods, Math.ceil))
  const { minAvailable = 1 } = spec
  return typeof minAvailable === 'number'
    ? minAvailable
    : resolveIntOrPercent(minAvailable, expectedPods || pods, Math.ceil)
}
