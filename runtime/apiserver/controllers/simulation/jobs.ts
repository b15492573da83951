import { rfc3339 } from '../../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { unlessCode } from '../object-client.ts'
import { parseKey } from '../object-key.ts'
import { formatIndexes, parseIndexes } from './completed-indexes.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import type { Job, JobCondition, JobStatus } from './job.ts'
import { judgeJob, type Verdict } from './job-verdict.ts'
import { claim, controllerOf, controllerReference } from './ownership.ts'
import { isActive, isFinished, isReady, isTerminating, PODS, type Pod, podFromTemplate } from './pod.ts'
import { createPodSet, inOrderOfDeletion, nameOf } from './pod-set.ts'
import { positive, writeStatus } from './write-status.ts'

const JOBS = { group: 'batch', version: 'v1', plural: 'jobs' }
const STORAGE = 'batch/jobs'
const COMPONENT = 'job-controller'
/** While a pod bears it, it is not yet in the Job's counts. */
const TRACKING = 'batch.kubernetes.io/job-tracking'
const INDEX = 'batch.kubernetes.io/job-completion-index'

/**
 * Runs pods until enough have succeeded or too many have failed. Not imitated: pod failure and success policies, backoff
 * between failures, managedBy. source: kubernetes pkg/controller/job/job_controller.go
 */
export function startJobs(context: ControllerContext): RunningController {
  const { store, objects, client, clock, events } = context
  const loop = startLoop(context, COMPONENT, reconcile)
  return running(loop, enqueueSelf(store, STORAGE, loop), enqueueOwner(context, '/pods', 'Job', loop))

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const job = objects.get<Job>(STORAGE, namespace, name)
    await releaseOrphans(namespace, name, job?.metadata.uid)
    if (job === undefined) return
    if (isTerminating(job)) return await releaseAll(job)
    const pods = await claim<Pod>(context, job, job.spec.selector, PODS)
    if (isOver(job)) {
      await releaseAll(job)
      return await dropAfterTtl(key, job)
    }
    const counted = await countFinished(job, pods)
    // What was written brings the next turn.
    if (counted) return
    const verdict = judgeJob(job, pods, clock.now())
    if (verdict !== undefined) return await finish(job, pods, verdict)
    await sync(key, job, pods)
  }

  /**
   * In two writes, so that no pod is counted twice or never: uids into the status, then, once their finalizers are off, into
   * the counts. Answers whether there was something to do.
   */
  async function countFinished(job: Job, pods: readonly Pod[]): Promise<boolean> {
    const { status = {} } = job
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
    const listed = new Set([...succeeded, ...failed])
    const byUid = new Map(pods.map((pod) => [pod.metadata.uid ?? '', pod]))
    const fresh = pods.filter((pod) => isFinished(pod) && isTracked(pod) && !listed.has(pod.metadata.uid ?? ''))
    if (fresh.length > 0) {
      const uids = (phase: string) =>
        fresh.filter((pod) => pod.status?.phase === phase).map((pod) => pod.metadata.uid ?? '')
      const uncountedTerminatedPods = {
        succeeded: [...succeeded, ...uids('Succeeded')],
        failed: [...failed, ...uids('Failed')],
      }
      await writeStatus(context, JOBS, job, { ...status, uncountedTerminatedPods })
      return true
    }
    if (listed.size === 0) return false
    for (const uid of listed) await untrack(byUid.get(uid))
    await writeStatus(context, JOBS, job, {
      ...status,
      succeeded: (status.succeeded ?? 0) + succeeded.length,
      failed: (status.failed ?? 0) + failed.length,
      ...completedIndexes(job, pods),
      uncountedTerminatedPods: {},
    })
    return true
  }

  async function untrack(pod: Pod | undefined): Promise<void> {
    if (pod === undefined || !isTracked(pod)) return
    const finalizers = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING)
    await unlessCode(client.patch(PODS, nameOf(pod), { metadata: { uid: pod.metadata.uid ?? '', finalizers } }), 404)
  }

  /** Pods of a Job of that name that is gone are held by nobody. */
  async function releaseOrphans(namespace: string, name: string, uid: string | undefined): Promise<void> {
    for (const pod of objects.list<Pod>('/pods', namespace)) {
      const owner = controllerOf(pod)
      if (owner?.kind === 'Job' && owner.name === name && owner.uid !== uid) await untrack(pod)
    }
  }

  /** A Job that is over or going holds no pod. */
  async function releaseAll(job: Job): Promise<void> {
    for (const pod of objects.list<Pod>('/pods', job.metadata.namespace ?? ''))
      if (pod.metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid)) await untrack(pod)
  }

  async function finish(job: Job, pods: readonly Pod[], { type, reason, message, eventType }: Verdict): Promise<void> {
    const active = pods.filter(isActive)
    for (const pod of active) await createPodSet(context, job, COMPONENT).delete(pod)
    const now = rfc3339(clock.now())
    const before = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
    const condition = (name: string): JobCondition => ({
      type: name,
      status: 'True',
      lastProbeTime: now,
      lastTransitionTime: now,
      reason,
      message,
    })
    const { active: _, ...status } = job.status ?? {}
    await writeStatus(context, JOBS, job, {
      ...status,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      startTime: status.startTime ?? now,
      ...(type === 'Complete' && { completionTime: now }),
      conditions: [...(status.conditions ?? []), condition(before), condition(type)],
    })
    const said = type === 'Complete' ? { reason: 'Completed', message: 'Job completed' } : { reason, message }
    events.record(job, COMPONENT, eventType, said.reason, said.message)
  }

  async function sync(key: string, job: Job, pods: readonly Pod[]): Promise<void> {
    const { spec, status = {} } = job
    const active = pods.filter(isActive)
    const { parallelism = 1, completions, activeDeadlineSeconds } = spec
    const succeeded = status.succeeded ?? 0
    const missing = completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded
    const wanted = spec.suspend === true ? 0 : Math.max(0, Math.min(parallelism, missing))
    const startTime = spec.suspend === true ? undefined : (status.startTime ?? rfc3339(clock.now()))
    await writeStatus(context, JOBS, job, {
      ...withoutCounts(status),
      ...suspension(job),
      ...positive('active', active.length),
      ready: active.filter(isReady).length,
      terminating: pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length,
      uncountedTerminatedPods: {},
      ...(startTime !== undefined && { startTime }),
    })
    const podSet = createPodSet(context, job, COMPONENT)
    const surplus = active.length - wanted
    for (const pod of surplus > 0 ? inOrderOfDeletion(active).slice(0, surplus) : []) await podSet.delete(pod)
    const indexes = spec.completionMode === 'Indexed' ? freeIndexes(job, pods) : []
    for (let i = 0; i < -surplus; i++) await podSet.create(jobPod(job, indexes[i]))
    if (activeDeadlineSeconds !== undefined && startTime !== undefined)
      loop.addAfter(key, Math.max(0, Date.parse(startTime) + activeDeadlineSeconds * 1000 - clock.now()))
  }

  function suspension({ spec, status }: Job): { conditions?: JobCondition[] } {
    const conditions = status?.conditions ?? []
    const old = conditions.find(({ type }) => type === 'Suspended')
    const wanted = spec.suspend === true ? 'True' : 'False'
    if (old === undefined ? wanted === 'False' : old.status === wanted) return {}
    const now = rfc3339(clock.now())
    const reason = wanted === 'True' ? 'JobSuspended' : 'JobResumed'
    const message = wanted === 'True' ? 'Job suspended' : 'Job resumed'
    const next = {
      type: 'Suspended',
      status: wanted,
      lastProbeTime: now,
      lastTransitionTime: now,
      reason,
      message,
    } as const
    return { conditions: [...conditions.filter(({ type }) => type !== 'Suspended'), next] }
  }

  /** source: kubernetes pkg/controller/ttlafterfinished */
  async function dropAfterTtl(key: string, job: Job): Promise<void> {
    const { ttlSecondsAfterFinished: ttl } = job.spec
    if (ttl === undefined) return
    const over = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
    const left = Date.parse(over?.lastTransitionTime ?? '') + ttl * 1000 - clock.now()
    if (left > 0) return loop.addAfter(key, left)
    const request = { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid ?? '' } } as const
    await unlessCode(client.delete(JOBS, nameOf(job), request), 404)
  }
}

