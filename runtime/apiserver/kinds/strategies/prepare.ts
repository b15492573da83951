import { type ApiObject, isJsonObject, type JsonObject } from '../../json.ts'
import { rfc3339 } from '../../timestamp.ts'
import type { Strategy } from '../api-resource.ts'
import { reshape } from './apply-defaults.ts'
import { METRICS as V1_METRICS } from './autoscaler-conversion.ts'
import { alignDataSources } from './claim-data-source.ts'
import {
  ensureObjectIn,
  fill,
  isSame,
  jsonOf,
  mapIn,
  numberIn,
  objectIn,
  optionalObjectIn,
  textIn,
  textsIn,
} from './json-parts.ts'
import { applyMatchLabelKeys } from './pod/match-label-keys.ts'
import { podQosClass } from './pod/pod-qos.ts'
import { keepSigningRequest, prepareSigningStatus } from './signing-request.ts'

type Prepare = Pick<Strategy, 'prepareForCreate' | 'prepareForUpdate' | 'prepareForStatusUpdate'>

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'
const JOB_NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name']
const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid'
const CONTROLLER_UID_LABELS = ['controller-uid', CONTROLLER_UID_LABEL]

/** An empty status, as Go writes it: some fields are there even then. */
export function dropStatus(object: ApiObject): void {
  resetStatus(object, {})
}

export function resetStatus(object: ApiObject, status: JsonObject): void {
  jsonOf(object).status = status
  reshape(object)
}

/** What a kind does beyond an empty status on creation, by `group/Kind`. source: kubernetes pkg/registry, each strategy.go */
export const PREPARE: Readonly<Record<string, Prepare>> = {
  '/Namespace': { prepareForCreate: prepareNamespace, prepareForUpdate: keepNamespaceFinalizers },
  '/Pod': { prepareForCreate: preparePod, prepareForStatusUpdate: keepPodParts },
  '/PersistentVolume': { prepareForCreate: preparePersistentVolume, prepareForStatusUpdate: trackVolumePhase },
  '/PersistentVolumeClaim': {
    prepareForCreate: (claim) => {
      resetStatus(claim, { phase: 'Pending' })
      alignDataSources(claim)
    },
    prepareForUpdate: alignDataSources,
  },
  // A node that registers itself brings its status along.
  '/Node': { prepareForCreate: reshape },
  'apiregistration.k8s.io/APIService': { prepareForCreate: prepareApiService },
  'apps/Deployment': {
    prepareForCreate: dropStatus,
    prepareForUpdate: countAnnotations,
    prepareForStatusUpdate: keepLabels,
  },
  'apps/ReplicaSet': { prepareForCreate: dropStatus },
  'apps/DaemonSet': {
    prepareForCreate: prepareDaemonSet,
    prepareForUpdate: countTemplates,
    prepareForStatusUpdate: countTemplates,
  },
  'batch/Job': { prepareForCreate: prepareJob },
  'certificates.k8s.io/CertificateSigningRequest': {
    prepareForCreate: dropStatus,
    prepareForUpdate: keepSigningRequest,
    prepareForStatusUpdate: prepareSigningStatus,
  },
  // Though its generation begins, nothing counts it.
  'scheduling.k8s.io/PriorityClass': { prepareForCreate: beginGeneration },
  'discovery.k8s.io/EndpointSlice': { prepareForUpdate: countLabels },
  'autoscaling/HorizontalPodAutoscaler': {
    prepareForCreate: (autoscaler) => {
      dropStatus(autoscaler)
      fillCpuTarget(autoscaler)
    },
    prepareForUpdate: fillCpuTarget,
  },
}

/** The default metric of v2, as v1 shows it: nobody's field, so it is not among those that are applied. */
function fillCpuTarget({ apiVersion, metadata, spec }: ApiObject): void {
  if (apiVersion !== 'autoscaling/v1' || V1_METRICS in (metadata.annotations ?? {})) return
  if (isJsonObject(spec)) fill(spec, { targetCPUUtilizationPercentage: 80 })
}

function prepareNamespace(namespace: ApiObject): void {
  const metadata = jsonOf(namespace.metadata)
  ensureObjectIn(metadata, 'labels')['kubernetes.io/metadata.name'] = textIn(metadata, 'name')
  const spec = ensureObjectIn(jsonOf(namespace), 'spec')
  const finalizers = textsIn(spec, 'finalizers')
  if (!finalizers.includes('kubernetes')) spec.finalizers = [...finalizers, 'kubernetes']
  resetStatus(namespace, { phase: 'Active' })
}

function keepNamespaceFinalizers(namespace: ApiObject, old: ApiObject): void {
  const before = objectIn(jsonOf(old), 'spec').finalizers
  if (before === undefined) delete ensureObjectIn(jsonOf(namespace), 'spec').finalizers
  else ensureObjectIn(jsonOf(namespace), 'spec').finalizers = before
}

function preparePod(pod: ApiObject, nowMs: number): void {
  const spec = objectIn(jsonOf(pod), 'spec')
  const status: JsonObject = { phase: 'Pending', qosClass: podQosClass(spec) }
  if (Array.isArray(spec.schedulingGates) && spec.schedulingGates.length > 0) {
    const condition = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }
    status.conditions = [
      {
        ...condition,
        message: 'Scheduling is blocked due to non-empty scheduling gates',
        lastTransitionTime: rfc3339(nowMs),
      },
    ]
  }
  pod.metadata.generation = 1
  resetStatus(pod, status)
  applyMatchLabelKeys(pod)
}

