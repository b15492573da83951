import { type Deployment, HASH_LABEL, REVISION, revisionOf, rolloutBounds } from './deployment.ts'
import { controllerReference } from './ownership.ts'
import type { PodTemplate } from './pod.ts'
import type { ReplicaSet } from './replica-sets.ts'
import { firstReplicas } from './rollout.ts'
import { isSameTemplate, templateHash } from './template-hash.ts'

const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'

/** The one whose template is the Deployment's but for the hash; the oldest when there are more. */
export function findNewest({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
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

/** What a Deployment makes of a template that none of its ReplicaSets has. */
export function newReplicaSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet {
  const { metadata, spec } = deployment
  const hash = templateHash(spec.template, deployment.status?.collisionCount)
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash }
  return {
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
      replicas: firstReplicas(deployment, sets),
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } } as PodTemplate,
    },
  }
}

/** What the ReplicaSet of the Deployment's template, the newest revision, is to bear. */
export function newestAnnotations(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newest: ReplicaSet,
): Record<string, string> {
  const others = sets.filter((set) => set !== newest)
  const revision = String(Math.max(revisionOf(newest), nextRevision(others)))
  return { ...shownAnnotations(deployment), ...revisionAnnotations(newest, revision) }
}

function nextRevision(sets: readonly ReplicaSet[]): number {
  return Math.max(0, ...sets.map(revisionOf)) + 1
}

/** What every ReplicaSet with pods bears, for who scales it in proportion. */
export function boundsAnnotations(deployment: Deployment): Record<string, string> {
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
