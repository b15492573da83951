import type { FieldError } from '../../field-error.ts'
import { checkOneOfOptional, forbiddenField } from './field-errors.ts'

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** Of volumes and of claims. source: kubernetes pkg/apis/core/validation */
export function checkAccessModes(modes: readonly string[], field: string): FieldError[] {
  const isAlone = !modes.includes('ReadWriteOncePod') || modes.every((mode) => !MODES.slice(0, -1).includes(mode))
  return [
    ...modes.flatMap((mode) => checkOneOfOptional(mode, field, MODES)),
    ...(isAlone ? [] : [forbiddenField(field, 'may not use ReadWriteOncePod with other access modes')]),
  ]
}
