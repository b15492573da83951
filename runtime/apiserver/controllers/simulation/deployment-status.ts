import { isDeepStrictEqual } from 'node:util'
import {
  type Deployment,
  type DeploymentCondition,
  type DeploymentStatus,
  rolloutBounds,
  sum,
  wantedOf,
} from './deployment.ts'
import type { ReplicaSet } from './replica-sets.ts'

/** What a turn knows: all ReplicaSets of a Deployment, the one of its template among them. */
export interface Rollout {
  readonly sets: readonly ReplicaSet[]
  /** Undefined: not made yet. */
  readonly newest: ReplicaSet | undefined
  /** RFC 3339 */
  readonly now: string
}

/** source: kubernetes pkg/controller/deployment/sync.go calculateStatus, progress.go syncRolloutStatus */
export function deploymentStatus(deployment: Deployment, rollout: Rollout): DeploymentStatus {
  const counts = countReplicas(deployment, rollout)
  const conditions = (deployment.status?.conditions ?? []).map((condition) => ({ ...condition }))
  setCondition(conditions, availability(deployment, counts, rollout.now))
  const progress = progressOf(deployment, counts, conditions, rollout)
  if (progress !== undefined) setCondition(conditions, progress)
  return { ...counts, conditions }
}

/** The status just after the ReplicaSet of the template was made. source: deployment/sync.go getNewReplicaSet */
export function withCreatedSet({ status }: Deployment, setName: string, now: string): DeploymentStatus {
  const conditions = (status?.conditions ?? []).map((condition) => ({ ...condition }))
  const message = `Created new replica set "${setName}"`
  const times = { lastUpdateTime: now, lastTransitionTime: now }
  setCondition(conditions, { type: 'Progressing', status: 'True', ...times, reason: 'NewReplicaSetCreated', message })
  return { ...status, conditions }
}

/** Milliseconds until a rollout without progress counts as failed; undefined: it makes none, or is done. */
export function progressDeadlineInMs(deployment: Deployment, nowMs: number): number | undefined {
  const condition = deployment.status?.conditions?.find(({ type }) => type === 'Progressing')
  const { progressDeadlineSeconds = 600 } = deployment.spec
  if (condition?.status !== 'True' || condition.reason === 'NewReplicaSetAvailable') return undefined
  // One second more: times are kept in whole ones.
  return Math.max(0, Date.parse(condition.lastUpdateTime) + (progressDeadlineSeconds + 1) * 1000 - nowMs)
}

function countReplicas({ metadata, status }: Deployment, { sets, newest }: Rollout): DeploymentStatus {
  const available = sum(sets, (set) => set.status?.availableReplicas)
  const unavailable = Math.max(0, sum(sets, wantedOf) - available)
  const counts = {
    replicas: sum(sets, (set) => set.status?.replicas),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: unavailable,
  }
  const shown = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    ...shown,
    terminatingReplicas: sum(sets, (set) => set.status?.terminatingReplicas),
    ...(status?.collisionCount !== undefined && { collisionCount: status.collisionCount }),
  }
}

function availability(deployment: Deployment, counts: DeploymentStatus, now: string): DeploymentCondition {
  const needed = (deployment.spec.replicas ?? 1) - rolloutBounds(deployment).maxUnavailable
  const isAvailable = (counts.availableReplicas ?? 0) >= needed
  return {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    lastUpdateTime: now,
    lastTransitionTime: now,
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isAvailable ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  }
}

function progressOf(
  deployment: Deployment,
  counts: DeploymentStatus,
  conditions: readonly DeploymentCondition[],
  { newest, now }: Rollout,
): DeploymentCondition | undefined {
  const old = conditions.find(({ type }) => type === 'Progressing')
  const name = newest === undefined ? 'Deployment' : 'ReplicaSet'
  const title = `${name} "${newest?.metadata.name ?? deployment.metadata.name}"`
  const say = (status: 'True' | 'False' | 'Unknown', reason: string, message: string) =>
    ({ type: 'Progressing', status, lastUpdateTime: now, lastTransitionTime: now, reason, message }) as const
  if (deployment.spec.paused === true) {
    if (old?.reason === 'ProgressDeadlineExceeded' || old?.reason === 'DeploymentPaused') return undefined
    return say('Unknown', 'DeploymentPaused', 'Deployment is paused')
  }
  if (old?.reason === 'DeploymentPaused') return say('Unknown', 'DeploymentResumed', 'Deployment is resumed')
  if (isComplete(deployment, counts))
    return say('True', 'NewReplicaSetAvailable', `${title} has successfully progressed.`)
  if (hasProgressed(deployment, counts) || old === undefined)
    return { ...say('True', 'ReplicaSetUpdated', `${title} is progressing.`), lastUpdateTime: now }
  const { progressDeadlineSeconds = 600 } = deployment.spec
  const isLate = Date.parse(now) - Date.parse(old.lastUpdateTime) > progressDeadlineSeconds * 1000
  if (isLate && old.reason !== 'NewReplicaSetAvailable')
    return say('False', 'ProgressDeadlineExceeded', `${title} has timed out progressing.`)
  return undefined
}

/** source: deployment/util DeploymentComplete */
function isComplete({ spec }: Deployment, counts: DeploymentStatus): boolean {
  const replicas = spec.replicas ?? 1
  return (
    (counts.updatedReplicas ?? 0) === replicas &&
    (counts.replicas ?? 0) === replicas &&
    (counts.availableReplicas ?? 0) === replicas
  )
}

/** source: deployment/util DeploymentProgressing */
function hasProgressed({ status: old = {} }: Deployment, counts: DeploymentStatus): boolean {
  const oldOnes = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (counts.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    oldOnes(counts) < oldOnes(old) ||
    (counts.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (counts.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  )
}

/** Puts it last when it is new or says something new; when only the time differs, only if that is told to have moved. */
function setCondition(conditions: DeploymentCondition[], condition: DeploymentCondition): void {
  const index = conditions.findIndex(({ type }) => type === condition.type)
  const old = conditions[index]
  if (old === undefined) {
    conditions.push(condition)
    return
  }
  const isSame = old.status === condition.status && old.reason === condition.reason
  if (isSame && condition.reason !== 'ReplicaSetUpdated') return
  const lastTransitionTime = old.status === condition.status ? old.lastTransitionTime : condition.lastTransitionTime
  const next = { ...condition, lastTransitionTime }
  if (isDeepStrictEqual(old, next)) return
  conditions.splice(index, 1)
  conditions.push(next)
}
