import { expect, test } from 'vitest'
import { RuntimeError } from '../../runtime/errors.ts'
import { sayError } from '../../runtime/util/say-error.ts'

const fault = { file: '/srv/handlers/a.ts', line: 3, column: 5, message: 'Unexpected ")"' }

test('sayError() of a fault names its place', () => {
  const error = new RuntimeError('HANDLER_INVALID', 'Cannot bundle', { faults: [fault] })
  expect(sayError(error)).toBe('Cannot bundle (/srv/handlers/a.ts:3:5)')
})

test('sayError() of several faults names the first place and counts the others', () => {
  const error = new RuntimeError('CONFIG_INVALID', 'Cannot use it', { faults: [fault, fault, fault] })
  expect(sayError(error)).toBe('Cannot use it (/srv/handlers/a.ts:3:5 and 2 more)')
})

test('sayError() of anything else is its message', () => {
  expect(sayError(new Error('boom'))).toBe('boom')
  expect(sayError('text')).toBe('text')
})
