import type { FieldError } from '../../field-error.ts'
import type { ApiObject } from '../../json.ts'
import type { RequestInfo } from '../../request-info.ts'
import type { Decide } from '../impersonation.ts'
import type { User } from '../user.ts'
import { invalidReview, type VirtualCreate } from '../virtual-resource.ts'

interface ResourceAttributes {
  readonly namespace?: string
  readonly verb?: string
  readonly group?: string
  readonly version?: string
  readonly resource?: string
  readonly subresource?: string
  readonly name?: string
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
    refuseMetadata(object)
    refuse(attributesFault(spec))
    return answer(object, decide, user, spec)
  }
}

/** SubjectAccessReview: may they? */
export function createSubjectAccessReview(decide: Decide): VirtualCreate {
  return (_, object) => {
    const spec = specOf(object)
    refuseMetadata(object)
    refuse(attributesFault(spec) ?? userFault(spec))
    return answer(object, decide, userOf(spec), spec)
  }
}

/** LocalSubjectAccessReview: may they in this namespace? */
export function createLocalSubjectAccessReview(decide: Decide): VirtualCreate {
  return ({ info }, object) => {
    const spec = specOf(object)
    object.metadata = { ...object.metadata, namespace: info.namespace ?? '' }
    refuse(attributesFault(spec) ?? userFault(spec) ?? namespaceFault(spec, info.namespace ?? ''))
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

function attributesFault({ resourceAttributes, nonResourceAttributes }: ReviewSpec): FieldError | undefined {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = 'cannot be specified in combination with resourceAttributes'
    return invalidValue('spec.nonResourceAttributes', asGo(nonResourceAttributes), detail)
  }
  if (resourceAttributes !== undefined || nonResourceAttributes !== undefined) return undefined
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return invalidValue('spec.resourceAttributes', null, detail)
}

function userFault({ user, groups }: ReviewSpec): FieldError | undefined {
  if ((user ?? '') !== '' || (groups ?? []).length > 0) return undefined
  return invalidValue('spec.user', '', 'at least one of user or group must be specified')
}

function namespaceFault(spec: ReviewSpec, namespace: string): FieldError | undefined {
  const { resourceAttributes, nonResourceAttributes } = spec
  if (nonResourceAttributes !== undefined) {
    const detail = 'disallowed on this kind of request'
    return invalidValue('spec.nonResourceAttributes', asGo(nonResourceAttributes), detail)
  }
  const asked = resourceAttributes?.namespace ?? ''
  if (asked === namespace) return undefined
  return invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace')
}

/** The internal type has no JSON names. */
function asGo({ path = '', verb = '' }: NonResourceAttributes) {
  return { Path: path, Verb: verb }
}

function refuseMetadata({ metadata }: ApiObject): void {
  const { managedFields: _, ...rest } = metadata
  if (Object.keys(rest).length === 0) return
  refuse(invalidValue('metadata', metadata as never, 'must be empty'))
}

function invalidValue(field: string, badValue: FieldError['badValue'], detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, badValue, detail }
}

function refuse(error: FieldError | undefined): void {
  if (error !== undefined) throw invalidReview(AUTHORIZATION_GROUP, error)
}