function isOver({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
  )
}

function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING) === true
}

function withoutCounts({ active: _, startTime: __, ...status }: JobStatus): JobStatus {
  return status
}

function jobPod(job: Job, index: number | undefined): Pod {
  const { name = '', namespace = '' } = job.metadata
  const isIndexed = index !== undefined
  const pod = podFromTemplate(job.spec.template, namespace, {
    generateName: isIndexed ? `${name}-${index}-` : `${name}-`,
    finalizers: [TRACKING],
    ownerReferences: [controllerReference(job)],
    ...(isIndexed && { annotations: { [INDEX]: String(index) }, labels: { [INDEX]: String(index) } }),
  })
  if (!isIndexed) return pod
  pod.spec.hostname = `${name}-${index}`
  const variable = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } },
  }
  for (const container of pod.spec.containers) container.env = [...((container.env ?? []) as object[]), variable]
  return pod
}

function indexOf({ metadata }: Pod): number {
  return Number(metadata.annotations?.[INDEX] ?? Number.NaN)
}

/** Those that neither succeeded nor are in the works, in order. */
function freeIndexes({ spec, status }: Job, pods: readonly Pod[]): number[] {
  const taken = new Set([...parseIndexes(status?.completedIndexes ?? ''), ...pods.filter(isActive).map(indexOf)])
  return Array.from({ length: spec.completions ?? 1 }, (_, index) => index).filter((index) => !taken.has(index))
}

function completedIndexes({ spec, status }: Job, pods: readonly Pod[]): { completedIndexes?: string } {
  if (spec.completionMode !== 'Indexed') return {}
  const now = pods.filter((pod) => pod.status?.phase === 'Succeeded').map(indexOf)
  return { completedIndexes: formatIndexes([...new Set([...parseIndexes(status?.completedIndexes ?? ''), ...now])]) }
}
