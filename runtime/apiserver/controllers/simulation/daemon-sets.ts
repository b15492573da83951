import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { keyOf, parseKey } from '../object-key.ts'
import { type ControllerRevision, dropRevisions, type Revisioned, syncRevisions } from './controller-revisions.ts'
import { resolveIntOrPercent } from './deployment.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import type { Node } from './nodes.ts'
import { claim, controllerReference } from './ownership.ts'
import {
  isActive,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  nextAvailableInMs,
  PODS,
  type Pod,
  podFromTemplate,
} from './pod.ts'
import { createPodSet } from './pod-set.ts'
import { fits } from './scheduler.ts'
import { observed, positive, writeStatus } from './write-status.ts'

interface DaemonSet extends Revisioned {
  spec: Revisioned['spec'] & {
    minReadySeconds?: number
    updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete'; rollingUpdate?: { maxUnavailable?: number | string } }
  }
}

const DAEMON_SETS = { group: 'apps', version: 'v1', plural: 'daemonsets' }
const STORAGE = 'apps/daemonsets'
const COMPONENT = 'daemonset-controller'
const HASH_LABEL = 'controller-revision-hash'

/** What every daemon's pod puts up with. source: kubernetes pkg/controller/daemon/util AddOrUpdateDaemonPodTolerations */
const TOLERATIONS = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
].map(([key, effect]) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect }))

/** One pod on each node that lets it in. maxSurge is not imitated: old pods go first. source: kubernetes pkg/controller/daemon */
export function startDaemonSets(context: ControllerContext): RunningController {
  const { store, objects, clock } = context
  const loop = startLoop(context, COMPONENT, reconcile)
  return running(
    loop,
    enqueueSelf(store, STORAGE, loop),
    enqueueOwner(context, '/pods', 'DaemonSet', loop),
    store.watch('/nodes', addAll),
  )

  function addAll(): void {
    for (const stored of store.list(STORAGE)) loop.add(keyOf(stored))
  }

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const set = objects.get<DaemonSet>(STORAGE, namespace, name)
    if (set === undefined || isTerminating(set)) return
    const generation = String(set.metadata.generation ?? 1)
    const annotations = { 'deprecated.daemonset.template.generation': generation }
    const { newest, older } = await syncRevisions(context, set, HASH_LABEL, annotations)
    const pods = await claim<Pod>(context, set, set.spec.selector, PODS)
    const wanted = new Set(wantedNodes(set, newest).map(({ metadata }) => metadata.name ?? ''))
    await place(set, newest, pods, wanted)
    await replaceOld(set, newest, pods)
    await tell(key, set, newest, pods, wanted)
    await dropRevisions(context, set, older, (revision) => pods.some((pod) => hashOf(pod) === hashOf(revision)))
  }

  function wantedNodes(set: DaemonSet, newest: ControllerRevision): Node[] {
    const pod = daemonPod(set, newest, '')
    delete pod.spec.affinity
    const { affinity } = set.spec.template.spec
    const probe = { ...pod, spec: { ...pod.spec, ...(affinity !== undefined && { affinity }) } }
    return objects.list<Node>('/nodes').filter((node) => fits(probe, node))
  }

  async function place(
    set: DaemonSet,
    newest: ControllerRevision,
    pods: readonly Pod[],
    wanted: ReadonlySet<string>,
  ): Promise<void> {
    const podSet = createPodSet(context, set, COMPONENT)
    const seen = new Set<string>()
    for (const pod of pods) {
      const node = nodeOf(pod)
      const isSurplus = !wanted.has(node) || seen.has(node) || isFinished(pod)
      if (!isTerminating(pod) && isSurplus) await podSet.delete(pod)
      seen.add(node)
    }
    for (const node of wanted) if (!seen.has(node)) await podSet.create(daemonPod(set, newest, node))
  }

  /** As many as may be missing at once; those that do not work first. */
  async function replaceOld(set: DaemonSet, newest: ControllerRevision, pods: readonly Pod[]): Promise<void> {
    if (set.spec.updateStrategy?.type === 'OnDelete') return
    const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {}
    const { minReadySeconds = 0 } = set.spec
    const isUp = (pod: Pod) => isActive(pod) && isAvailable(pod, minReadySeconds, clock.now())
    let room = Math.max(1, resolveIntOrPercent(maxUnavailable, pods.length, Math.ceil))
    room -= pods.filter((pod) => !isUp(pod) && (isTerminating(pod) || hashOf(pod) === hashOf(newest))).length
    const old = pods.filter((pod) => hashOf(pod) !== hashOf(newest) && isActive(pod))
    const podSet = createPodSet(context, set, COMPONENT)
    const downFirst = [...old].sort((a, b) => Number(isUp(a)) - Number(isUp(b)))
    for (const pod of downFirst) if (!isUp(pod) || room-- > 0) await podSet.delete(pod)
  }

  async function tell(
    key: string,
    set: DaemonSet,
    newest: ControllerRevision,
    pods: readonly Pod[],
    wanted: ReadonlySet<string>,
  ): Promise<void> {
    const { minReadySeconds = 0 } = set.spec
    const now = clock.now()
    const placed = pods.filter((pod) => wanted.has(nodeOf(pod)) && !isTerminating(pod))
    const available = placed.filter((pod) => isAvailable(pod, minReadySeconds, now)).length
    const wait = nextAvailableInMs(placed, minReadySeconds, now)
    if (wait !== undefined) loop.addAfter(key, wait)
    await writeStatus(context, DAEMON_SETS, objects.latest(STORAGE, set), {
      currentNumberScheduled: placed.length,
      desiredNumberScheduled: wanted.size,
      ...positive('numberAvailable', available),
      numberMisscheduled: pods.filter((pod) => !wanted.has(nodeOf(pod)) && !isTerminating(pod)).length,
      numberReady: placed.filter(isReady).length,
      ...positive('numberUnavailable', wanted.size - available),
      ...observed(set),
      ...positive('updatedNumberScheduled', placed.filter((pod) => hashOf(pod) === hashOf(newest)).length),
    })
  }
}

/** Bound to its node by an affinity, which the scheduler follows. */
function daemonPod(set: DaemonSet, revision: ControllerRevision, node: string): Pod {
  const pod = podFromTemplate(set.spec.template, set.metadata.namespace ?? '', {
    generateName: `${set.metadata.name}-`,
    labels: { [HASH_LABEL]: hashOf(revision), 'pod-template-generation': String(set.metadata.generation ?? 1) },
    ownerReferences: [controllerReference(set)],
  })
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }
  pod.spec.affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  }
  pod.spec.tolerations = [...((pod.spec.tolerations ?? []) as object[]), ...TOLERATIONS]
  return pod
}

interface DaemonAffinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: {
      nodeSelectorTerms: { matchFields?: { values?: string[] }[] }[]
    }
  }
}

/** Where it runs or is to run. */
function nodeOf({ spec }: Pod): string {
  const { nodeAffinity } = (spec.affinity ?? {}) as DaemonAffinity
  const [term] = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return spec.nodeName ?? term?.matchFields?.[0]?.values?.[0] ?? ''
}

function hashOf({ metadata }: Pod | ControllerRevision): string {
  return metadata.labels?.[HASH_LABEL] ?? ''
}
