import type { ApiObject } from '../../json.ts'
import type { LabelSelector } from '../../label-selector.ts'
import type { PodTemplate } from './pod.ts'

/** What the simulation reads and writes of a Job. */
export interface Job extends ApiObject {
  spec: {
    parallelism?: number
    completions?: number
    completionMode?: 'NonIndexed' | 'Indexed'
    backoffLimit?: number
    suspend?: boolean
    activeDeadlineSeconds?: number
    ttlSecondsAfterFinished?: number
    selector?: LabelSelector
    template: PodTemplate
  }
  status?: JobStatus
}

export interface JobStatus {
  conditions?: JobCondition[]
  startTime?: string
  completionTime?: string
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  completedIndexes?: string
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
}

export interface JobCondition {
  type: string
  status: 'True' | 'False'
  lastProbeTime: string
  lastTransitionTime: string
  reason?: string
  message?: string
}
