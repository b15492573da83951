import type { FieldError } from '../../../field-error.ts'
import { invalidValue } from '../field-errors.ts'

/** A path below some folder: relative, and never up. source: validateLocalDescendingPath */
export function checkDescendingPath(path: string, field: string): FieldError[] {
  const faults = path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []
  return [...faults, ...checkNoBacksteps(path, field)]
}

/** Kubelet keeps names that begin with `..` for itself. source: ValidateLocalNonReservedPath */
export function checkFilePath(path: string, field: string): FieldError[] {
  const isReserved = path.startsWith('..') && !path.startsWith('../')
  return [
    ...checkDescendingPath(path, field),
    ...(isReserved ? [invalidValue(field, path, "must not start with '..'")] : []),
  ]
}

export function checkNoBacksteps(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : []
}
