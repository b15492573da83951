import { expect, test } from 'vitest'
import { fieldManagerOf, validatePatchOwner } from '../../../runtime/apiserver/apply/field-manager.ts'

test.each([
  [undefined, 'kubectl/v1.36.3 (linux/amd64)', 'kubectl'],
  ['', 'curl/8', 'curl'],
  ['given', 'curl/8', 'given'],
  [undefined, undefined, ''],
  [undefined, `a\u0007b${'x'.repeat(200)}`, `ab${'x'.repeat(126)}`],
])('fieldManagerOf(%j, %j) is %j', (given, userAgent, manager) => {
  expect(fieldManagerOf(given, userAgent)).toBe(manager)
})

test('validatePatchOwner() asks an apply for a manager', () => {
  expect(validatePatchOwner({ fieldManager: '', force: undefined, isApply: true })).toEqual([
    { reason: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' },
  ])
})

test('validatePatchOwner() refuses force without apply, and long and unprintable managers', () => {
  const errors = validatePatchOwner({ fieldManager: `${'m'.repeat(128)}\u0007`, force: true, isApply: false })
  expect(errors.map(({ field, detail }) => [field, detail])).toEqual([
    ['force', 'may not be specified for non-apply patch'],
    ['fieldManager', 'may not be more than 128 bytes'],
    ['fieldManager', 'invalid character U+0007 (at position 128)'],
  ])
})
