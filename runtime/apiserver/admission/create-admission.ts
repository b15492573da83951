import { randomInt } from 'node:crypto'
import type { RbacAuthorizer } from '../access/rbac-authorizer.ts'
import { assertNoEscalation } from '../access/role-escalation.ts'
import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject } from '../json.ts'
import type { Registry } from '../kinds/registry.ts'
import type { Store } from '../storage/store.ts'
import { StoredObjects } from '../storage/stored-objects.ts'
import type { Admission, AdmissionRequest } from './admission.ts'
import { validateClaimResize } from './claim-resize.ts'
import { admitDefaultClass } from './default-classes.ts'
import { admitContainerDefaults, validateLimits } from './limit-ranger.ts'
import { markOnCreation } from './marks-on-creation.ts'
import { admitByNamespace } from './namespace-lifecycle.ts'
import { refuseNotImitated } from './not-imitated.ts'
import { admitPriority, validatePriorityClass } from './pod-priority.ts'
import { validatePodResize } from './pod-resize.ts'
import { admitRuntimeClass, validateRuntimeClass } from './pod-runtime-class.ts'
import { admitTolerations } from './pod-tolerations.ts'
import { admitTopologyLabels } from './pod-topology-labels.ts'
import { assertMayReadParams } from './policies/param-authorization.ts'
import { askValidatingPolicies } from './policies/validating-policies.ts'
import { QuotaAdmission } from './resource-quota.ts'
import { admitServiceAccount } from './service-account.ts'
import { fillRequester, validateSigning } from './signing-requests.ts'
import { MutatingWebhooks } from './webhooks/mutating-webhooks.ts'
import { askValidatingWebhooks } from './webhooks/validating-webhooks.ts'

export interface AdmissionOptions {
  readonly store: Store
  readonly registry: Registry
  readonly authorizer: RbacAuthorizer
  /** By which it writes what quotas have used. */
  readonly client: InProcessClient
  /** Milliseconds since the epoch. */
  now(): number
}

/**
 * kube-apiserver's admission, in its order: NamespaceLifecycle, LimitRanger, ServiceAccount, TaintNodesByCondition with
 * StorageObjectInUseProtection, Priority, DefaultTolerationSeconds, DefaultStorageClass, DefaultIngressClass,
 * PersistentVolumeClaimResize, RuntimeClass, PodTopologyLabels, PodResizeValidator, then webhooks (before validating ones
 * ValidatingAdmissionPolicy), then ResourceQuota; and what RBAC's own storage and that of policies checks.
 * differs: no PodSecurity, no MutatingAdmissionPolicy
 */
export function createAdmission({ store, registry, authorizer, client, now }: AdmissionOptions): Admission {
  const objects = new StoredObjects(store)
  const context = { objects, registry }
  const quotas = new QuotaAdmission({ objects, client, now })
  const admitBuiltIn = (request: AdmissionRequest, object: ApiObject | undefined) => {
    admitByNamespace(objects, request, object)
    admitContainerDefaults(objects, request, object)
    admitServiceAccount(objects, request, object, randomSuffix)
    markOnCreation(request, object)
    admitPriority(objects, request, object)
    admitTolerations(request, object)
    admitDefaultClass(objects, request, object)
    admitRuntimeClass(objects, request, object)
    admitTopologyLabels(objects, request, object)
  }
  return {
    async mutate(request, object) {
      const webhooks = new MutatingWebhooks(context, request)
      admitBuiltIn(request, object)
      let admitted = await webhooks.run(object, 1)
      if (webhooks.needsSecondRound) {
        admitBuiltIn(request, admitted)
        admitted = await webhooks.run(admitted, 2)
      }
      // The strategy's affair on a cluster, which comes after admission; here it is the last to know who asks.
      fillRequester(request, admitted)
      return admitted
    },
    async validate(request, object) {
      refuseNotImitated(request, object)
      validateLimits(objects, request, object)
      if (object !== undefined) assertNoEscalation(authorizer, request, object)
      assertMayReadParams({ objects, registry, authorizer }, request, object)
      validatePriorityClass(objects, request, object)
      validateRuntimeClass(objects, request, object)
      validateSigning(authorizer, request, object)
      validateClaimResize(objects, request, object)
      validatePodResize(objects, request, object)
      await askValidatingPolicies(context, request, object)
      await askValidatingWebhooks(context, request, object)
      await quotas.validate(request, object)
    },
  }
}

/** Those of generated names: no vowels, no digits that look like letters. */
const SUFFIX_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789'

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX_CHARACTERS[randomInt(SUFFIX_CHARACTERS.length)]).join('')
}
