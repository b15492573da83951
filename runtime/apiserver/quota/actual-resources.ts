import type { ApiObject } from '../json.ts'
import type { ContainerResources, PodResources, ResourceRequirements } from './pod-resources.ts'
import { maxOfLists, type ResourceList } from './resource-list.ts'

/** As much of core/v1 PodStatus as says what its containers have. */
interface ResizeStatus {
  readonly containerStatuses?: readonly ContainerSize[]
  readonly initContainerStatuses?: readonly ContainerSize[]
  readonly conditions?: readonly { readonly type: string; readonly reason?: string }[]
}

interface ContainerSize {
  readonly name: string
  readonly allocatedResources?: ResourceList
  readonly resources?: ResourceRequirements
}

/**
 * What a pod's containers take until a resize is through: what they ask for, or what they still have where that is more.
 * source: component-helpers resource/helpers.go, UseStatusResources
 */
export function actualResources({ spec = {}, status = {} }: ApiObject): PodResources {
  const pod = spec as PodResources
  const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = status as ResizeStatus
  const sizes = new Map([...containerStatuses, ...initContainerStatuses].map((each) => [each.name, each]))
  if (sizes.size === 0) return pod
  const isInfeasible = conditions.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible'
  const actual = (container: ContainerResources) => sized(container, sizes.get(container.name), isInfeasible)
  return {
    ...pod,
    ...(pod.containers && { containers: pod.containers.map(actual) }),
    ...(pod.initContainers && {
      initContainers: pod.initContainers.map((each) => (each.restartPolicy === 'Always' ? actual(each) : each)),
    }),
  }
}

/** What cannot be done is not counted. */
function sized(
  container: ContainerResources,
  size: ContainerSize | undefined,
  isInfeasible: boolean,
): ContainerResources {
  if (size?.resources === undefined) return container
  const { requests = {}, limits = {} } = isInfeasible ? {} : (container.resources ?? {})
  const had = maxOfLists(size.resources.requests ?? {}, size.allocatedResources ?? {})
  const resources = {
    requests: maxOfLists(requests, had),
    limits: maxOfLists(limits, size.resources.limits ?? {}),
  }
  return { ...container, resources }
}
