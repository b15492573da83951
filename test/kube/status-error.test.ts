import { expect, test } from 'vitest'
import * as predicates from '../../runtime/kube/status-error.ts'
import { statusOf } from './scripted-server.ts'

const { KubeStatusError, statusErrorOf } = predicates
const errorOf = (code: number, text: string) =>
  statusErrorOf({ action: 'GET https://x/api', code, text, retryAfterMs: undefined })

test('statusErrorOf() a Status takes its message, reason and details', () => {
  const details = { name: 'web', causes: [{ reason: 'FieldValueInvalid', message: 'bad', field: 'spec.port' }] }
  const error = errorOf(422, JSON.stringify(statusOf(422, 'Invalid', 'web is invalid', details)))
  expect(error).toMatchObject({ code: 422, reason: 'Invalid', message: 'web is invalid', details })
})

test('statusErrorOf() a page that is no Status quotes its beginning and derives the reason from the code', () => {
  const error = errorOf(503, `<html>\n  <body>upstream   away</body>${'x'.repeat(5_000)}`)
  expect(error).toMatchObject({ code: 503, reason: 'ServiceUnavailable', details: undefined })
  expect(error.message).toMatch(/^GET https:\/\/x\/api was answered with 503: <html> <body>upstream away<\/body>x+$/)
  expect(error.message.length).toBeLessThan(300)
})

test.each(['', '{', '{"kind":"Pod"}', 'null', '[]'])(
  'statusErrorOf() the body %j says at least what was asked and answered',
  (text) => {
    expect(errorOf(418, text)).toMatchObject({ code: 418, reason: 'Unknown' })
    expect(errorOf(418, text).message).toContain('GET https://x/api was answered with 418')
  },
)

test.each([
  ['isNotFound', 404, 'NotFound'],
  ['isConflict', 409, 'Conflict'],
  ['isAlreadyExists', 409, 'AlreadyExists'],
  ['isGone', 410, 'Expired'],
  ['isUnauthorized', 401, 'Unauthorized'],
  ['isForbidden', 403, 'Forbidden'],
  ['isInvalid', 422, 'Invalid'],
  ['isTooLarge', 413, 'RequestEntityTooLarge'],
  ['isTooManyRequests', 429, 'TooManyRequests'],
] as const)('%s() holds for a %i with the reason %s and for no other failure', (name, code, reason) => {
  const all = Object.entries(predicates).filter(([key]) => key.startsWith('is')) as [
    string,
    (error: unknown) => boolean,
  ][]
  const error = errorOf(code, JSON.stringify(statusOf(code, reason)))
  expect(all.filter(([, holds]) => holds(error)).map(([key]) => key)).toEqual([name])
  expect(all.filter(([, holds]) => holds(new Error(reason)))).toEqual([])
  expect(error).toBeInstanceOf(KubeStatusError)
})
