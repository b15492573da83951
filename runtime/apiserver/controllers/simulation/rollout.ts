import { type Deployment, revisionOf, rolloutBounds, sum, wantedOf } from './deployment.ts'
import type { ReplicaSet } from './replica-sets.ts'

/** How many pods a Deployment asks of a ReplicaSet that it is about to make. */
export function firstReplicas(deployment: Deployment, sets: readonly ReplicaSet[]): number {
  const replicas = deployment.spec.replicas ?? 1
  if (deployment.spec.strategy?.type === 'Recreate') return replicas
  const room = replicas + rolloutBounds(deployment).maxSurge - sum(sets, wantedOf)
  return Math.max(0, Math.min(replicas, room))
}

/** How many pods a rolling update asks of the newest ReplicaSet next: as many more as may be above the wanted number. */
export function rolledUp(deployment: Deployment, sets: readonly ReplicaSet[], newest: ReplicaSet): number {
  const replicas = deployment.spec.replicas ?? 1
  const wanted = wantedOf(newest)
  if (wanted > replicas) return replicas
  const room = replicas + rolloutBounds(deployment).maxSurge - sum(sets, wantedOf)
  return wanted + Math.max(0, Math.min(room, replicas - wanted))
}

/**
 * How many pods a rolling update leaves the old ReplicaSets next, the oldest first: those that do not work go first, then as
 * many as may be missing. Empty: none may go yet.
 * source: kubernetes pkg/controller/deployment/rolling.go reconcileOldReplicaSets
 */
export function rolledDown(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  newest: ReplicaSet,
): ReadonlyMap<ReplicaSet, number> {
  const replicas = deployment.spec.replicas ?? 1
  const minAvailable = replicas - rolloutBounds(deployment).maxUnavailable
  const newUnavailable = wantedOf(newest) - availableOf(newest)
  let unhealthyRoom = sum(old, wantedOf) + wantedOf(newest) - minAvailable - newUnavailable
  // By what was asked for, not by what is there yet: else pods that are on their way out would be counted as standing.
  if (unhealthyRoom <= 0) return new Map()
  const left = new Map<ReplicaSet, number>()
  const oldestFirst = [...old].sort((a, b) => revisionOf(a) - revisionOf(b))
  for (const set of oldestFirst) {
    const unhealthy = Math.max(0, wantedOf(set) - availableOf(set))
    const step = Math.max(0, Math.min(unhealthy, unhealthyRoom))
    unhealthyRoom -= step
    left.set(set, wantedOf(set) - step)
  }
  let room = sum([...old, newest], availableOf) - minAvailable
  for (const [set, count] of left) {
    const step = Math.max(0, Math.min(count, room))
    room -= step
    left.set(set, count - step)
  }
  return left
}

function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0
}
