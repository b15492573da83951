import type { Context, Finalize, KubeObject, Mapper, Reconcile } from 'ostler'

/** A Deployment to look after, of the same name; see config/crd/deployment-steward.yaml, which fills in the defaults. */
export interface Steward extends KubeObject {
  spec: {
    image: string
    replicas?: number
    state: 'Present' | 'Absent'
    deletion: { propagationPolicy: 'Foreground' | 'Background' | 'Orphan'; gracePeriodSeconds: number }
  }
}

/** What is read of a Deployment; all else that stands in one is carried along. */
interface Deployment extends KubeObject {
  spec: {
    replicas?: number
    selector: object
    template: {
      metadata: object
      spec: { containers: { name: string; image: string }[]; terminationGracePeriodSeconds?: number }
    }
  }
  status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; readyReplicas?: number }
}

interface Pod extends KubeObject {
  spec: { containers: { image: string }[] }
  status?: { phase?: string }
}

interface Ready {
  type: 'Ready'
  status: 'True' | 'False'
  reason: 'PodsReady' | 'Progressing' | 'NameTaken' | 'Deleting' | 'Absent'
  message: string
}

const DEPLOYMENT = 'apps/v1/Deployment'
const CONTAINER = 'main'
const NAME_LABEL = 'steward.ostler.dev/name'

/** Brings the Deployment to what the spec says, and reports it and its pods; each change in those brings the next run. */
export const reconcile: Reconcile<Steward> = async (steward, context) => {
  const deployment = await (steward.spec.state === 'Absent' ? remove : provide)(steward, context)
  return { status: await report(steward, deployment, context) }
}

/** Takes the Deployment along, by the policy that the spec names; the Steward goes once nothing is left of it. */
export const finalize: Finalize<Steward> = async (steward, context) => {
  const deployment = await remove(steward, context)
  if (deployment === undefined) return
  return { requeueAfter: '1m', status: await report(steward, deployment, context) }
}

/** Of Deployments: also one that is not ours matters, as it takes the name. */
export const stewardOfDeployment: Mapper = ({ metadata: { name } }) => [{ name }]

export const stewardOfPod: Mapper = ({ metadata: { labels } }) => {
  const name = labels?.[NAME_LABEL]
  return name === undefined ? [] : [{ name }]
}

/** Creates the Deployment, or changes it where it differs. While an older one is being deleted, and for one that is not ours: nothing. */
function provide(steward: Steward, context: Context): Promise<Deployment> {
  // Others write the same object: whoever lost the race looks again, and changes what is there by then.
  return context.retryOnConflict(async () => {
    const live = await findLive(steward, context)
    if (live === undefined) return context.create(deploymentOf(steward))
    if (!isOurs(live) || live.metadata.deletionTimestamp !== undefined) return live
    const wanted = adjusted(live, steward)
    if (JSON.stringify(wanted) === JSON.stringify(live)) return live
    context.log.info('Changing the Deployment', { ...steward.spec })
    return context.update(wanted)
  })
}

/** Answers what is still there: with Foreground, the Deployment stays until its pods are gone. */
async function remove(steward: Steward, context: Context): Promise<Deployment | undefined> {
  const deployment = await findLive(steward, context)
  if (deployment === undefined || !isOurs(deployment)) return undefined
  const { uid, deletionTimestamp } = deployment.metadata
  const { deletion } = steward.spec
  if (deletionTimestamp === undefined) context.log.info('Deleting the Deployment', deletion)
  // Also when that is under way: a policy that was changed meanwhile takes effect.
  await context.delete(DEPLOYMENT, deployment.metadata, { ...deletion, preconditions: { uid } })
  return findLive(steward, context)
}

/** The cache may be a moment behind, and what it lacks would be left behind for good. */
function findLive({ metadata: { name } }: Steward, { get }: Context): Promise<Deployment | undefined> {
  return get<Deployment>(DEPLOYMENT, { name }, { live: true })
}

/** No owner reference says so: the garbage collector would delete by its own policy what has an owner that is gone. */
function isOurs({ metadata: { name, labels } }: Deployment): boolean {
  return labels?.[NAME_LABEL] === name
}

function deploymentOf({ metadata: { name }, spec }: Steward): Deployment {
  const labels = { [NAME_LABEL]: name }
  const template = {
    metadata: { labels },
    spec: {
      containers: [{ name: CONTAINER, image: spec.image }],
      terminationGracePeriodSeconds: spec.deletion.gracePeriodSeconds,
    },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      ...(spec.replicas === undefined ? {} : { replicas: spec.replicas }),
      selector: { matchLabels: labels },
      template,
    },
  }
}

/** The live Deployment with the fields that the spec names; all others stay as somebody else wrote them. */
function adjusted(live: Deployment, { spec: { image, replicas, deletion } }: Steward): Deployment {
  const { template } = live.spec
  const pod = {
    ...template.spec,
    containers: template.spec.containers.map((other) => (other.name === CONTAINER ? { ...other, image } : other)),
    // The grace period of a delete request counts for the Deployment alone, which has none: its pods go by their own.
    terminationGracePeriodSeconds: deletion.gracePeriodSeconds,
  }
  const scale = replicas === undefined ? {} : { replicas }
  return { ...live, spec: { ...live.spec, ...scale, template: { ...template, spec: pod } } }
}

async function report(steward: Steward, deployment: Deployment | undefined, context: Context): Promise<object> {
  return {
    readyReplicas: deployment?.status?.readyReplicas ?? 0,
    pods: await podsOf(steward, context),
    conditions: [readiness(steward, deployment)],
  }
}

/** By the label that the Deployment gave them: orphaned ones are still shown. */
async function podsOf({ metadata: { name } }: Steward, { list }: Context): Promise<object[]> {
  const pods = await list<Pod>('v1/Pod', { labelSelector: `${NAME_LABEL}=${name}` })
  return pods
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      phase: metadata.deletionTimestamp === undefined ? (status?.phase ?? 'Unknown') : 'Terminating',
      image: spec.containers[0]?.image ?? '',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readiness({ spec }: Steward, deployment: Deployment | undefined): Ready {
  if (deployment === undefined) return notReady('Absent', 'There is no Deployment, as spec.state says')
  if (!isOurs(deployment)) return notReady('NameTaken', 'There is a Deployment of this name that is not ours')
  if (deployment.metadata.deletionTimestamp !== undefined) {
    return notReady('Deleting', `The Deployment is being deleted (${spec.deletion.propagationPolicy})`)
  }
  const { readyReplicas = 0 } = deployment.status ?? {}
  const message = `${readyReplicas} of ${deployment.spec.replicas} pods are ready`
  return isRolledOut(deployment)
    ? { type: 'Ready', status: 'True', reason: 'PodsReady', message }
    : notReady('Progressing', message)
}

function notReady(reason: Ready['reason'], message: string): Ready {
  return { type: 'Ready', status: 'False', reason, message }
}

function isRolledOut({ metadata, spec, status = {} }: Deployment): boolean {
  const { observedGeneration, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status
  if (observedGeneration !== metadata.generation) return false
  return [replicas, updatedReplicas, readyReplicas].every((count) => count === spec.replicas)
}
