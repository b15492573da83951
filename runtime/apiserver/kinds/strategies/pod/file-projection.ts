import type { FieldError } from '../../../field-error.ts'
import type { JsonObject, JsonValue } from '../../../json.ts'
import { checkRequired, invalidValue } from '../field-errors.ts'
import { textIn } from '../json-parts.ts'
import { checkFilePath } from './local-path.ts'

/** The words say it in octal, as people write it; values are decimal. */
const MODE_RANGE = 'must be a number between 0 and 0777 (octal), both inclusive'

/** A key of a ConfigMap or Secret as a file. source: kubernetes pkg/apis/core/validation, validateKeyToPath */
export function checkItem(item: JsonObject, field: string): FieldError[] {
  return [
    ...checkRequired(item, field, ['key', 'path']),
    ...checkFilePath(textIn(item, 'path'), `${field}.path`),
    ...checkFileMode(item.mode, `${field}.mode`),
  ]
}

export function checkFileMode(mode: JsonValue | undefined, field: string): FieldError[] {
  return typeof mode === 'number' && (mode < 0 || mode > 0o777) ? [invalidValue(field, mode, MODE_RANGE)] : []
}
