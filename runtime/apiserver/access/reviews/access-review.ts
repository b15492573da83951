import type { FieldError } from '../../field-error.ts'
import type { ApiObject } from '../../json.ts'
import { invalidValue, required } from '../../kinds/strategies/field-errors.ts'
import { operatorFaults } from '../../kinds/strategies/label-selector-validation.ts'
import { checkName, qualifiedName } from '../../kinds/strategies/names.ts'
import type { RequestInfo } from '../../request-info.ts'
import { invalid } from '../../status.ts'
import type { Decide } from '../impersonation.ts'
import type { User } from '../user.ts'
import type { VirtualCreate } from '../virtual-resource.ts'

interface ResourceAttributes {
  readonly namespace?: string
  readonly verb?: string
  readonly group?: string
  readonly version?: string
  readonly resource?: string
  readonly subresource?: string
  readonly name?: string
  readonly fieldSelector?: Selector
  readonly labelSelector?: Selector
}

/** RBAC looks at neither. */
interface Selector {
  readonly rawSelector?: string
  readonly requirements?: readonly { key?: string; operator?: string; values?: readonly string[] }[]
}

interface NonResourceAttributes {
  readonly path?: string
  readonly verb?: string
}

interface ReviewSpec {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
  readonly user?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
  readonly uid?: string
}

const AUTHORIZATION_GROUP = 'authorization.k8s.io'

/** authorization.k8s.io/v1 SelfSubjectAccessReview: may I? */
export function createSelfSubjectAccessReview(decide: Decide): VirtualCreate {
  return ({ user }, object) => {
    const spec = specOf(object)
    refuse(...attributesFaults(spec), ...selectorFaults(spec), ...metadataFaults(object))
    return answer(object, decide, user, spec)
  }
}

/** SubjectAccessReview: may they? */
export function createSubjectAccessReview(decide: Decide): VirtualCreate {
  return (_, object) => {
    const spec = specOf(object)
    refuse(...attributesFaults(spec), ...userFaults(spec), ...selectorFaults(spec), ...metadataFaults(object))
    return answer(object, decide, userOf(spec), spec)
  }
}

/** LocalSubjectAccessReview: may they in this namespace? */
export function createLocalSubjectAccessReview(decide: Decide): VirtualCreate {
  return ({ info }, object) => {
    const spec = specOf(object)
    const namespace = info.namespace ?? ''
    object.metadata = { ...object.metadata, namespace }
    const specFaults = [...attributesFaults(spec), ...userFaults(spec), ...selectorFaults(spec)]
    refuse(...specFaults, ...namespaceFaults(spec, namespace))
    return answer(object, decide, userOf(spec), spec)
  }
}

function specOf(object: ApiObject): ReviewSpec {
  const spec = (object.spec ?? {}) as ReviewSpec
  object.spec = spec
  return spec
}

function answer(object: ApiObject, decide: Decide, user: User, spec: ReviewSpec): ApiObject {
  const { allowed, reason } = decide(user, infoOf(spec))
  object.status = { allowed, ...(reason !== '' && { reason }) }
  return object
}

function userOf({ user = '', groups = [], extra = {}, uid }: ReviewSpec): User {
  return { name: user, groups, extra, ...(uid !== undefined && { uid }) }
}

function infoOf({ resourceAttributes, nonResourceAttributes }: ReviewSpec): RequestInfo {
  const { namespace, verb, group, version, resource, subresource, name } = resourceAttributes ?? {}
  return {
    isResource: resourceAttributes !== undefined,
    path: nonResourceAttributes?.path ?? '',
    verb: verb ?? nonResourceAttributes?.verb ?? '',
    group: group ?? '',
    version: version ?? '',
    plural: resource ?? '',
    namespace,
    name: name === '' ? undefined : name,
    subresource: subresource === '' ? undefined : subresource,
    rest: [],
  }
}

function attributesFaults({ resourceAttributes, nonResourceAttributes }: ReviewSpec): FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = 'cannot be specified in combination with resourceAttributes'
    return [invalidValue('spec.nonResourceAttributes', asGo(nonResourceAttributes), detail)]
  }
  if (resourceAttributes !== undefined || nonResourceAttributes !== undefined) return []
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalidValue('spec.resourceAttributes', null, detail)]
}

function userFaults({ user, groups }: ReviewSpec): FieldError[] {
  if ((user ?? '') !== '' || (groups ?? []).length > 0) return []
  return [invalidValue('spec.user', '', 'at least one of user or group must be specified')]
}

function selectorFaults({ resourceAttributes = {} }: ReviewSpec): FieldError[] {
  const { fieldSelector, labelSelector } = resourceAttributes
  return [
    ...checkSelector(fieldSelector, 'spec.resourceAttributes.fieldSelector', (key, field) =>
      key === '' ? [required(field, 'must be specified')] : [],
    ),
    ...checkSelector(labelSelector, 'spec.resourceAttributes.labelSelector', (key, field) =>
      checkName(key, field, qualifiedName),
    ),
  ]
}

/** Operators that are not known may come from newer clients. source: kubernetes pkg/apis/authorization/validation */
function checkSelector(
  selector: Selector | undefined,
  field: string,
  checkKey: (key: string, field: string) => FieldError[],
): FieldError[] {
  if (selector === undefined) return []
  const { rawSelector = '', requirements = [] } = selector
  if (rawSelector !== '' && requirements.length > 0)
    return [invalidValue(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')]
  if (rawSelector === '' && requirements.length === 0)
    return [required(`${field}.requirements`, `when ${field} is specified, requirements or rawSelector is required`)]
  return requirements.flatMap(({ key = '', operator = '', values = [] }, index) => {
    const at = `${field}.requirements[${index}]`
    const isKnown = ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)
    return [...checkKey(key, `${at}.key`), ...(isKnown ? operatorFaults(operator, values, at) : [])]
  })
}

function namespaceFaults({ resourceAttributes, nonResourceAttributes }: ReviewSpec, namespace: string): FieldError[] {
  const asked = resourceAttributes?.namespace ?? ''
  const isOther = resourceAttributes !== undefined && asked !== namespace
  const attributes = 'spec.nonResourceAttributes'
  return [
    ...(isOther ? [invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace')] : []),
    ...(nonResourceAttributes === undefined
      ? []
      : [invalidValue(attributes, asGo(nonResourceAttributes), 'disallowed on this kind of request')]),
  ]
}

/** The internal type has no JSON names. */
function asGo({ path = '', verb = '' }: NonResourceAttributes) {
  return { Path: path, Verb: verb }
}

function metadataFaults({ metadata }: ApiObject): FieldError[] {
  const { managedFields: _, ...rest } = metadata
  return Object.keys(rest).length === 0 ? [] : [invalidValue('metadata', metadata as never, 'must be empty')]
}

/** kube-apiserver's gives no kind. */
function refuse(...errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: AUTHORIZATION_GROUP, kind: '' }, '', errors)
}
