import type { ApiObject } from '../../json.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { unlessCode } from '../object-client.ts'
import { parseKey } from '../object-key.ts'
import { type ControllerRevision, dropRevisions, type Revisioned, syncRevisions } from './controller-revisions.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import { claim, controllerReference } from './ownership.ts'
import {
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  nextAvailableInMs,
  PODS,
  type Pod,
  podFromTemplate,
} from './pod.ts'
import { nameOf } from './pod-set.ts'
import { observed, positive, writeStatus } from './write-status.ts'

interface ClaimTemplate extends ApiObject {
  spec: object
}

interface StatefulSet extends Revisioned {
  spec: Revisioned['spec'] & {
    replicas?: number
    serviceName?: string
    minReadySeconds?: number
    podManagementPolicy?: 'OrderedReady' | 'Parallel'
    ordinals?: { start?: number }
    updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete'; rollingUpdate?: { partition?: number } }
    volumeClaimTemplates?: ClaimTemplate[]
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string }
  }
  status?: { currentRevision?: string; updateRevision?: string; collisionCount?: number }
}

const STATEFUL_SETS = { group: 'apps', version: 'v1', plural: 'statefulsets' }
const CLAIMS = { group: '', version: 'v1', plural: 'persistentvolumeclaims' }
const STORAGE = 'apps/statefulsets'
const COMPONENT = 'statefulset-controller'
const REVISION_LABEL = 'controller-revision-hash'

/**
 * Numbered pods, one after the other unless they may come at once, each with its own claims.
 * source: kubernetes pkg/controller/statefulset/stateful_set_control.go
 */
export function startStatefulSets(context: ControllerContext): RunningController {
  const { store, objects, client, clock, events } = context
  const loop = startLoop(context, COMPONENT, reconcile)
  return running(loop, enqueueSelf(store, STORAGE, loop), enqueueOwner(context, '/pods', 'StatefulSet', loop))

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const set = objects.get<StatefulSet>(STORAGE, namespace, name)
    if (set === undefined) return
    const { newest, older } = await syncRevisions(context, set, 'controller.kubernetes.io/hash')
    const claimed = await claim<Pod>(context, set, set.spec.selector, PODS)
    const pods = claimed.filter((pod) => ordinalOf(set, pod) !== undefined)
    const current = older.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? newest
    if (!isTerminating(set)) {
      const steps = planSteps(set, pods, newest, current, clock.now())
      for (const step of steps) await take(set, step)
    }
    await tell(key, set, pods, newest, current)
    const isUsed = ({ metadata }: ControllerRevision) =>
      metadata.name === current.metadata.name || pods.some((pod) => revisionOf(pod) === metadata.name)
    await dropRevisions(context, set, older, isUsed)
  }

  async function take(set: StatefulSet, step: Step): Promise<void> {
    if (step.kind === 'delete') return await remove(set, step.pod)
    for (const template of set.spec.volumeClaimTemplates ?? []) await createClaim(set, template, step.ordinal)
    const pod = statefulPod(set, step.revision, step.ordinal)
    const made = await unlessCode(client.create(PODS, pod), 409)
    const name = pod.metadata.name
    if (made !== undefined)
      say(set, 'SuccessfulCreate', `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`)
  }

  async function remove(set: StatefulSet, pod: Pod): Promise<void> {
    await unlessCode(client.delete(PODS, nameOf(pod), { preconditions: { uid: pod.metadata.uid ?? '' } }), 404, 409)
    say(set, 'SuccessfulDelete', `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`)
  }

  async function createClaim(set: StatefulSet, template: ClaimTemplate, ordinal: number): Promise<void> {
    const { namespace = '' } = set.metadata
    const name = claimName(set, template, ordinal)
    if (store.get('/persistentvolumeclaims', namespace, name) !== undefined) return
    const labels = { ...template.metadata.labels, ...set.spec.selector?.matchLabels }
    const { annotations } = template.metadata
    const metadata = { name, namespace, labels, ...(annotations !== undefined && { annotations }) }
    const claimObject = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: template.spec }
    await unlessCode(client.create(CLAIMS, claimObject), 409)
    const pod = `${set.metadata.name}-${ordinal}`
    say(set, 'SuccessfulCreate', `Create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`)
  }

  function say(set: StatefulSet, reason: string, message: string): void {
    events.record(set, COMPONENT, 'Normal', reason, message)
  }

  async function tell(
    key: string,
    set: StatefulSet,
    before: readonly Pod[],
    newest: ControllerRevision,
    current: ControllerRevision,
  ): Promise<void> {
    const now = clock.now()
    const { minReadySeconds = 0 } = set.spec
    const pods = before.filter((pod) => !isTerminating(pod))
    const wait = nextAvailableInMs(pods, minReadySeconds, now)
    if (wait !== undefined) loop.addAfter(key, wait)
    const updated = pods.filter((pod) => revisionOf(pod) === newest.metadata.name)
    const ready = pods.filter(isReady)
    const wanted = set.spec.replicas ?? 1
    const isDone = updated.length === wanted && pods.length === wanted && ready.length === wanted
    const currentName = isDone ? newest.metadata.name : current.metadata.name
    await writeStatus(context, STATEFUL_SETS, objects.latest(STORAGE, set), {
      availableReplicas: pods.filter((pod) => isAvailable(pod, minReadySeconds, now)).length,
      collisionCount: set.status?.collisionCount ?? 0,
      ...positive('currentReplicas', pods.filter((pod) => revisionOf(pod) === currentName).length),
      currentRevision: currentName,
      ...observed(set),
      ...positive('readyReplicas', ready.length),
      replicas: pods.length,
      updateRevision: newest.metadata.name,
      ...positive('updatedReplicas', updated.length),
    })
  }
}

