import type { FieldError } from '../field-error.ts'
import type { ApiObject } from '../json.ts'

const ANNOTATION = 'api-approved.kubernetes.io'
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** What the annotation of a definition says of its group's being reviewed. */
export interface Approval {
  readonly state: 'approved' | 'bypassed' | 'missing' | 'invalid'
  readonly reason: string
}

/** Groups under these names belong to the Kubernetes community. */
export function isProtectedGroup(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some((own) => group === own || group.endsWith(`.${own}`))
}

export function approvalOf({ metadata }: ApiObject): Approval {
  const text = metadata.annotations?.[ANNOTATION] ?? ''
  const must = `protected groups must have approval annotation "${ANNOTATION}"`
  if (text === '') return { state: 'missing', reason: `${must}, ${SEE}` }
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  const url = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]/.test(text) ? URL.parse(text) : null
  if (url !== null) return { state: 'approved', reason: `approved in ${text}` }
  return { state: 'invalid', reason: `${must} with either a URL or a reason starting with "unapproved", ${SEE}` }
}

/** What stood there before may stay. */
export function validateApproval(definition: ApiObject, old: ApiObject | undefined): FieldError[] {
  const { state, reason } = approvalOf(definition)
  if (old !== undefined && approvalOf(old).state === state) return []
  const field = `metadata.annotations[${ANNOTATION}]`
  if (state === 'missing') return [{ reason: 'FieldValueRequired', field, detail: reason }]
  if (state !== 'invalid') return []
  const badValue = definition.metadata.annotations?.[ANNOTATION] ?? ''
  return [{ reason: 'FieldValueInvalid', field, badValue, detail: reason }]
}
