import type { Strategy } from '../api-resource.ts'
import {
  validateIpAddress,
  validateIpAddressUpdate,
  validateServiceCidr,
  validateServiceCidrUpdate,
} from './address-validation.ts'
import { validateAdmissionPolicy, validateAdmissionPolicyStatus } from './admission-policy-validation.ts'
import { validateApiService, validateApiServiceStatusUpdate } from './api-service-validation.ts'
import { validateAutoscaler } from './autoscaler-validation.ts'
import { validateCronJob, validateCronJobSpec, validateJob, validateJobUpdate } from './batch-validation.ts'
import { validateClaim, validateClaimUpdate } from './claim-validation.ts'
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateSecret,
  validateSecretUpdate,
} from './config-validation.ts'
import { validateCsiNode, validateCsiNodeUpdate } from './csi-node-validation.ts'
import {
  validateAttachment,
  validateAttachmentUpdate,
  validateAttributesClass,
  validateAttributesClassUpdate,
  validateCapacity,
  validateCapacityUpdate,
  validateCsiDriver,
  validateCsiDriverUpdate,
} from './csi-validation.ts'
import { validateCoreEvent, validateEvent, validateEventUpdate } from './event-validation.ts'
import { validateIngress } from './ingress-validation.ts'
import { validateLimitRange } from './limit-range-validation.ts'
import { validateNamespace, validateNamespaceStatusUpdate } from './namespace-validation.ts'
import {
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateEndpoints,
  validateIngressClass,
  validateIngressClassUpdate,
  validateNetworkPolicy,
} from './networking-validation.ts'
import { validateNode, validateNodeStatusUpdate, validateNodeUpdate } from './node-validation.ts'
import { validateVolume, validateVolumeUpdate } from './persistent-volume-validation.ts'
import { validatePod } from './pod/pod.ts'
import { validatePodTemplate } from './pod/pod-template.ts'
import { validatePodStatusUpdate, validatePodUpdate } from './pod/pod-update.ts'
import { validatePolicyBinding } from './policy-binding-validation.ts'
import {
  validateDisruptionBudget,
  validateLease,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from './policy-validation.ts'
import {
  validateResourceQuota,
  validateResourceQuotaStatusUpdate,
  validateResourceQuotaUpdate,
} from './quota-validation.ts'
import { validateBinding, validateBindingUpdate, validateClusterRole, validateRole } from './rbac-validation.ts'
import { validateRuntimeClass, validateRuntimeClassUpdate } from './runtime-class-validation.ts'
import { validateService, validateServiceUpdate } from './service-validation.ts'
import {
  validateSigningRequest,
  validateSigningRequestStatusUpdate,
  validateSigningRequestUpdate,
} from './signing-request-validation.ts'
import {
  validateControllerRevision,
  validateControllerRevisionUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
} from './storage-validation.ts'
import { validateWebhooks } from './webhook-validation.ts'
import {
  immutableSelector,
  validateDaemonSet,
  validateDaemonSetStatus,
  validateDeployment,
  validateDeploymentStatus,
  validateReplicaSet,
  validateReplicaSetStatus,
  validateReplicationController,
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from './workload-validation.ts'

export type Validation = Pick<Strategy, 'validate' | 'validateUpdate' | 'validateStatusUpdate'>

const RBAC = 'rbac.authorization.k8s.io'
const ROLE_KINDS = ['Role', 'ClusterRole']
const WEBHOOKS: Validation = { validate: validateWebhooks, validateUpdate: validateWebhooks }

/**
 * By `group/Kind`; what stands for no kind is only checked by its types and as all objects are.
 */
export const VALIDATION: Readonly<Record<string, Validation>> = {
  '/ConfigMap': { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  '/Endpoints': same(validateEndpoints),
  '/Event': same(validateCoreEvent),
  '/LimitRange': same(validateLimitRange),
  '/Namespace': { validate: validateNamespace, validateStatusUpdate: validateNamespaceStatusUpdate },
  '/Node': {
    validate: validateNode,
    validateUpdate: validateNodeUpdate,
    validateStatusUpdate: validateNodeStatusUpdate,
  },
  '/PersistentVolume': { validate: validateVolume, validateUpdate: validateVolumeUpdate },
  '/PersistentVolumeClaim': { validate: validateClaim, validateUpdate: validateClaimUpdate },
  '/Pod': { validate: validatePod, validateUpdate: validatePodUpdate, validateStatusUpdate: validatePodStatusUpdate },
  '/PodTemplate': same(validatePodTemplate),
  '/ReplicationController': { ...same(validateReplicationController), validateStatusUpdate: validateReplicaSetStatus },
  '/ResourceQuota': {
    validate: validateResourceQuota,
    validateUpdate: validateResourceQuotaUpdate,
    validateStatusUpdate: validateResourceQuotaStatusUpdate,
  },
  '/Secret': { validate: validateSecret, validateUpdate: validateSecretUpdate },
  '/Service': { validate: validateService, validateUpdate: validateServiceUpdate },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': WEBHOOKS,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': {
    ...same(validateAdmissionPolicy),
    validateStatusUpdate: validateAdmissionPolicyStatus,
  },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': same(validatePolicyBinding),
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': WEBHOOKS,
  'apiregistration.k8s.io/APIService': {
    ...same(validateApiService),
    validateStatusUpdate: validateApiServiceStatusUpdate,
  },
  'apps/ControllerRevision': { validate: validateControllerRevision, validateUpdate: validateControllerRevisionUpdate },
  'apps/DaemonSet': {
    validate: validateDaemonSet,
    validateUpdate: immutableSelector(validateDaemonSet, true),
    validateStatusUpdate: validateDaemonSetStatus,
  },
  'apps/Deployment': {
    validate: validateDeployment,
    validateUpdate: immutableSelector(validateDeployment),
    validateStatusUpdate: validateDeploymentStatus,
  },
  'apps/ReplicaSet': {
    validate: validateReplicaSet,
    validateUpdate: immutableSelector(validateReplicaSet),
    validateStatusUpdate: validateReplicaSetStatus,
  },
  'apps/StatefulSet': {
    validate: validateStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
    validateStatusUpdate: validateStatefulSetStatus,
  },
  'autoscaling/HorizontalPodAutoscaler': same(validateAutoscaler),
  'batch/CronJob': { validate: validateCronJob, validateUpdate: validateCronJobSpec },
  'batch/Job': { validate: validateJob, validateUpdate: validateJobUpdate },
  'certificates.k8s.io/CertificateSigningRequest': {
    validate: validateSigningRequest,
    validateUpdate: validateSigningRequestUpdate,
    validateStatusUpdate: validateSigningRequestStatusUpdate,
  },
  'coordination.k8s.io/Lease': same(validateLease),
  'discovery.k8s.io/EndpointSlice': { validate: validateEndpointSlice, validateUpdate: validateEndpointSliceUpdate },
  'events.k8s.io/Event': { validate: validateEvent, validateUpdate: validateEventUpdate },
  'networking.k8s.io/Ingress': same(validateIngress),
  'networking.k8s.io/IngressClass': { validate: validateIngressClass, validateUpdate: validateIngressClassUpdate },
  'networking.k8s.io/IPAddress': { validate: validateIpAddress, validateUpdate: validateIpAddressUpdate },
  'networking.k8s.io/ServiceCIDR': { validate: validateServiceCidr, validateUpdate: validateServiceCidrUpdate },
  'networking.k8s.io/NetworkPolicy': same(validateNetworkPolicy),
  'node.k8s.io/RuntimeClass': { validate: validateRuntimeClass, validateUpdate: validateRuntimeClassUpdate },
  'policy/PodDisruptionBudget': same(validateDisruptionBudget),
  [`${RBAC}/ClusterRole`]: same(validateClusterRole),
  [`${RBAC}/ClusterRoleBinding`]: {
    validate: validateBinding(['ClusterRole']),
    validateUpdate: validateBindingUpdate(['ClusterRole']),
  },
  [`${RBAC}/Role`]: same(validateRole),
  [`${RBAC}/RoleBinding`]: { validate: validateBinding(ROLE_KINDS), validateUpdate: validateBindingUpdate(ROLE_KINDS) },
  'scheduling.k8s.io/PriorityClass': { validate: validatePriorityClass, validateUpdate: validatePriorityClassUpdate },
  'storage.k8s.io/CSIDriver': { validate: validateCsiDriver, validateUpdate: validateCsiDriverUpdate },
  'storage.k8s.io/CSINode': { validate: validateCsiNode, validateUpdate: validateCsiNodeUpdate },
  'storage.k8s.io/CSIStorageCapacity': { validate: validateCapacity, validateUpdate: validateCapacityUpdate },
  'storage.k8s.io/VolumeAttributesClass': {
    validate: validateAttributesClass,
    validateUpdate: validateAttributesClassUpdate,
  },
  'storage.k8s.io/VolumeAttachment': { validate: validateAttachment, validateUpdate: validateAttachmentUpdate },
  'storage.k8s.io/StorageClass': { validate: validateStorageClass, validateUpdate: validateStorageClassUpdate },
}

/** An update is checked as what is made. */
function same(validate: NonNullable<Validation['validate']>): Validation {
  return { validate, validateUpdate: (object) => validate(object) }
}
