import { hasCode, ObjectClient } from '../controllers/object-client.ts'
import { isReady, type Pod } from '../controllers/simulation/pod.ts'
import type { ApiObject } from '../json.ts'
import { type LabelSelector, matchesSelector } from '../label-selector.ts'
import { ApiError, badRequest, notFound, type Status } from '../status.ts'
import { rfc3339 } from '../timestamp.ts'
import { type ActionRequest, DONE, type SubresourceAction } from './subresource-action.ts'

interface Eviction extends ApiObject {
  deleteOptions?: {
    dryRun?: string[]
    gracePeriodSeconds?: number
    propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
    preconditions?: { uid?: string; resourceVersion?: string }
  }
}

interface Budget extends ApiObject {
  spec: { selector?: LabelSelector; unhealthyPodEvictionPolicy?: string }
  status?: {
    observedGeneration?: number
    disruptionsAllowed?: number
    currentHealthy?: number
    desiredHealthy?: number
    disruptedPods?: Record<string, string>
    conditions?: { type: string; status: string; reason?: string; message?: string }[]
  }
}

const PODS = { group: '', version: 'v1', plural: 'pods' }
const BUDGETS = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' }

/**
 * Deletes a pod if its disruption budget lets it go. Without `--simulate workloads` nobody keeps the budgets' status, as on an API
 * server alone: then a budget refuses all.
 * source: kubernetes pkg/registry/core/pod/storage/eviction.go
 */
export const podEviction: SubresourceAction = {
  async run(request) {
    const { namespace, name, store } = request
    const eviction = request.body as Eviction
    if (eviction.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
    const stored = store.get('/pods', namespace, name)
    if (stored === undefined) throw notFound({ group: '', resource: 'pods' }, name)
    const pod = JSON.parse(stored.text) as Pod
    const isDryRun = request.isDryRun || (eviction.deleteOptions?.dryRun ?? []).includes('All')
    if (!ignoresBudgets(pod)) {
      const refusal = await spend(request, pod, isDryRun)
      if (refusal !== undefined) return refusal
    }
    if (!isDryRun) await evict(request, eviction)
    return DONE
  },
}

/** It is not, or no longer, at work. */
function ignoresBudgets({ status, metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined || ['Pending', 'Succeeded', 'Failed'].includes(status?.phase ?? '')
}

/** Takes one disruption off the pod's budget. Answers a Status where kube-apiserver does not throw. errors: ApiError 403, 429 */
async function spend(
  { store, client, nowMs }: ActionRequest,
  pod: Pod,
  isDryRun: boolean,
): Promise<Status | undefined> {
  const { namespace = '', name = '', labels } = pod.metadata
  const budgets = store
    .list('policy/poddisruptionbudgets', namespace)
    .map(({ text }) => JSON.parse(text) as Budget)
    .filter(({ spec }) => matchesSelector(spec.selector, labels))
  const [budget] = budgets
  if (budgets.length > 1) return MORE_THAN_ONE
  if (budget === undefined || (!isReady(pod) && sparesUnready(budget))) return undefined
  const { disruptionsAllowed = 0, disruptedPods = {}, conditions = [] } = budget.status ?? {}
  assertAllowed(budget)
  if (isDryRun) return undefined
  const left = disruptionsAllowed - 1
  const now = rfc3339(nowMs)
  const isAllowed = (condition: { type: string }) => condition.type === 'DisruptionAllowed'
  const none = { status: 'False', reason: 'InsufficientPods', message: '', lastTransitionTime: now }
  const status = {
    ...budget.status,
    disruptionsAllowed: left,
    disruptedPods: { ...disruptedPods, [name]: now },
    conditions: left > 0 ? conditions : conditions.map((each) => (isAllowed(each) ? { ...each, ...none } : each)),
  }
  try {
    await new ObjectClient(client).update(BUDGETS, { ...budget, status }, 'status')
  } catch (error) {
    if (!hasCode(error, 409)) throw error
    const message = `Timeout: couldn't update PodDisruptionBudget "${budget.metadata.name}" due to conflicts`
    throw new ApiError(504, 'Timeout', message, { retryAfterSeconds: 10 })
  }
  return undefined
}

const MORE_THAN_ONE: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  code: 500,
}

function sparesUnready({ spec, status }: Budget): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0)
}

function assertAllowed({ metadata, status = {} }: Budget): void {
  const { name = '', generation = 0 } = metadata
  const { observedGeneration = 0, disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status
  if (observedGeneration < generation)
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10)
  if (disruptionsAllowed > 0) return
  const condition = status.conditions?.find(({ type, status: is }) => type === 'DisruptionAllowed' && is === 'False')
  const { reason = '', message = '' } = condition ?? {}
  if (reason === 'SyncFailed' && message !== '')
    throw tooMany(
      `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${message}`,
    )
  if (currentHealthy <= desiredHealthy)
    throw tooMany(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    )
  const why = message === '' ? '' : ` (${reason}): ${message}`
  throw tooMany(`The disruption budget ${name} does not allow evicting pods currently${why}`)
}

function tooMany(message: string, retryAfterSeconds?: number): ApiError {
  const causes = [{ reason: 'DisruptionBudget', message }]
  const details = { causes, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
  const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }
  const text = "Cannot evict pod as it would violate the pod's disruption budget."
  return new ApiError(429, 'TooManyRequests', text, details, headers)
}

/** The pod says why it goes, then goes. */
async function evict(
  { namespace, name, store, client, nowMs }: ActionRequest,
  { deleteOptions }: Eviction,
): Promise<void> {
  const stored = store.get('/pods', namespace, name)
  if (stored === undefined) throw notFound({ group: '', resource: 'pods' }, name)
  const pod = JSON.parse(stored.text) as Pod
  const { uid, resourceVersion } = deleteOptions?.preconditions ?? {}
  assertPrecondition(pod, 'UID', uid, pod.metadata.uid)
  assertPrecondition(pod, 'ResourceVersion', resourceVersion, pod.metadata.resourceVersion)
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    lastProbeTime: null,
    lastTransitionTime: rfc3339(nowMs),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  store.put('/pods', { ...pod, status: { ...pod.status, conditions: [...others, condition] } }, stored.revision)
  const { dryRun: _, preconditions: __, ...options } = deleteOptions ?? {}
  const preconditions = { uid: pod.metadata.uid ?? '' }
  await new ObjectClient(client).delete(PODS, { namespace, name }, { ...options, preconditions }).catch((error) => {
    if (!hasCode(error, 404)) throw error
  })
}

function assertPrecondition(
  { metadata }: Pod,
  what: 'UID' | 'ResourceVersion',
  wanted: string | undefined,
  found: string | undefined,
): void {
  if (wanted === undefined || wanted === '' || wanted === found) return
  const why =
    what === 'UID' ? 'The object might have been deleted and then recreated' : 'The object might have been modified'
  const text = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). ${why}`
  const message = `Operation cannot be fulfilled on Pod "${metadata.name}": ${text}`
  throw new ApiError(409, 'Conflict', message, { name: metadata.name ?? '', kind: 'Pod' })
}
