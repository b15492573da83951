import { matchesSelector } from '../../label-selector.ts'
import { rfc3339 } from '../../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { unlessCode } from '../object-client.ts'
import { keyOf, parseKey } from '../object-key.ts'
import { isSchedulable, type Node } from './nodes.ts'
import { isTerminating, PODS, type Pod, type PodCondition } from './pod.ts'
import { nameOf } from './pod-set.ts'

const BINDINGS = { group: '', version: 'v1', plural: 'pods' }

/**
 * Sends each pod to a node that it may go to, those with the fewest pods first. Looks at cordons, taints without tolerations,
 * nodeSelector and required node affinity; not at resources, other affinities or spreading: there is room for everything.
 */
export function startScheduler(context: ControllerContext): RunningController {
  const { store, objects, client, clock, events } = context
  const loop = startLoop(context, 'default-scheduler', schedule)
  const cancels = [store.watch('/pods', ({ stored }) => loop.add(keyOf(stored))), store.watch('/nodes', addUnscheduled)]
  addUnscheduled()
  return running(loop, ...cancels)

  function addUnscheduled(): void {
    for (const pod of objects.list<Pod>('/pods')) if (pod.spec.nodeName === undefined) loop.add(keyOf(nameOf(pod)))
  }

  async function schedule(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const pod = objects.get<Pod>('/pods', namespace, name)
    if (pod === undefined || pod.spec.nodeName !== undefined || isTerminating(pod) || isGated(pod)) return
    if (!['default-scheduler', undefined].includes(pod.spec.schedulerName as string | undefined)) return
    const nodes = objects.list<Node>('/nodes')
    const node = leastUsed(nodes.filter((each) => fits(pod, each)))
    if (node === undefined) return await tellUnschedulable(pod, nodes.length)
    const target = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name ?? '' }
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name }, target }
    await bind(pod, binding)
    const message = `Successfully assigned ${namespace}/${name} to ${target.name}`
    events.record(pod, 'default-scheduler', 'Normal', 'Scheduled', message)
  }

  async function bind(pod: Pod, binding: object): Promise<void> {
    const { namespace, name } = nameOf(pod)
    const path = { ...BINDINGS, plural: `pods/${name}/binding` }
    await unlessCode(client.create(path, { ...binding, metadata: { namespace, name } } as never), 404, 409)
  }

  function leastUsed(nodes: readonly Node[]): Node | undefined {
    if (nodes.length < 2) return nodes[0]
    const counts = new Map<string, number>()
    for (const { spec } of objects.list<Pod>('/pods'))
      if (spec.nodeName !== undefined) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1)
    const used = (node: Node) => counts.get(node.metadata.name ?? '') ?? 0
    return [...nodes].sort((a, b) => used(a) - used(b))[0]
  }

  async function tellUnschedulable(pod: Pod, nodes: number): Promise<void> {
    const message = nodes === 0 ? 'no nodes available to schedule pods' : `0/${nodes} nodes are available`
    const old = pod.status?.conditions ?? []
    if (
      old.some(({ type, status, message: said }) => type === 'PodScheduled' && status === 'False' && said === message)
    )
      return
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime: rfc3339(clock.now()),
      reason: 'Unschedulable',
      message,
    }
    const conditions = [...old.filter(({ type }) => type !== 'PodScheduled'), condition]
    await unlessCode(client.update(PODS, { ...pod, status: { ...pod.status, conditions } }, 'status'), 404, 409)
    events.record(pod, 'default-scheduler', 'Warning', 'FailedScheduling', message)
  }
}

interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
}

interface NodeSelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
  matchFields?: { key: string; operator: string; values?: string[] }[]
}

interface NodeAffinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] }
  }
}

/** The node's labels, cordon and taints let the pod in. */
export function fits({ spec }: Pod, node: Node): boolean {
  const tolerations = (spec.tolerations ?? []) as Toleration[]
  if (node.metadata.deletionTimestamp !== undefined) return false
  const isTolerated = (taint: { key: string; value?: string; effect: string }) =>
    taint.effect === 'PreferNoSchedule' || tolerations.some((toleration) => tolerates(toleration, taint))
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  if (node.spec?.unschedulable === true && !isTolerated(cordon)) return false
  if (!isSchedulable(node) && !(node.spec?.taints ?? []).every(isTolerated)) return false
  const { labels } = node.metadata
  if (!matchesSelector({ matchLabels: (spec.nodeSelector ?? {}) as Record<string, string> }, labels)) return false
  const terms = (spec.affinity as NodeAffinity | undefined)?.nodeAffinity
    ?.requiredDuringSchedulingIgnoredDuringExecution
  return terms === undefined || terms.nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

function tolerates(
  { key, operator, value = '', effect }: Toleration,
  taint: { key: string; value?: string; effect: string },
): boolean {
  if (effect !== undefined && effect !== taint.effect) return false
  if (key === undefined) return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  const fields = { 'metadata.name': metadata.name ?? '' }
  return (
    matchesSelector({ matchExpressions }, metadata.labels) && matchesSelector({ matchExpressions: matchFields }, fields)
  )
}

/** Held back by its own scheduling gates. */
function isGated({ spec }: Pod): boolean {
  return ((spec.schedulingGates ?? []) as unknown[]).length > 0
}
