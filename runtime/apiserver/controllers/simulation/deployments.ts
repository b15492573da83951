import { rfc3339 } from '../../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { hasCode, unlessCode } from '../object-client.ts'
import { parseKey } from '../object-key.ts'
import { DEPLOYMENTS, type Deployment, REVISION, revisionOf, wantedOf } from './deployment.ts'
import { deploymentStatus, progressDeadlineInMs, withCreatedSet } from './deployment-status.ts'
import { enqueueOwner } from './enqueue-owner.ts'
import { boundsAnnotations, findNewest, newestAnnotations, newReplicaSet } from './newest-replica-set.ts'
import { claim, controllerKeyOf } from './ownership.ts'
import { isTerminating, type Pod } from './pod.ts'
import { nameOf } from './pod-set.ts'
import { REPLICA_SETS, type ReplicaSet } from './replica-sets.ts'
import { rolledDown, rolledUp } from './rollout.ts'
import { writeStatus } from './write-status.ts'

const STORAGE = 'apps/deployments'
const COMPONENT = 'deployment-controller'

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
    const set = newReplicaSet(deployment, sets)
    try {
      await client.create(REPLICA_SETS, set)
      if (wantedOf(set) > 0) sayScaled(deployment, set, 0, wantedOf(set))
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
    const annotations = newestAnnotations(deployment, sets, newest)
    if (!bears(newest, annotations)) await annotate(REPLICA_SETS, newest, annotations)
    const { [REVISION]: revision = '' } = annotations
    // By way of the status, so that it counts as no new generation.
    if (!bears(deployment, { [REVISION]: revision }))
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
    await scale(deployment, newest, rolledUp(deployment, sets, newest))
    for (const [set, left] of rolledDown(deployment, old, newest)) await scale(deployment, set, left)
  }

  async function scale(deployment: Deployment, set: ReplicaSet, replicas: number): Promise<void> {
    const annotations = boundsAnnotations(deployment)
    const before = wantedOf(set)
    if (before === replicas && (replicas === 0 || bears(set, annotations))) return
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

function bears({ metadata }: Deployment | ReplicaSet, annotations: Record<string, string>): boolean {
  return Object.entries(annotations).every(([key, value]) => metadata.annotations?.[key] === value)
}
