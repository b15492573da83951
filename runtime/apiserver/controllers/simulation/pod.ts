import type { ApiObject, JsonObject } from '../../json.ts'

/** What the simulation reads and writes of a Pod. */
export interface Pod extends ApiObject {
  spec: PodSpec
  status?: PodStatus
}

export interface PodSpec {
  [field: string]: unknown
  nodeName?: string
  hostname?: string
  subdomain?: string
  restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  containers: Container[]
  initContainers?: Container[]
  volumes?: JsonObject[]
}

export interface Container {
  [field: string]: unknown
  name: string
  image?: string
  ports?: { name?: string; containerPort: number; protocol?: string }[]
}

export interface PodStatus {
  [field: string]: unknown
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  conditions?: PodCondition[]
  podIP?: string
  startTime?: string
}

export interface PodCondition {
  type: string
  status: 'True' | 'False'
  observedGeneration?: number
  lastProbeTime?: string | null
  /** RFC 3339 */
  lastTransitionTime?: string
  reason?: string
  message?: string
}

/** What a workload makes pods of. */
export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: PodSpec
}

export const PODS = { group: '', version: 'v1', plural: 'pods' }

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/** Ready for at least so long: `now` while it may still become so tells when. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  return isReady(pod) && availableInMs(pod, minReadySeconds, nowMs) <= 0
}

/** How long until the next of these ready pods counts as available; undefined: none waits for that. */
export function nextAvailableInMs(pods: readonly Pod[], minReadySeconds: number, nowMs: number): number | undefined {
  const waits = pods
    .map((pod) => availableInMs(pod, minReadySeconds, nowMs))
    .filter((ms) => ms > 0 && ms < Number.POSITIVE_INFINITY)
  return waits.length > 0 ? Math.min(...waits) : undefined
}

/** How long a ready pod must stay so until it counts as available; Infinity: it is not ready. */
function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number {
  const condition = readyCondition(pod)
  if (condition?.status !== 'True') return Number.POSITIVE_INFINITY
  if (minReadySeconds === 0) return 0
  return Date.parse(condition.lastTransitionTime ?? '') + minReadySeconds * 1000 - nowMs
}

export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

export function isTerminating({ metadata }: ApiObject): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** Counts for its workload: neither finished nor going. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod)
}

function readyCondition({ status }: Pod): PodCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

/**
 * A pod made of a workload's template. `identity`: what this one has of its own; a name, or how names begin.
 */
export function podFromTemplate(
  template: PodTemplate,
  namespace: string,
  identity: Omit<ApiObject['metadata'], 'namespace'>,
): Pod {
  const { labels = {}, annotations = {} } = template.metadata ?? {}
  const allAnnotations = { ...annotations, ...identity.annotations }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...identity,
      namespace,
      labels: { ...labels, ...identity.labels },
      ...(Object.keys(allAnnotations).length > 0 && { annotations: allAnnotations }),
    },
    spec: structuredClone(template.spec),
  }
}
