import type { ApiObject } from '../json.ts'
import { notImitated } from '../status.ts'
import type { AdmissionRequest } from './admission.ts'
import { mentionsAuthorizer } from './expressions/authorizer-variable.ts'
import type { PolicySpec } from './policies/policy.ts'

/** Objects that kube-apiserver itself obeys and this server would not. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'admissionregistration.k8s.io/mutatingadmissionpolicies': 'MutatingAdmissionPolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings': 'MutatingAdmissionPolicies',
}

const POD_SECURITY = 'pod-security.kubernetes.io/enforce'

/** Refuses what would be kept without its effect. errors: ApiError 501 */
export function refuseNotImitated(request: AdmissionRequest, object: ApiObject | undefined): void {
  const { resource, operation } = request
  if (object === undefined || !['CREATE', 'UPDATE'].includes(operation)) return
  const id = `${resource.group}/${resource.plural}`
  const what = WITHOUT_EFFECT[id]
  if (what !== undefined) throw notImitated(what)
  if (id === '/secrets' && object.type === 'kubernetes.io/service-account-token')
    throw notImitated(
      'Secrets of type kubernetes.io/service-account-token; ask for a token with `kubectl create token`',
    )
  const { service } = (object.spec ?? {}) as { readonly service?: unknown }
  if (id === 'apiregistration.k8s.io/apiservices' && service) throw notImitated('APIServices behind a Service')
  if (id === '/namespaces') warnOfPodSecurity(request, object)
  if (/^admissionregistration\.k8s\.io\/(mutating|validating)webhookconfigurations$/.test(id)) refuseWebhooks(object)
  if (id === 'admissionregistration.k8s.io/validatingadmissionpolicies') refusePolicy(object)
}

interface Webhook {
  readonly name?: string
  readonly clientConfig?: { readonly service?: unknown }
  readonly matchConditions?: readonly { readonly expression?: string }[]
}

function refuseWebhooks(object: ApiObject): void {
  for (const { name, clientConfig, matchConditions = [] } of (object.webhooks ?? []) as Webhook[]) {
    if (clientConfig?.service !== undefined)
      throw notImitated(`webhooks behind a Service, as there are no pods; give ${name} a clientConfig.url`)
    if (matchConditions.some(({ expression = '' }) => mentionsAuthorizer(expression)))
      throw notImitated(`the variable authorizer in match conditions, as of ${name}`)
  }
}

function refusePolicy({ metadata, spec }: ApiObject): void {
  const { matchConditions = [], variables = [], validations = [], auditAnnotations = [] } = spec as PolicySpec
  const expressions = [
    ...[...matchConditions, ...variables, ...validations].map(({ expression }) => expression),
    ...auditAnnotations.map(({ valueExpression }) => valueExpression),
  ]
  if (expressions.some(mentionsAuthorizer))
    throw notImitated(`the variable authorizer in ValidatingAdmissionPolicies, as in ${metadata.name}`)
}

/** Many manifests label their namespaces so; the label is kept, as it means more than this server. */
function warnOfPodSecurity(request: AdmissionRequest, { metadata }: ApiObject): void {
  const level = metadata.labels?.[POD_SECURITY]
  if (level !== undefined && level !== 'privileged')
    request.warn(`the embedded API server does not imitate Pod Security: ${POD_SECURITY}=${level} is not enforced`)
}
