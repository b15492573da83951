import type { ApiObject } from '../json.ts'
import { isSame, jsonOf } from '../kinds/strategies/json-parts.ts'
import { unaskableName } from '../kinds/strategies/names.ts'
import { isSameList, type ResourceList } from '../quota/resource-list.ts'
import { ApiError } from '../status.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { createdPodSpec, type PodSpec, type Toleration } from './pod-spec.ts'
import { refuseRequest } from './refuse-request.ts'

interface RuntimeClass extends ApiObject {
  readonly overhead?: { readonly podFixed?: ResourceList }
  readonly scheduling?: {
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly tolerations?: readonly Toleration[]
  }
}

/**
 * A pod gets what its runtime takes, and goes where that is: the class that it names says so.
 * errors: ApiError 403
 * source: kubernetes plugin/pkg/admission/runtimeclass
 */
export function admitRuntimeClass(objects: StoredObjects, request: AdmissionRequest, pod: ApiObject | undefined): void {
  const spec = createdPodSpec(request, pod)
  if (spec === undefined) return
  const { overhead, scheduling } = classOf(objects, request, pod, spec) ?? {}
  if (overhead !== undefined) {
    if (Object.keys(spec.overhead ?? {}).length > 0) assertOverhead(request, pod, spec, overhead.podFixed ?? {})
    spec.overhead = { ...overhead.podFixed }
  }
  if (scheduling === undefined) return
  const { nodeSelector, tolerations = [] } = scheduling
  if (nodeSelector !== undefined)
    spec.nodeSelector = mergeSelectors(request, pod, spec.nodeSelector ?? {}, nodeSelector)
  const merged = mergeTolerations([...(spec.tolerations ?? []), ...tolerations])
  if (merged.length > 0) spec.tolerations = merged
}

/** What webhooks have made of it is no other. errors: ApiError 403 */
export function validateRuntimeClass(
  objects: StoredObjects,
  request: AdmissionRequest,
  pod: ApiObject | undefined,
): void {
  const spec = createdPodSpec(request, pod)
  if (spec === undefined) return
  const { overhead } = classOf(objects, request, pod, spec) ?? {}
  if (overhead !== undefined) return assertOverhead(request, pod, spec, overhead.podFixed ?? {})
  if (spec.overhead === undefined) return
  const why = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
  throw refuseRequest(request, pod, why)
}

function classOf(
  objects: StoredObjects,
  request: AdmissionRequest,
  pod: ApiObject | undefined,
  { runtimeClassName: name }: PodSpec,
): RuntimeClass | undefined {
  if (name === undefined) return undefined
  const unaskable = unaskableName(name)
  if (unaskable !== undefined) throw new ApiError(500, undefined, unaskable)
  const found = objects.get<RuntimeClass>('node.k8s.io/runtimeclasses', '', name)
  if (found !== undefined) return found
  throw refuseRequest(request, pod, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
}

function assertOverhead(
  request: AdmissionRequest,
  pod: ApiObject | undefined,
  { overhead = {} }: PodSpec,
  wanted: ResourceList,
): void {
  if (isSameList(overhead, wanted)) return
  throw refuseRequest(request, pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
}

function mergeSelectors(
  request: AdmissionRequest,
  pod: ApiObject | undefined,
  own: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const [key, value] of Object.entries(wanted)) {
    if (own[key] === undefined || own[key] === value) continue
    const [theirs, its] = ['runtimeClass.scheduling', 'pod.spec'].map((each) => `${each}.nodeSelector[${key}]`)
    throw refuseRequest(request, pod, `conflict: ${theirs} = ${value}; ${its} = ${own[key]}`)
  }
  return { ...own, ...wanted }
}

/** Without those that another one includes; of equals the first stays. */
function mergeTolerations(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = []
  all.forEach((each, index) => {
    const isKnown = merged.some((known) => includes(known, each))
    const comesLater = all.slice(index + 1).some((other) => !isEqual(other, each) && includes(other, each))
    if (!isKnown && !comesLater) merged.push(each)
  })
  return merged
}

/** source: kubernetes pkg/util/tolerations isSuperset() */
function includes(wide: Toleration, narrow: Toleration): boolean {
  if (isEqual(wide, narrow)) return true
  const { key = '', operator = '', effect = '', value = '', tolerationSeconds } = wide
  const isEveryKey = key === '' && operator === 'Exists'
  if ((narrow.key ?? '') !== key && !isEveryKey) return false
  if ((narrow.effect ?? '') !== effect && effect !== '') return false
  if (effect === 'NoExecute' && tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > tolerationSeconds) return false
  }
  if (operator === 'Exists') return true
  return ['', 'Equal'].includes(operator) && narrow.operator === 'Equal' && (narrow.value ?? '') === value
}

function isEqual(a: Toleration, b: Toleration): boolean {
  return isSame(jsonOf(a), jsonOf(b))
}
