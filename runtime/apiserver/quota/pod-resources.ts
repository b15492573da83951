import { compareQuantities } from '../kinds/strategies/quantity.ts'
import { addLists, maxOfLists, type ResourceList } from './resource-list.ts'

export interface ResourceRequirements {
  requests?: ResourceList
  limits?: ResourceList
}

export interface ContainerResources {
  readonly name: string
  readonly restartPolicy?: string
  resources?: ResourceRequirements
}

/** As much of core/v1 PodSpec as says what a pod takes. */
export interface PodResources {
  readonly containers?: readonly ContainerResources[]
  readonly initContainers?: readonly ContainerResources[]
  readonly resources?: ResourceRequirements
  readonly overhead?: ResourceList
}

type Which = 'requests' | 'limits'

/**
 * What the containers of a pod take at most at one time: all of them together, or the largest init container with the sidecars
 * before it; and what the pod says of itself counts instead, for the resources that `isPodLevel` names.
 * source: kubernetes plugin/pkg/admission/limitranger podRequests(), podLimits(); component-helpers resource/helpers.go
 */
export function sumOfContainers(pod: PodResources, which: Which, isPodLevel: (name: string) => boolean): ResourceList {
  const own = Object.entries(pod.resources?.[which] ?? {}).filter(([name]) => isPodLevel(name))
  return { ...aggregate(pod, which), ...Object.fromEntries(own) }
}

/** With what the pod's runtime takes: to limits it is added where there is one. */
export function sumOfPod(pod: PodResources, which: Which): ResourceList {
  const sum = sumOfContainers(pod, which, isPodLevelResource)
  const overhead = Object.entries(pod.overhead ?? {}).filter(
    ([name]) => which === 'requests' || compareQuantities(sum[name] ?? '0', '0') !== 0,
  )
  return addLists(sum, Object.fromEntries(overhead))
}

/** What a pod can say of itself as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')
}

function aggregate({ containers = [], initContainers = [] }: PodResources, which: Which): ResourceList {
  const listOf = ({ resources }: ContainerResources) => resources?.[which] ?? {}
  let sum = containers.map(listOf).reduce(addLists, {})
  let sidecars: ResourceList = {}
  let largest: ResourceList = {}
  for (const container of initContainers) {
    const own = addLists(listOf(container), sidecars)
    if (container.restartPolicy === 'Always') {
      sum = addLists(sum, listOf(container))
      sidecars = own
    }
    largest = maxOfLists(largest, own)
  }
  return maxOfLists(sum, largest)
}