type Step =
  | { readonly kind: 'create'; readonly ordinal: number; readonly revision: ControllerRevision }
  | { readonly kind: 'delete'; readonly pod: Pod }

/** What can be done now; ordered sets do one thing at a time and wait for each pod to be available. */
function planSteps(
  set: StatefulSet,
  pods: readonly Pod[],
  newest: ControllerRevision,
  current: ControllerRevision,
  nowMs: number,
): Step[] {
  const { replicas = 1, minReadySeconds = 0, podManagementPolicy, updateStrategy } = set.spec
  const start = set.spec.ordinals?.start ?? 0
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0
  const isParallel = podManagementPolicy === 'Parallel'
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]))
  const isUp = (pod: Pod) => !isTerminating(pod) && isAvailable(pod, minReadySeconds, nowMs)
  const steps: Step[] = []
  const highestFirst = [...byOrdinal].sort(([a], [b]) => b - a)
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    const isOld = updateStrategy?.type !== 'OnDelete' && ordinal < start + partition
    if (pod === undefined) steps.push({ kind: 'create', ordinal, revision: isOld ? current : newest })
    else if (isFinished(pod) && !isTerminating(pod)) steps.push({ kind: 'delete', pod })
    else if (isUp(pod)) continue
    if (!isParallel) return steps
  }
  const surplus = highestFirst.filter(([ordinal]) => ordinal < start || ordinal >= start + replicas)
  for (const [, pod] of surplus) {
    if (!isTerminating(pod)) steps.push({ kind: 'delete', pod })
    if (!isParallel) return steps
  }
  if (steps.length > 0 || updateStrategy?.type === 'OnDelete') return steps
  for (const [ordinal, pod] of highestFirst) {
    if (ordinal < start + partition || ordinal >= start + replicas) continue
    if (revisionOf(pod) !== newest.metadata.name && !isTerminating(pod)) return [{ kind: 'delete', pod }]
    if (!isUp(pod)) return []
  }
  return []
}

function statefulPod(set: StatefulSet, revision: ControllerRevision, ordinal: number): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const { $patch: _, ...template } = (revision.data?.spec?.template ?? {}) as StatefulSet['spec']['template'] & {
    $patch?: string
  }
  const pod = podFromTemplate(template, set.metadata.namespace ?? '', {
    name,
    labels: {
      'apps.kubernetes.io/pod-index': String(ordinal),
      'controller-revision-hash': revision.metadata.name ?? '',
      'statefulset.kubernetes.io/pod-name': name,
    },
    ownerReferences: [controllerReference(set)],
  })
  pod.spec.hostname = name
  if (set.spec.serviceName !== undefined && set.spec.serviceName !== '') pod.spec.subdomain = set.spec.serviceName
  const claims = (set.spec.volumeClaimTemplates ?? []).map((claimTemplate) => ({
    name: claimTemplate.metadata.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, claimTemplate, ordinal) },
  }))
  const others = (pod.spec.volumes ?? []).filter(({ name: volume }) => !claims.some((each) => each.name === volume))
  if (claims.length > 0) pod.spec.volumes = [...others, ...claims]
  return pod
}

function claimName(set: StatefulSet, { metadata }: ClaimTemplate, ordinal: number): string {
  return `${metadata.name}-${set.metadata.name}-${ordinal}`
}

/** Undefined: its name is not one of the set's. */
function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`
  const rest = metadata.name?.startsWith(prefix) ? metadata.name.slice(prefix.length) : ''
  return /^\d+$/.test(rest) ? Number(rest) : undefined
}

function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[REVISION_LABEL]
}