function keepPodParts(pod: ApiObject, old: ApiObject): void {
  const owners = old.metadata.ownerReferences
  if (owners === undefined) delete pod.metadata.ownerReferences
  else pod.metadata.ownerReferences = owners
  const qosClass = objectIn(jsonOf(old), 'status').qosClass
  if (qosClass !== undefined) fill(ensureObjectIn(jsonOf(pod), 'status'), { qosClass })
}

/** No other server has to answer for a local one. */
function prepareApiService(apiService: ApiObject, nowMs: number): void {
  const isLocal = objectIn(jsonOf(apiService), 'spec').service === undefined
  resetStatus(apiService, isLocal ? { conditions: [localApiCondition(rfc3339(nowMs))] } : {})
}

/** What an APIService's condition Available is when this server serves it; `now`: RFC 3339. */
export function localApiCondition(now: string) {
  const message = 'Local APIServices are always available'
  return { type: 'Available', status: 'True', lastTransitionTime: now, reason: 'Local', message }
}

function preparePersistentVolume(volume: ApiObject, nowMs: number): void {
  resetStatus(volume, { phase: 'Pending', lastPhaseTransitionTime: rfc3339(nowMs) })
}

function trackVolumePhase(volume: ApiObject, old: ApiObject, nowMs: number): void {
  const status = ensureObjectIn(jsonOf(volume), 'status')
  if (status.phase === objectIn(jsonOf(old), 'status').phase || status.lastPhaseTransitionTime !== undefined) return
  status.lastPhaseTransitionTime = rfc3339(nowMs)
}

function beginGeneration(object: ApiObject): void {
  object.metadata.generation = 1
}

function countLabels(slice: ApiObject, old: ApiObject): void {
  if (isSame(slice.metadata.labels ?? {}, old.metadata.labels ?? {})) return
  slice.metadata.generation = (old.metadata.generation ?? 0) + 1
}

/** Annotations of a Deployment are copied to its ReplicaSets: a change of them is one for its controller. */
function countAnnotations(deployment: ApiObject, old: ApiObject): void {
  if (isSame(deployment.metadata.annotations ?? {}, old.metadata.annotations ?? {})) return
  deployment.metadata.generation = (old.metadata.generation ?? 0) + 1
}

function keepLabels(object: ApiObject, old: ApiObject): void {
  if (old.metadata.labels === undefined) delete object.metadata.labels
  else object.metadata.labels = structuredClone(old.metadata.labels)
}

function prepareDaemonSet(daemonSet: ApiObject): void {
  const annotations = ensureObjectIn(jsonOf(daemonSet.metadata), 'annotations')
  const generation = Number(annotations[TEMPLATE_GENERATION] ?? 0)
  annotations[TEMPLATE_GENERATION] = String(generation >= 1 ? generation : 1)
  dropStatus(daemonSet)
}

function countTemplates(daemonSet: ApiObject, old: ApiObject): void {
  const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1)
  const isChanged = !isSame(objectIn(jsonOf(daemonSet), 'spec').template, objectIn(jsonOf(old), 'spec').template)
  ensureObjectIn(jsonOf(daemonSet.metadata), 'annotations')[TEMPLATE_GENERATION] = String(before + (isChanged ? 1 : 0))
}

function prepareJob(job: ApiObject): void {
  const spec = ensureObjectIn(jsonOf(job), 'spec')
  // Labels that were the template's before are its labels after, too: in Go they are one map.
  const isTemplates = isSame(job.metadata.labels, templateLabelsOf(spec))
  if (spec.manualSelector !== true) labelJob(spec, job)
  const labels = templateLabelsOf(spec)
  if (isTemplates && Object.keys(labels).length > 0) job.metadata.labels = { ...labels }
  dropStatus(job)
}

/** The pods of a Job are told by its uid, which nobody else has. */
function labelJob(spec: JsonObject, { metadata }: ApiObject): void {
  const template = ensureObjectIn(spec, 'template')
  const labels = ensureObjectIn(ensureObjectIn(template, 'metadata'), 'labels')
  for (const label of JOB_NAME_LABELS) fill(labels, { [label]: metadata.name ?? '' })
  for (const label of CONTROLLER_UID_LABELS) fill(labels, { [label]: metadata.uid ?? '' })
  fill(ensureObjectIn(ensureObjectIn(spec, 'selector'), 'matchLabels'), { [CONTROLLER_UID_LABEL]: metadata.uid ?? '' })
}

/** Seconds until a Pod that is deleted is gone. source: kubernetes pkg/registry/core/pod, CheckGracefulDelete */
export function podGracePeriodSeconds(pod: ApiObject, asked: number | undefined): number {
  const spec = objectIn(jsonOf(pod), 'spec')
  const phase = textIn(objectIn(jsonOf(pod), 'status'), 'phase')
  // Nothing runs, so nothing has to stop.
  if (textIn(spec, 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded') return 0
  const seconds = asked ?? numberIn(spec, 'terminationGracePeriodSeconds')
  return seconds < 0 ? 1 : seconds
}

export function templateLabelsOf(spec: JsonObject): Record<string, string> {
  return mapIn(optionalObjectIn(objectIn(spec, 'template'), 'metadata') ?? {}, 'labels')
}
