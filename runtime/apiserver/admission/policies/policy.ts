import type { ApiObject } from '../../json.ts'
import type { LabelSelector } from '../../label-selector.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import type { RequestRule } from '../rule-match.ts'

/** admissionregistration.k8s.io/v1 MatchResources, its defaults filled in. */
export interface MatchResources {
  readonly matchPolicy: string
  readonly namespaceSelector: LabelSelector
  readonly objectSelector: LabelSelector
  readonly resourceRules?: readonly RequestRule[]
  readonly excludeResourceRules?: readonly RequestRule[]
}

export interface ParamKind {
  readonly apiVersion: string
  readonly kind: string
}

export interface ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelector
  readonly parameterNotFoundAction: string
}

export interface Variable {
  readonly name: string
  readonly expression: string
}

export interface Validation {
  readonly expression: string
  readonly message?: string
  readonly messageExpression?: string
  /** A Status' reason. */
  readonly reason?: string
}

export interface PolicySpec {
  readonly failurePolicy: 'Fail' | 'Ignore'
  readonly paramKind?: ParamKind
  readonly matchConstraints: MatchResources
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[]
  readonly variables?: readonly Variable[]
  readonly validations?: readonly Validation[]
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[]
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy. */
export interface Policy extends ApiObject {
  readonly spec: PolicySpec
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding. */
export interface PolicyBinding extends ApiObject {
  readonly spec: {
    readonly policyName: string
    readonly validationActions: readonly ('Deny' | 'Warn' | 'Audit')[]
    readonly paramRef?: ParamRef
    readonly matchResources?: MatchResources
  }
}

export const POLICY_GROUP = 'admissionregistration.k8s.io'
export const POLICIES = 'validatingadmissionpolicies'
export const BINDINGS = 'validatingadmissionpolicybindings'

export interface BoundPolicy {
  readonly policy: Policy
  readonly bindings: readonly PolicyBinding[]
}

/** Those that are bound, by name; so are their bindings. kube-apiserver has them in no order. */
export function readBoundPolicies(objects: StoredObjects): BoundPolicy[] {
  const bindings = Map.groupBy(
    objects.list<PolicyBinding>(`${POLICY_GROUP}/${BINDINGS}`),
    ({ spec }) => spec.policyName,
  )
  if (bindings.size === 0) return []
  const policies = objects.list<Policy>(`${POLICY_GROUP}/${POLICIES}`)
  return policies.flatMap((policy) => {
    const own = bindings.get(policy.metadata.name ?? '')
    return own === undefined ? [] : [{ policy, bindings: own }]
  })
}
