import { validateFieldManager, validatePatchOwner } from '../apply/field-manager.ts'
import type { FieldError } from '../field-error.ts'
import { badRequest, invalid } from '../status.ts'

export type WriteKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'

/** What the query of a write says. */
export interface WriteOptions {
  readonly isDryRun: boolean
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  readonly force: boolean
  /** As webhooks are told of them, without those of patches alone: Go's CreateOptions or UpdateOptions. */
  readonly sent: Readonly<Record<string, unknown>>
}

const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn']

/** errors: ApiError 422 with kube-apiserver's words. source: apimachinery pkg/apis/meta/v1/validation/validation.go */
export function readWriteOptions(query: URLSearchParams, kind: WriteKind, isApply = false): WriteOptions {
  const fieldValidation = query.get('fieldValidation') ?? ''
  const manager = query.get('fieldManager') ?? ''
  const force = readBoolean(query, 'force')
  const dryRun = query.getAll('dryRun')
  const errors = [
    ...(kind === 'PatchOptions'
      ? validatePatchOwner({ fieldManager: manager, force, isApply })
      : validateFieldManager(manager, 'fieldManager')),
    ...dryRunFaults(dryRun),
    ...(VALIDATIONS.includes(fieldValidation) ? [] : [notSupported('fieldValidation', fieldValidation, VALIDATIONS)]),
  ]
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    isDryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as WriteOptions['fieldValidation']),
    force: force === true,
    sent: {
      ...(dryRun.length > 0 && { dryRun }),
      ...(manager !== '' && { fieldManager: manager }),
      ...(fieldValidation !== '' && { fieldValidation }),
    },
  }
}

export function dryRunFaults(dryRun: readonly string[]): FieldError[] {
  return dryRun.some((each) => each !== 'All') ? [notSupported('dryRun', [...dryRun], ['All'])] : []
}

export function notSupported(field: string, badValue: string | string[], supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(', ')
  return { reason: 'FieldValueNotSupported', field, badValue, detail: `supported values: ${list}` }
}

/** Whatever does not say false is true, nothing too. source: apimachinery pkg/runtime/conversion.go */
export function readBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  return text !== '0' && text.toLowerCase() !== 'false'
}

/** errors: ApiError 400 with strconv's words */
export function readInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}
