import type { ApiObject } from '../../json.ts'
import type { ControllerContext } from '../controller-context.ts'
import { type ObjectName, unlessCode } from '../object-client.ts'
import { isReady, PODS, type Pod } from './pod.ts'

/** Makes and takes away a workload's pods, and says so in events. */
export interface PodSet {
  create(pod: Pod): Promise<void>
  delete(pod: Pod): Promise<void>
}

/** `component`: who says it, as in `replicaset-controller`. */
export function createPodSet({ client, events }: ControllerContext, owner: ApiObject, component: string): PodSet {
  return {
    async create(pod) {
      try {
        const { metadata } = await client.create(PODS, pod)
        events.record(owner, component, 'Normal', 'SuccessfulCreate', `Created pod: ${metadata.name}`)
      } catch (error) {
        events.record(owner, component, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`)
        throw error
      }
    },
    async delete(pod) {
      await unlessCode(client.delete(PODS, nameOf(pod), { preconditions: { uid: pod.metadata.uid ?? '' } }), 404)
      events.record(owner, component, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    },
  }
}

export function nameOf({ metadata }: ApiObject): ObjectName {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' }
}

const COST = 'controller.kubernetes.io/pod-deletion-cost'

/** Those to go first come first. source: kubernetes pkg/controller/controller_utils.go ActivePodsWithRanks */
export function inOrderOfDeletion(pods: readonly Pod[]): Pod[] {
  return [...pods].sort((a, b) => rank(a) - rank(b) || cost(a) - cost(b) || newestFirst(a, b))
}

/** Without a node, pending, not ready, ready. */
function rank(pod: Pod): number {
  if (pod.spec.nodeName === undefined) return 0
  if (pod.status?.phase !== 'Running') return 1
  return isReady(pod) ? 3 : 2
}

function cost({ metadata }: Pod): number {
  return Number(metadata.annotations?.[COST] ?? 0)
}

function newestFirst(a: Pod, b: Pod): number {
  return Date.parse(b.metadata.creationTimestamp ?? '') - Date.parse(a.metadata.creationTimestamp ?? '')
}
