import type { FieldError } from '../../field-error.ts'
import type { ApiObject } from '../../json.ts'
import { invalidValue } from './field-errors.ts'
import { jsonOf, objectIn, textIn, textsIn } from './json-parts.ts'
import { checkName, qualifiedName } from './names.ts'
import { unqualifiedFaults } from './object-meta.ts'

/** source of all: kubernetes pkg/apis/core/validation, ValidateNamespace */
export function validateNamespace(namespace: ApiObject): FieldError[] {
  const field = 'spec.finalizers'
  return textsIn(objectIn(jsonOf(namespace), 'spec'), 'finalizers').flatMap((each) => [
    ...checkName(each, field, qualifiedName),
    ...unqualifiedFaults(each, field),
  ])
}

export function validateNamespaceStatusUpdate(namespace: ApiObject): FieldError[] {
  const phase = textIn(objectIn(jsonOf(namespace), 'status'), 'phase')
  const isGoing = namespace.metadata.deletionTimestamp !== undefined
  if (phase === (isGoing ? 'Terminating' : 'Active')) return []
  const text = isGoing
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty"
  return [invalidValue('status.Phase', phase, text)]
}
