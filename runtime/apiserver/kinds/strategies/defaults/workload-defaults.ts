import type { JsonObject } from '../../../json.ts'
import { ensureObjectIn, fill, mapIn, objectIn, objectsIn, optionalObjectIn } from '../json-parts.ts'
import type { TypeDefaults } from '../type-defaults.ts'

const MAX_INT32 = 2_147_483_647

/** source: kubernetes pkg/apis/{apps,batch,policy}/v1/defaults.go */
export const WORKLOAD_DEFAULTS: TypeDefaults = {
  'apps/v1.DeploymentSpec': (spec) => {
    fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
    defaultRollingUpdate(ensureObjectIn(spec, 'strategy'), { maxUnavailable: '25%', maxSurge: '25%' })
  },
  // On its way through Go's internal type every DaemonSet gets it.
  'apps/v1.DaemonSet': (daemonSet) =>
    fill(ensureObjectIn(ensureObjectIn(daemonSet, 'metadata'), 'annotations'), {
      'deprecated.daemonset.template.generation': '0',
    }),
  'apps/v1.DaemonSetSpec': (spec) => {
    defaultRollingUpdate(ensureObjectIn(spec, 'updateStrategy'), { maxUnavailable: 1, maxSurge: 0 })
    fill(spec, { revisionHistoryLimit: 10 })
  },
  'apps/v1.StatefulSetSpec': defaultStatefulSet,
  'apps/v1.ReplicaSetSpec': (spec) => fill(spec, { replicas: 1 }),
  'batch/v1.Job': defaultJob,
  'batch/v1.CronJobSpec': (spec) =>
    fill(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    }),
  'batch/v1.PodFailurePolicyOnPodConditionsPattern': (pattern) => {
    if (pattern.status === '') pattern.status = 'True'
    fill(pattern, { status: 'True' })
  },
}

function defaultRollingUpdate(strategy: JsonObject, rollingUpdate: JsonObject): void {
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate') fill(ensureObjectIn(strategy, 'rollingUpdate'), rollingUpdate)
}

function defaultStatefulSet(spec: JsonObject): void {
  fill(spec, { replicas: 1, podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10 })
  const strategy = ensureObjectIn(spec, 'updateStrategy')
  if (strategy.type === undefined) fill(strategy, { type: 'RollingUpdate', rollingUpdate: {} })
  const rollingUpdate = optionalObjectIn(strategy, 'rollingUpdate')
  if (strategy.type === 'RollingUpdate' && rollingUpdate !== undefined) fill(rollingUpdate, { partition: 0 })
  // Behind a feature gate that is off: dropped, as the real server does.
  if (rollingUpdate !== undefined) delete rollingUpdate.maxUnavailable
  for (const claim of objectsIn(spec, 'volumeClaimTemplates'))
    Object.assign(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' })
  fill(ensureObjectIn(spec, 'persistentVolumeClaimRetentionPolicy'), { whenDeleted: 'Retain', whenScaled: 'Retain' })
}

function defaultJob(job: JsonObject): void {
  const spec = ensureObjectIn(job, 'spec')
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  fill(spec, {
    parallelism: 1,
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
    manualSelector: false,
  })
  const labels = mapIn(objectIn(objectIn(spec, 'template'), 'metadata'), 'labels')
  if (Object.keys(labels).length > 0) fill(ensureObjectIn(job, 'metadata'), { labels })
}
