import { badRequest } from '../../status.ts'
import { aggregate, type RbacAuthorizer } from '../rbac-authorizer.ts'
import type { VirtualCreate } from '../virtual-resource.ts'

/** authorization.k8s.io/v1 SelfSubjectRulesReview: what may I do in this namespace, by the roles? */
export function createSelfSubjectRulesReview(authorizer: RbacAuthorizer): VirtualCreate {
  return ({ user }, object) => {
    const { namespace = '' } = (object.spec ?? {}) as { namespace?: string }
    if (namespace === '') throw badRequest('no namespace on request')
    const { rules, errors } = authorizer.rulesFor(user, namespace)
    const resourceRules = rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames?.length && { resourceNames }),
      }))
    const nonResourceRules = rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }))
    // The answer bears an empty spec and no metadata, as kube-apiserver's.
    return {
      kind: object.kind,
      apiVersion: object.apiVersion,
      metadata: {},
      spec: {},
      status: {
        resourceRules,
        nonResourceRules,
        // What a binding to a role that is not there would have given is nothing.
        incomplete: false,
        ...(errors.length > 0 && { evaluationError: aggregate([...new Set(errors)]) }),
      },
    }
  }
}
