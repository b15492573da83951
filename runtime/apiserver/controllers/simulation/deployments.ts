import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { hasCode, unlessCode } from '../object-client.ts'
import { parseKey } from '../object-key.ts'
import { rfc3339 } from '../timestamps.ts'
import {
  DEPLOYMENTS,
  type Deployment,
  HASH_LABEL,
  REVISION,
  revisionOf,
  rolloutBounds,
  sum,
  wantedOf,
} from './deployment.ts'
import { deploymentStatus, progressDeadlineInMs, withCreatedSet } from './deployment-status.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import { claim, controllerKeyOf, controllerReference } from './ownership.ts'
import { isTerminating, type Pod, type PodTemplate } from './pod.ts'
import { nameOf } from './pod-set.ts'
import { REPLICA_SETS, type ReplicaSet } from './replica-sets.ts'
import { isSameTemplate, templateHash } from './template-hash.ts'
import { writeStatus } from './write-status.ts'

const STORAGE = 'apps/deployments'
const COMPONENT = 'deployment-controller'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'

/** Rolls out templates by way of ReplicaSets. source: kubernetes pkg/controller/deployment */
export function startDeployments(context: ControllerContext): RunningController {
  const { store, objects, client, clock, events } = context
  const loop = startLoop(context, COMPONENT, reconcile)
  return running(
    loop,
    enqueueSelf(store, STORAGE, loop),
    enqueueOwner(context, 'apps/replicasets', 'Deployment', loop),
    // Recreate waits for the last old pod to be gone.
    store.watch('/pods', ({ type, stored }) => {
      if (type === 'DELETED') addDeploymentOf(objects.parse<Pod>(stored))
    }),
  )

  function addDeploymentOf(pod: Pod): void {
    const setKey = controllerKeyOf(pod, 'ReplicaSet')
    if (setKey === undefined) return
    const { namespace, name } = parseKey(setKey)
    const set = objects.get<ReplicaSet>('apps/replicasets', namespace, name)
    const key = set === undefined ? undefined : controllerKeyOf(set, 'Deployment')
    if (key !== undefined) loop.add(key)
  }

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const deployment = objects.get<Deployment>(STORAGE, namespace, name)
    if (deployment === undefined) return
    const sets = await claim<ReplicaSet>(context, deployment, deployment.spec.selector, REPLICA_SETS)
    const newest = findNewest(deployment, sets)
    const isPaused = deployment.spec.paused === true
    if (!isTerminating(deployment)) {
      await keepRevision(deployment, sets, newest)
      await rollOut(deployment, sets, newest)
      // Its event brings the next turn.
      if (newest === undefined && !isPaused && mayCreate(deployment, sets)) return await createNewest(deployment, sets)
    }
    await tell(key, deployment, sets, newest)
    if (!isTerminating(deployment) && !isPaused) await dropHistory(deployment, sets, newest)
  }

  async function createNewest(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<void> {
    const { metadata, spec } = deployment
    const hash = templateHash(spec.template, deployment.status?.collisionCount)
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash }
    const { maxSurge } = rolloutBounds(deployment)
    const replicas = spec.replicas ?? 1
    const total = sum(sets, wantedOf)
    const first =
      spec.strategy?.type === 'Recreate' ? replicas : Math.max(0, Math.min(replicas, replicas + maxSurge - total))
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace ?? '',
        labels,
        annotations: {
          ...shownAnnotations(deployment),
          ...boundsAnnotations(deployment),
          [REVISION]: String(nextRevision(sets)),
        },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: first,
        ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
        selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [HASH_LABEL]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } } as PodTemplate,
      },
    }
    try {
      await client.create(REPLICA_SETS, set)
      if (first > 0) sayScaled(deployment, set, 0, first)
      await sayCreated(deployment, set)
    } catch (error) {
      if (!hasCode(error, 409)) throw error
      // Somebody else's object bears the name: another one is made of the template.
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
      await writeStatus(context, DEPLOYMENTS, deployment, { ...deployment.status, collisionCount })
    }
  }

  /** One write for both, as the real controller's: its revision, and that there is progress. */
  async function sayCreated(deployment: Deployment, { metadata }: ReplicaSet): Promise<void> {
    const { namespace = '', name = '' } = deployment.metadata
    const live = objects.get<Deployment>(STORAGE, namespace, name)
    if (live === undefined) return
    const annotations = { ...live.metadata.annotations, [REVISION]: metadata.annotations?.[REVISION] ?? '1' }
    const status = withCreatedSet(live, metadata.name ?? '', rfc3339(clock.now()))
    const next = { ...live, metadata: { ...live.metadata, annotations }, status }
    await unlessCode(client.update(DEPLOYMENTS, next, 'status'), 404, 409)
  }

  /** The ReplicaSet of the template is the newest revision, and the Deployment says so. */
  async function keepRevision(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    newest: ReplicaSet | undefined,
  ): Promise<void> {
    if (newest === undefined) return
    const others = sets.filter((set) => set !== newest)
    const revision = String(Math.max(revisionOf(newest), nextRevision(others)))
    const annotations = { ...shownAnnotations(deployment), ...revisionAnnotations(newest, revision) }
    const isAnnotated = Object.entries(annotations).every(([key, at]) => newest.metadata.annotations?.[key] === at)
    if (!isAnnotated) await annotate(REPLICA_SETS, newest, annotations)
    // By way of the status, so that it counts as no new generation.
    if (revision !== deployment.metadata.annotations?.[REVISION])
      await annotate(DEPLOYMENTS, deployment, { [REVISION]: revision }, 'status')
  }

  async function annotate(
    resource: typeof DEPLOYMENTS,
    object: Deployment | ReplicaSet,
    annotations: Record<string, string>,
    subresource?: 'status',
  ): Promise<void> {
    await unlessCode(client.patch(resource, nameOf(object), { metadata: { annotations } }, subresource), 404)
  }

  async function rollOut(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    newest: ReplicaSet | undefined,
  ): Promise<void> {
    const replicas = deployment.spec.replicas ?? 1
    const old = sets.filter((set) => set !== newest)
    if (deployment.spec.paused === true) {
      const only = newest ?? old[0]
      if (sets.filter((set) => wantedOf(set) > 0).length <= 1 && only !== undefined)
        await scale(deployment, only, replicas)
      return
    }
    const isRecreate = deployment.spec.strategy?.type === 'Recreate'
    if (isRecreate) for (const set of old) await scale(deployment, set, 0)
    if (newest === undefined) return
    if (isRecreate) return await scale(deployment, newest, replicas)
    await rollUp(deployment, sets, newest)
    await rollDown(deployment, old, newest)
  }

  async function rollUp(deployment: Deployment, sets: readonly ReplicaSet[], newest: ReplicaSet): Promise<void> {
    const replicas = deployment.spec.replicas ?? 1
    const wanted = wantedOf(newest)
    const room = replicas + rolloutBounds(deployment).maxSurge - sum(sets, wantedOf)
    const next = wanted > replicas ? replicas : wanted + Math.max(0, Math.min(room, replicas - wanted))
    await scale(deployment, newest, next)
  }

  /** source: kubernetes pkg/controller/deployment/rolling.go reconcileOldReplicaSets */
  async function rollDown(deployment: Deployment, old: readonly ReplicaSet[], newest: ReplicaSet): Promise<void> {
    const replicas = deployment.spec.replicas ?? 1
    const minAvailable = replicas - rolloutBounds(deployment).maxUnavailable
    const oldestFirst = [...old].sort((a, b) => revisionOf(a) - revisionOf(b))
    const newUnavailable = wantedOf(newest) - (newest.status?.availableReplicas ?? 0)
    let unhealthyRoom = sum(old, wantedOf) + wantedOf(newest) - minAvailable - newUnavailable
    // By what was asked for, not by what is there yet: else pods that are on their way out would be counted as standing.
    if (unhealthyRoom <= 0) return
    const left = new Map(oldestFirst.map((set) => [set, wantedOf(set)]))
    for (const set of oldestFirst) {
      const unhealthy = Math.max(0, wantedOf(set) - (set.status?.availableReplicas ?? 0))
      const step = Math.max(0, Math.min(unhealthy, unhealthyRoom))
      unhealthyRoom -= step
      left.set(set, wantedOf(set) - step)
    }
    let room = sum([...old, newest], (set) => set.status?.availableReplicas) - minAvailable
    for (const set of oldestFirst) {
      const count = left.get(set) ?? 0
      const step = Math.max(0, Math.min(count, room))
      room -= step
      await scale(deployment, set, count - step)
    }
  }

  async function scale(deployment: Deployment, set: ReplicaSet, replicas: number): Promise<void> {
    const annotations = boundsAnnotations(deployment)
    const isAnnotated = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value)
    const before = wantedOf(set)
    if (before === replicas && (isAnnotated || replicas === 0)) return
    const { resourceVersion = '' } = set.metadata
    const patch = { metadata: { resourceVersion, annotations }, spec: { replicas } }
    const answer = await unlessCode(client.patch(REPLICA_SETS, nameOf(set), patch), 404)
    if (answer !== undefined && before !== replicas) sayScaled(deployment, set, before, replicas)
  }

  function sayScaled(deployment: Deployment, { metadata }: ReplicaSet, from: number, to: number): void {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${metadata.name} from ${from} to ${to}`
    events.record(deployment, COMPONENT, 'Normal', 'ScalingReplicaSet', message)
  }

  async function tell(
    key: string,
    { metadata }: Deployment,
    sets: readonly ReplicaSet[],
    newest: ReplicaSet | undefined,
  ): Promise<void> {
    const { namespace = '', name = '' } = metadata
    const deployment = objects.get<Deployment>(STORAGE, namespace, name)
    if (deployment === undefined) return
    const now = clock.now()
    // As they are after this turn's writes.
    const fresh = sets.map((set) => objects.latest('apps/replicasets', set))
    const newestNow = newest && fresh.find((set) => set.metadata.uid === newest.metadata.uid)
    const status = deploymentStatus(deployment, { sets: fresh, newest: newestNow, now: rfc3339(now) })
    // Generation is that which this turn worked on.
    const observedGeneration = metadata.generation ?? 0
    await writeStatus(context, DEPLOYMENTS, deployment, { ...status, observedGeneration })
    const deadline = progressDeadlineInMs({ ...deployment, status }, now)
    if (deadline !== undefined) loop.addAfter(key, deadline)
  }

  async function dropHistory(
    { spec, status, metadata }: Deployment,
    sets: readonly ReplicaSet[],
    newest: ReplicaSet | undefined,
  ): Promise<void> {
    if (newest === undefined || status?.observedGeneration !== metadata.generation) return
    const empty = sets.filter((set) => set !== newest && wantedOf(set) === 0 && (set.status?.replicas ?? 0) === 0)
    const surplus = empty.length - (spec.revisionHistoryLimit ?? 10)
    if (surplus <= 0) return
    const oldestFirst = empty.filter((set) => !isTerminating(set)).sort((a, b) => revisionOf(a) - revisionOf(b))
    for (const set of oldestFirst.slice(0, surplus))
      await unlessCode(client.delete(REPLICA_SETS, nameOf(set), { propagationPolicy: 'Background' }), 404)
  }

  /** Recreate: not while a pod of an old template is still there. */
  function mayCreate(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
    if (deployment.spec.strategy?.type !== 'Recreate') return true
    const uids = new Set(sets.map(({ metadata }) => metadata.uid))
    const pods = objects.list<Pod>('/pods', deployment.metadata.namespace ?? '')
    return !pods.some(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uids.has(uid)))
  }
}

/** The one whose template is the Deployment's but for the hash; the oldest when there are more. */
function findNewest({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const oldestFirst = [...sets].sort((a, b) => age(a) - age(b))
  return oldestFirst.find((set) => isSameTemplate(withoutHash(set.spec.template), withoutHash(spec.template)))
}

function age({ metadata }: ReplicaSet): number {
  return Date.parse(metadata.creationTimestamp ?? '')
}

function withoutHash({ metadata, spec }: PodTemplate): unknown {
  const { [HASH_LABEL]: _, ...labels } = metadata?.labels ?? {}
  const { annotations = {} } = metadata ?? {}
  return { labels, annotations, spec }
}

function nextRevision(sets: readonly ReplicaSet[]): number {
  return Math.max(0, ...sets.map(revisionOf)) + 1
}

function boundsAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1
  return {
    'deployment.kubernetes.io/desired-replicas': String(replicas),
    'deployment.kubernetes.io/max-replicas': String(replicas + rolloutBounds(deployment).maxSurge),
  }
}

/** A ReplicaSet that is rolled back to remembers its earlier revisions. source: deployment/util SetNewReplicaSetAnnotations */
function revisionAnnotations(newest: ReplicaSet, revision: string): Record<string, string> {
  const { [REVISION]: before, [REVISION_HISTORY]: history } = newest.metadata.annotations ?? {}
  if (before === undefined || before === revision) return { [REVISION]: revision }
  return { [REVISION]: revision, [REVISION_HISTORY]: history === undefined ? before : `${history},${before}` }
}

/** A Deployment's annotations go to its ReplicaSets but for those that are about itself. */
function shownAnnotations({ metadata }: Deployment): Record<string, string> {
  const own = (key: string) =>
    key.startsWith('deployment.kubernetes.io/') || key === 'kubectl.kubernetes.io/last-applied-configuration'
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !own(key)))
}
