import { isJsonObject, type JsonObject } from '../../../json.ts'
import { ensureObjectIn, fill, numberIn, objectIn, objectsIn, textIn } from '../json-parts.ts'
import { roundUpToMilli } from '../quantity.ts'
import type { TypeDefaults } from '../type-defaults.ts'
import { defaultPodResources } from './pod-level-resources.ts'

/** source: kubernetes pkg/apis/core/v1/defaults.go and the `+default` marks of k8s.io/api/core/v1 */
export const POD_DEFAULTS: TypeDefaults = {
  'core/v1.Pod': defaultPod,
  'core/v1.PodSpec': defaultPodSpec,
  'core/v1.Container': defaultContainer,
  'core/v1.EphemeralContainer': defaultContainer,
  'core/v1.ContainerPort': (port) => fill(port, { protocol: 'TCP' }),
  'core/v1.Probe': (probe) =>
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
  'core/v1.HTTPGetAction': (action) => fill(action, { path: '/', scheme: 'HTTP' }),
  'core/v1.GRPCAction': (action) => fill(action, { service: '' }),
  'core/v1.ObjectFieldSelector': (selector) => fill(selector, { apiVersion: 'v1' }),
  'core/v1.FileKeySelector': (selector) => fill(selector, { optional: false }),
  'core/v1.ResourceList': (list) => {
    for (const [name, amount] of Object.entries(list))
      if (typeof amount === 'string') list[name] = roundUpToMilli(amount)
  },
  // Fields of features that are off are dropped: ContainerStopSignals, ClusterTrustBundleProjection, PodCertificateRequest.
  'core/v1.VolumeProjection': (projection) => drop(projection, 'clusterTrustBundle', 'podCertificate'),
  'core/v1.Volume': defaultVolume,
  'core/v1.SecretVolumeSource': defaultMode,
  'core/v1.ConfigMapVolumeSource': defaultMode,
  'core/v1.DownwardAPIVolumeSource': defaultMode,
  'core/v1.ProjectedVolumeSource': defaultMode,
  'core/v1.ServiceAccountTokenProjection': (projection) => fill(projection, { expirationSeconds: 3600 }),
  'core/v1.HostPathVolumeSource': (source) => fill(source, { type: '' }),
  'core/v1.ISCSIVolumeSource': (source) => fill(source, { iscsiInterface: 'default' }),
  'core/v1.ISCSIPersistentVolumeSource': (source) => fill(source, { iscsiInterface: 'default' }),
  'core/v1.RBDVolumeSource': defaultRbd,
  'core/v1.RBDPersistentVolumeSource': defaultRbd,
  'core/v1.ScaleIOVolumeSource': defaultScaleIo,
  'core/v1.ScaleIOPersistentVolumeSource': defaultScaleIo,
  'core/v1.AzureDiskVolumeSource': (source) =>
    fill(source, { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' }),
}

function defaultPod(pod: JsonObject): void {
  const spec = ensureObjectIn(pod, 'spec')
  for (const container of [...objectsIn(spec, 'containers'), ...objectsIn(spec, 'initContainers')]) {
    const limits = objectIn(objectIn(container, 'resources'), 'limits')
    // Of Pods alone, not of templates: limits without requests.
    if (Object.keys(limits).length > 0) fill(ensureObjectIn(objectIn(container, 'resources'), 'requests'), limits)
    if (spec.hostNetwork === true)
      for (const port of objectsIn(container, 'ports')) fill(port, { hostPort: port.containerPort ?? 0 })
  }
  defaultPodResources(spec)
  fill(spec, { enableServiceLinks: true })
  if (numberIn(spec, 'terminationGracePeriodSeconds') < 0) spec.terminationGracePeriodSeconds = 1
}

function drop(value: JsonObject, ...fields: readonly string[]): void {
  for (const field of fields) delete value[field]
}

function defaultPodSpec(spec: JsonObject): void {
  // Of the feature GenericWorkload, which is off.
  drop(spec, 'schedulingGroup')
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  })
  // The old name of the field is kept equal to the new one, which wins.
  const account = textIn(spec, 'serviceAccountName') || textIn(spec, 'serviceAccount')
  if (account !== '') Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
}

function defaultContainer(container: JsonObject): void {
  const { lifecycle } = container
  if (isJsonObject(lifecycle) && lifecycle.stopSignal !== undefined) {
    delete lifecycle.stopSignal
    if (Object.keys(lifecycle).length === 0) delete container.lifecycle
  }
  fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicyOf(textIn(container, 'image')),
  })
}

const IMAGE_NAME = /^([A-Za-z0-9.-]+(:\d+)?\/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[\w][\w.-]{0,127}$/
const MAX_IMAGE_NAME = 255

/**
 * A tag or digest that names one image for ever, or so it is hoped, needs no look at the registry; nor does what is no image's
 * name. source: kubernetes pkg/util/parsers, distribution/reference
 */
function pullPolicyOf(image: string): string {
  const [named = '', digest] = image.split('@')
  const tag = /:([^/:]*)$/.exec(named)?.[1]
  const name = tag === undefined ? named : named.slice(0, -tag.length - 1)
  const isName = IMAGE_NAME.test(name) && name.length <= MAX_IMAGE_NAME && (tag === undefined || TAG.test(tag))
  const isLatest = isName && (tag === 'latest' || (tag === undefined && digest === undefined))
  return isLatest ? 'Always' : 'IfNotPresent'
}

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {}
  const { image } = volume
  if (image !== undefined)
    fill(image as JsonObject, { pullPolicy: pullPolicyOf(textIn(image as JsonObject, 'reference')) })
}

function defaultMode(source: JsonObject): void {
  fill(source, { defaultMode: 0o644 })
}

function defaultRbd(source: JsonObject): void {
  fill(source, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' })
}

function defaultScaleIo(source: JsonObject): void {
  fill(source, { storageMode: 'ThinProvisioned', fsType: 'xfs' })
}
