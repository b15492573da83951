import type { ApiObject } from '../../json.ts'
import type { LabelSelector } from '../../label-selector.ts'
import type { PodTemplate } from './pod.ts'
import type { ReplicaSet } from './replica-sets.ts'

/** What the simulation reads and writes of a Deployment. */
export interface Deployment extends ApiObject {
  spec: {
    replicas?: number
    paused?: boolean
    minReadySeconds?: number
    revisionHistoryLimit?: number
    progressDeadlineSeconds?: number
    selector?: LabelSelector
    template: PodTemplate
    strategy?: {
      type?: 'RollingUpdate' | 'Recreate'
      rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string }
    }
  }
  status?: DeploymentStatus
}

export interface DeploymentStatus {
  conditions?: DeploymentCondition[]
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  terminatingReplicas?: number
  collisionCount?: number
}

export interface DeploymentCondition {
  type: 'Available' | 'Progressing' | 'ReplicaFailure'
  status: 'True' | 'False' | 'Unknown'
  /** RFC 3339 */
  lastUpdateTime: string
  lastTransitionTime: string
  reason: string
  message: string
}

export const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments' }
export const REVISION = 'deployment.kubernetes.io/revision'
export const HASH_LABEL = 'pod-template-hash'

/** How many pods above the wanted number there may be, and how many below it may be missing; not both are 0. */
export interface RolloutBounds {
  readonly maxSurge: number
  readonly maxUnavailable: number
}

/** source: kubernetes pkg/controller/deployment/util ResolveFenceposts */
export function rolloutBounds({ spec }: Deployment): RolloutBounds {
  if (spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 }
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {}
  const replicas = spec.replicas ?? 1
  const surge = resolveIntOrPercent(maxSurge, replicas, Math.ceil)
  const unavailable = Math.min(resolveIntOrPercent(maxUnavailable, replicas, Math.floor), replicas)
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

export function resolveIntOrPercent(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * of) / 100)
}

export function sum(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (count(set) ?? 0), 0)
}

export const wantedOf = (set: ReplicaSet): number => set.spec.replicas ?? 1

export function revisionOf({ metadata }: ApiObject): number {
  return Number(metadata.annotations?.[REVISION] ?? 0)
}
