import type { ApiObject } from '../json.ts'
import { compareQuantities, quantityMillis } from '../kinds/strategies/quantity.ts'
import {
  type ContainerResources,
  type PodResources,
  type ResourceRequirements,
  sumOfContainers,
} from '../quota/pod-resources.ts'
import type { ResourceList } from '../quota/resource-list.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { createdPodSpec, resizedPodSpec } from './pod-spec.ts'
import { refuseRequest } from './refuse-request.ts'

/** core/v1 LimitRangeItem. */
interface LimitItem {
  readonly type: string
  readonly max?: ResourceList
  readonly min?: ResourceList
  readonly default?: ResourceList
  readonly defaultRequest?: ResourceList
  readonly maxLimitRequestRatio?: ResourceList
}

interface LimitRange extends ApiObject {
  readonly spec?: { readonly limits?: readonly LimitItem[] }
}

const ANNOTATION = 'kubernetes.io/limit-ranger'

/**
 * Containers that do not say what they take get the namespace's defaults; an annotation tells which.
 * source: kubernetes plugin/pkg/admission/limitranger
 */
export function admitContainerDefaults(
  objects: StoredObjects,
  request: AdmissionRequest,
  pod: ApiObject | undefined,
): void {
  const spec = podResources(request, pod)
  if (spec === undefined || pod === undefined || isTerminating(request)) return
  for (const { spec: limits } of rangesOf(objects, request)) {
    const defaults = defaultsOf(limits?.limits ?? [])
    const told = [
      ...(spec.containers ?? []).flatMap((each) => fillContainer(each, defaults, 'container')),
      ...(spec.initContainers ?? []).flatMap((each) => fillContainer(each, defaults, 'init container')),
    ]
    if (told.length === 0) continue
    const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${told.join('; ')}` }
    pod.metadata.annotations = annotations
  }
}

/** errors: ApiError 403 for a pod or a claim that takes less or more than it may */
export function validateLimits(objects: StoredObjects, request: AdmissionRequest, object: ApiObject | undefined): void {
  const faultsOf = checkFor(request, object)
  if (faultsOf === undefined || isTerminating(request)) return
  for (const { spec } of rangesOf(objects, request)) {
    const faults = [...new Set((spec?.limits ?? []).flatMap(faultsOf))]
    if (faults.length === 0) continue
    throw refuseRequest(request, object, faults.length === 1 ? (faults[0] as string) : `[${faults.join(', ')}]`)
  }
}

/** Of a pod that is made or resized: nothing else changes what it takes. */
function podResources(request: AdmissionRequest, pod: ApiObject | undefined): PodResources | undefined {
  return (createdPodSpec(request, pod) ?? resizedPodSpec(request, pod)) as PodResources | undefined
}

function isTerminating({ old }: AdmissionRequest): boolean {
  return old?.metadata.deletionTimestamp !== undefined
}

function rangesOf(objects: StoredObjects, { namespace }: AdmissionRequest): LimitRange[] {
  return objects.list<LimitRange>('/limitranges', namespace)
}

function defaultsOf(items: readonly LimitItem[]): Required<ResourceRequirements> {
  const own = items.filter(({ type }) => type === 'Container')
  return {
    requests: Object.assign({}, ...own.map((item) => item.defaultRequest)) as ResourceList,
    limits: Object.assign({}, ...own.map((item) => item.default)) as ResourceList,
  }
}

/** Answers what was filled in, in words. */
function fillContainer(
  container: ContainerResources,
  defaults: Required<ResourceRequirements>,
  what: string,
): string[] {
  const told: string[] = []
  for (const [list, word] of [
    ['requests', 'request'],
    ['limits', 'limit'],
  ] as const) {
    const own = container.resources?.[list] ?? {}
    const added = Object.keys(defaults[list]).filter((name) => own[name] === undefined)
    if (added.length === 0) continue
    container.resources = { ...container.resources, [list]: { ...defaults[list], ...own } }
    told.push(`${added.sort().join(', ')} ${word} for ${what} ${container.name}`)
  }
  return told
}

type Check = (item: LimitItem) => string[]

/** undefined: the write is about something else. */
function checkFor(request: AdmissionRequest, object: ApiObject | undefined): Check | undefined {
  const pod = podResources(request, object)
  if (pod !== undefined) return (item) => checkPod(item, pod)
  const { resource, subresource, operation } = request
  const isClaim = resource.group === '' && resource.plural === 'persistentvolumeclaims' && subresource === undefined
  if (!isClaim || !['CREATE', 'UPDATE'].includes(operation) || object === undefined) return undefined
  const spec = object.spec as { resources?: ResourceRequirements } | undefined
  return (item) => (item.type === 'PersistentVolumeClaim' ? checkClaim(item, spec?.resources?.requests ?? {}) : [])
}

function checkPod(item: LimitItem, pod: PodResources): string[] {
  if (item.type === 'Container')
    return [...(pod.containers ?? []), ...(pod.initContainers ?? [])].flatMap(({ resources }) =>
      checkTaken(item, resources ?? {}),
    )
  if (item.type !== 'Pod') return []
  const isPodLevel = (name: string) => name === 'cpu' || name === 'memory'
  const requests = sumOfContainers(pod, 'requests', isPodLevel)
  return checkTaken(item, { requests, limits: sumOfContainers(pod, 'limits', isPodLevel) })
}

function checkTaken(item: LimitItem, { requests = {}, limits = {} }: ResourceRequirements): string[] {
  const { type } = item
  return [
    ...each(item.min, (name, min) => minimumFault(type, name, min, requests[name], limits[name])),
    ...each(item.max, (name, max) => maximumFault(type, name, max, requests[name], limits[name])),
    ...each(item.maxLimitRequestRatio, (name, ratio) => ratioFault(type, name, ratio, requests[name], limits[name])),
  ]
}

function checkClaim({ type, min, max }: LimitItem, requests: ResourceList): string[] {
  return [
    ...each(min, (name, amount) => minimumFault(type, name, amount, requests[name], undefined)),
    ...each(max, (name, amount) => {
      const request = requests[name]
      const rule = `maximum ${name} usage per ${type} is ${amount}`
      if (request === undefined) return `${rule}.  No request is specified`
      return compareQuantities(request, amount) > 0 ? `${rule}, but request is ${request}` : undefined
    }),
  ]
}

function each(list: ResourceList = {}, check: (name: string, amount: string) => string | undefined): string[] {
  return Object.entries(list).flatMap(([name, amount]) => check(name, amount) ?? [])
}

type Fault = string | undefined

function minimumFault(type: string, name: string, min: string, request: Fault, limit: Fault): Fault {
  const rule = `minimum ${name} usage per ${type} is ${min}`
  if (request === undefined) return `${rule}.  No request is specified`
  if (compareQuantities(request, min) < 0) return `${rule}, but request is ${request}`
  return limit !== undefined && compareQuantities(limit, min) < 0 ? `${rule}, but limit is ${limit}` : undefined
}

function maximumFault(type: string, name: string, max: string, request: Fault, limit: Fault): Fault {
  const rule = `maximum ${name} usage per ${type} is ${max}`
  if (limit === undefined) return `${rule}.  No limit is specified`
  if (compareQuantities(limit, max) > 0) return `${rule}, but limit is ${limit}`
  return request !== undefined && compareQuantities(request, max) > 0 ? `${rule}, but request is ${request}` : undefined
}

function ratioFault(type: string, name: string, most: string, request = '0', limit = '0'): Fault {
  const rule = `${name} max limit to request ratio per ${type} is ${most}`
  const [requested, limited] = [Number(quantityMillis(request)), Number(quantityMillis(limit))]
  if (requested === 0) return `${rule}, but no request is specified or request is 0`
  if (limited === 0) return `${rule}, but no limit is specified or limit is 0`
  const ratio = limited / requested
  return ratio * 1000 > Number(quantityMillis(most)) ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}
