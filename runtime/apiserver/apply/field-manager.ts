import type { FieldError } from '../field-error.ts'

const MAX_BYTES = 128
/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of spaces the ASCII one alone. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** Who writes when a request names nobody: the first word of its User-Agent, as `kubectl` of `kubectl/v1.36.3 (linux/amd64)`. */
export function fieldManagerOf(given: string | undefined, userAgent: string | undefined): string {
  if (given !== undefined && given !== '') return given
  let manager = ''
  for (const character of (userAgent ?? '').split('/')[0] as string) {
    if (!PRINTABLE.test(character)) continue
    if (Buffer.byteLength(manager + character) > MAX_BYTES) break
    manager += character
  }
  return manager
}

/** What is wrong with `fieldManager` and `force` of a patch's options; ends as `PatchOptions.meta.k8s.io "" is invalid`. */
export function validatePatchOwner(options: {
  fieldManager: string
  /** undefined: the request does not say. */
  force: boolean | undefined
  isApply: boolean
}): FieldError[] {
  const { fieldManager, force, isApply } = options
  const errors: FieldError[] = []
  if (isApply && fieldManager === '') {
    errors.push({ reason: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' })
  }
  if (!isApply && force !== undefined) {
    errors.push({ reason: 'FieldValueForbidden', field: 'force', detail: 'may not be specified for non-apply patch' })
  }
  return [...errors, ...validateFieldManager(fieldManager, 'fieldManager')]
}

/** source: apimachinery pkg/apis/meta/v1/validation ValidateFieldManager */
export function validateFieldManager(fieldManager: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (Buffer.byteLength(fieldManager) > MAX_BYTES) {
    errors.push({ reason: 'FieldValueTooLong', field, detail: `may not be more than ${MAX_BYTES} bytes` })
  }
  let position = 0
  for (const character of fieldManager) {
    if (!PRINTABLE.test(character)) {
      const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
      const detail = `invalid character U+${code} (at position ${position})`
      errors.push({ reason: 'FieldValueInvalid', field, badValue: fieldManager, detail })
    }
    position += Buffer.byteLength(character)
  }
  return errors
}
