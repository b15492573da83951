import type { ApiObject } from '../../json.ts'
import type { ApiResource } from '../../kinds/api-resource.ts'
import { ApiError, notFound } from '../../status.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import type { AdmissionRequest } from '../admission.ts'
import { celValue } from '../expressions/admission-environment.ts'
import type { ExpressionContext } from '../expressions/compiled-expression.ts'
import { refuseRequest } from '../refuse-request.ts'
import { convertObject, findResource, namespaceMatches, objectMatches } from '../request-match.ts'
import { createReview } from '../webhooks/admission-review.ts'
import type { InvocationContext } from '../webhooks/invocation.ts'
import { type Denial, evaluatePolicy } from './evaluate-policy.ts'
import { type BoundPolicy, type MatchResources, POLICY_GROUP, type PolicyBinding, readBoundPolicies } from './policy.ts'
import { collectParams, findParamResource, PolicyConfigurationError } from './policy-params.ts'

/** A write, and what is known to decide on it. */
interface Asked extends InvocationContext {
  readonly request: AdmissionRequest
  readonly object: ApiObject | undefined
}

/**
 * Asks all ValidatingAdmissionPolicies that are bound to such requests. errors: ApiError of the first that denies
 * source: apiserver plugin/policy/validating/dispatcher.go
 */
export async function askValidatingPolicies(
  { objects, registry }: InvocationContext,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): Promise<void> {
  if (isExempt(request)) return
  const denied: ApiError[] = []
  for (const bound of readBoundPolicies(objects))
    denied.push(...(await askPolicy({ objects, registry, request, object }, bound)))
  if (denied[0] !== undefined) throw denied[0]
}

/** Policies are not asked about policies, which could lock everybody out. */
function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.group === POLICY_GROUP && /^(mutating|validating)admissionpolic/.test(resource.plural)
}

async function askPolicy(asked: Asked, { policy, bindings }: BoundPolicy): Promise<ApiError[]> {
  const name = policy.metadata.name ?? ''
  const { matchConstraints, paramKind, failurePolicy } = policy.spec
  const resource = matchResources(asked, matchConstraints)
  if (resource === undefined) return []
  const denied: ApiError[] = []
  /** Whether a policy that cannot be used refuses everything. */
  const refuse = (what: 'policy' | 'binding', who: string, error: unknown) => {
    if (!(error instanceof PolicyConfigurationError)) throw error
    if (failurePolicy !== 'Fail') return
    denied.push(refusal(asked, who, { message: `failed to configure ${what}: ${error.message}` }))
  }
  let paramResource: ApiResource | undefined
  try {
    paramResource = paramKind && findParamResource(asked.registry, paramKind)
  } catch (error) {
    refuse('policy', `'${name}'`, error)
    return denied
  }
  for (const binding of bindings) {
    const who = `'${name}' with binding '${binding.metadata.name}'`
    const own = binding.spec.matchResources
    if (own !== undefined && matchResources(asked, own) === undefined) continue
    try {
      const params = await collectParams(asked.objects, paramResource, binding.spec.paramRef, asked.request.namespace)
      if (params.length === 0) continue
      const context = await contextOf(asked, resource)
      for (const param of params) {
        const { denials, auditFailures } = evaluatePolicy(policy, { ...context, params: celValue(param) })
        for (const denial of denials) denied.push(...act(asked, binding, who, denial))
        denied.push(...auditFailures.map((each) => refusal(asked, who, each)))
      }
    } catch (error) {
      refuse('binding', who, error)
    }
  }
  return denied
}

/** The version of the resource to show to the policy; undefined: it is not for this request. */
function matchResources({ objects, registry, request, object }: Asked, criteria: MatchResources) {
  const { matchPolicy, resourceRules: rules = [], excludeResourceRules = [] } = criteria
  const named = { ...request, name: request.name || object?.metadata.name || '' }
  if (!objectMatches(criteria, request, object)) return undefined
  if (findResource(registry, { rules: excludeResourceRules, matchPolicy }, named) !== undefined) return undefined
  const resource = rules.length === 0 ? request.resource : findResource(registry, { rules, matchPolicy }, named)
  if (resource === undefined || !namespaceMatches(objects, criteria, request, object)) return undefined
  return resource
}

async function contextOf({ objects, request, object }: Asked, resource: ApiResource): Promise<ExpressionContext> {
  const inVersion = async (each: ApiObject | undefined) =>
    each === undefined ? undefined : convertObject(request.resource, resource, each)
  const review = createReview(request, resource, await inVersion(object), await inVersion(request.old))
  const { object: now, oldObject, uid: _, ...told } = review.request
  return {
    object: celValue(now),
    oldObject: celValue(oldObject),
    request: celValue(told),
    namespaceObject: celValue(namespaceOf(objects, request)),
    authorizer: null,
  }
}

/** Null: of what has none, and of namespaces. errors: ApiError 404 */
function namespaceOf(objects: StoredObjects, { resource, namespace }: AdmissionRequest): object | null {
  const isNamespace = resource.group === '' && resource.version === 'v1' && resource.kind === 'Namespace'
  if (namespace === '' || isNamespace) return null
  const found = objects.get('/namespaces', '', namespace)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  const { managedFields, ownerReferences, ...metadata } = found.metadata
  return { metadata, spec: found.spec ?? {}, status: found.status ?? {} }
}

/** Audit does nothing: there is no audit log. */
function act(asked: Asked, { spec }: PolicyBinding, who: string, denial: Denial): ApiError[] {
  if (spec.validationActions.includes('Warn'))
    asked.request.warn(`Validation failed for ValidatingAdmissionPolicy ${who}: ${denial.message}`)
  return spec.validationActions.includes('Deny') ? [refusal(asked, who, denial)] : []
}

const CODES: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }

function refusal({ request, object }: Asked, who: string, { message, reason = 'Invalid' }: Denial): ApiError {
  const why = `ValidatingAdmissionPolicy ${who} denied request: ${message}`
  const { status } = refuseRequest(request, object, why, [{ message: why }])
  return new ApiError(CODES[reason] ?? 422, reason, status.message ?? why, status.details)
}
