import { expect, test } from 'vitest'
import type { AuditEvent } from './audit-log.ts'
import { quantile, reactionTimes } from './reaction-times.ts'

let written = 0
/** `received` and `answered` are microseconds after the epoch's first second. */
function write(
  username: string,
  name: string,
  received: number,
  answered: number,
  fields: Partial<AuditEvent> = {},
): AuditEvent {
  const stamp = (micros: number) => `1970-01-01T00:00:01.${String(micros).padStart(6, '0')}Z`
  return {
    auditID: String(++written),
    stage: 'ResponseComplete',
    verb: 'patch',
    requestURI: '',
    user: { username },
    objectRef: { resource: 'trials', name, ...(username === 'host' ? { subresource: 'status' } : {}) },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: stamp(received),
    stageTimestamp: stamp(answered),
    ...fields,
  }
}

const options = { resource: 'trials', host: 'host' }

test('reactionTimes() run from the answered change to the next status write of the same object', () => {
  const events = [
    write('admin', 'a', 1000, 2000),
    write('host', 'b', 2100, 2200),
    write('host', 'a', 3500, 4000),
    write('host', 'a', 9000, 9900),
  ]
  expect(reactionTimes(events, options)).toEqual([1.5])
})

test('reactionTimes() of a change that nothing followed, or only a refused write, is undefined', () => {
  const refused = write('host', 'a', 3000, 4000, { responseStatus: { code: 409 } })
  expect(reactionTimes([write('admin', 'a', 1000, 2000), refused], options)).toEqual([undefined])
})

test('reactionTimes() of a host that was told before the writer had its answer is 0', () => {
  expect(reactionTimes([write('admin', 'a', 1000, 2000), write('host', 'a', 1900, 2500)], options)).toEqual([0])
})

test('reactionTimes() leaves out changes outside the window', () => {
  const events = [write('admin', 'a', 1000, 2000), write('host', 'a', 3000, 4000)]
  expect(reactionTimes(events, { ...options, from: 1003 })).toEqual([])
  expect(reactionTimes(events, { ...options, to: 1002 })).toEqual([])
})

test('quantile() is the smallest value that enough values do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.99)]).toEqual([50, 99, 7])
  expect(() => quantile([], 0.5)).toThrow('no values')
})
