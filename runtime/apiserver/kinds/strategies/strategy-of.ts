import type { ApiResource, Strategy } from '../api-resource.ts'
import type { BuiltInStrategy } from '../load.ts'
import { applyBuiltInDefaults } from './apply-defaults.ts'
import { convertAutoscaler } from './autoscaler-conversion.ts'
import { convertEvent } from './event-conversion.ts'
import { SELECTABLE_FIELDS } from './field-selectors.ts'
import { dropStatus, PREPARE, podGracePeriodSeconds } from './prepare.ts'
import { prepareService, prepareServiceUpdate } from './service.ts'
import { VALIDATION } from './validation.ts'

const ADMISSION_KINDS = [
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
].map((kind) => `admissionregistration.k8s.io/${kind}`)

/** By `group/Kind`, as the real server's: those whose objects count their generation. */
const WITH_GENERATION = new Set([
  '/Pod',
  '/PodTemplate',
  '/ReplicationController',
  ...['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'].map((kind) => `apps/${kind}`),
  'batch/CronJob',
  'batch/Job',
  'discovery.k8s.io/EndpointSlice',
  ...['Ingress', 'IngressClass', 'NetworkPolicy'].map((kind) => `networking.k8s.io/${kind}`),
  'policy/PodDisruptionBudget',
  ...['FlowSchema', 'PriorityLevelConfiguration'].map((kind) => `flowcontrol.apiserver.k8s.io/${kind}`),
  ...ADMISSION_KINDS,
  ...['DeviceClass', 'ResourceSlice'].map((kind) => `resource.k8s.io/${kind}`),
])

const WITH_STATUS = new Set([
  ...[
    'Namespace',
    'Node',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'Pod',
    'ReplicationController',
    'ResourceQuota',
    'Service',
  ].map((kind) => `/${kind}`),
  ...['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'].map((kind) => `apps/${kind}`),
  'batch/CronJob',
  'batch/Job',
  'autoscaling/HorizontalPodAutoscaler',
  'networking.k8s.io/Ingress',
  'networking.k8s.io/ServiceCIDR',
  'policy/PodDisruptionBudget',
  'storage.k8s.io/VolumeAttachment',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'certificates.k8s.io/CertificateSigningRequest',
  'apiregistration.k8s.io/APIService',
  ...['FlowSchema', 'PriorityLevelConfiguration'].map((kind) => `flowcontrol.apiserver.k8s.io/${kind}`),
  'resource.k8s.io/ResourceClaim',
])

const CREATES_ON_UPDATE = new Set([
  '/Endpoints',
  '/Event',
  'events.k8s.io/Event',
  '/LimitRange',
  '/Service',
  'coordination.k8s.io/Lease',
  'node.k8s.io/RuntimeClass',
  ...['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind) => `rbac.authorization.k8s.io/${kind}`),
])

/** Those that must be sent with their resourceVersion; all others can be overwritten without. */
const NEEDS_RESOURCE_VERSION = new Set([
  'node.k8s.io/RuntimeClass',
  'policy/PodDisruptionBudget',
  'coordination.k8s.io/Lease',
  'apiregistration.k8s.io/APIService',
  ...['CSIDriver', 'CSINode', 'CSIStorageCapacity', 'VolumeAttachment'].map((kind) => `storage.k8s.io/${kind}`),
  ...ADMISSION_KINDS,
])

const NAME_RULES: Readonly<Record<string, NonNullable<Strategy['nameRule']>>> = {
  '/Namespace': 'label',
  '/Service': 'label',
  'apps/StatefulSet': 'label',
  'apiregistration.k8s.io/APIService': 'path',
  'certificates.k8s.io/CertificateSigningRequest': 'path',
  'policy/PodDisruptionBudget': 'path',
  ...Object.fromEntries(
    ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind) => [
      `rbac.authorization.k8s.io/${kind}`,
      'path' as const,
    ]),
  ),
}

/** Those that are not checked by the rules of the core group. */
const WITH_PLAIN_FINALIZERS = new Set([
  '/Event',
  'apiregistration.k8s.io/APIService',
  'coordination.k8s.io/Lease',
  'node.k8s.io/RuntimeClass',
  'policy/PodDisruptionBudget',
  ...ADMISSION_KINDS,
])

/** Kept for those who delete by old clients: their pods stay. */
const ORPHANS = new Set(['/ReplicationController', 'batch/Job'])

const JOB_DELETE_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

/** How the API server treats a built-in kind, beside what holds for all kinds. */
export function strategyOf(group: string, kind: string): BuiltInStrategy {
  const id = `${group}/${kind}`
  const hasStatus = WITH_STATUS.has(id)
  const nameRule = NAME_RULES[id]
  return {
    hasGeneration: WITH_GENERATION.has(id),
    hasStatus,
    applyDefaults: applyBuiltInDefaults,
    ...(hasStatus && { prepareForCreate: dropStatus }),
    ...PREPARE[id],
    ...(id === '/Service' && { prepareForCreate: prepareService, prepareForUpdate: prepareServiceUpdate }),
    ...VALIDATION[id],
    ...(nameRule !== undefined && { nameRule }),
    ...(id === '/Pod' && { gracePeriodSeconds: podGracePeriodSeconds }),
    takesPlainFinalizers: WITH_PLAIN_FINALIZERS.has(id),
    createsOnUpdate: CREATES_ON_UPDATE.has(id),
    updatesUnconditionally: !NEEDS_RESOURCE_VERSION.has(id),
    deleteWarning: id === 'batch/Job' ? JOB_DELETE_WARNING : undefined,
    defaultPropagation: kind === 'Event' ? 'None' : ORPHANS.has(id) ? 'Orphan' : 'Background',
    selectableFields: SELECTABLE_FIELDS[id] ?? {},
    convert: CONVERSIONS[id],
  }
}

const CONVERSIONS: Readonly<Record<string, ApiResource['convert']>> = {
  '/Event': convertEvent,
  'events.k8s.io/Event': convertEvent,
  'autoscaling/HorizontalPodAutoscaler': convertAutoscaler,
}
