import { expect, test } from 'vitest'
import { ApiUnreachableError } from '../../runtime/kube/api-unreachable.ts'
import { decideRetry, parseRetryAfter } from '../../runtime/kube/retry.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'

const status = (code: number, retryAfterMs?: number) =>
  new KubeStatusError('m', { code, reason: 'r', details: undefined, retryAfterMs })
const noAnswer = (code: string) =>
  new ApiUnreachableError('GET /', { cause: Object.assign(new Error(code), { code }), notSent: false })

const giveUp = { kind: 'giveUp' }
const renew = { kind: 'renew' }
const wait = (delayMs: number) => ({ kind: 'wait', delayMs })

test.each([
  ['a 429 waits as long as it says', { error: status(429, 3_000) }, wait(3_000)],
  ['a 429 that says nothing waits a second', { error: status(429) }, wait(1_000)],
  ['a 429 to a write is repeated too, as the server did not act', { error: status(429), method: 'POST' }, wait(1_000)],
  ['a 503 with Retry-After waits, for a write too', { error: status(503, 2_000), method: 'POST' }, wait(2_000)],
  ['a Retry-After of years is cut', { error: status(429, 1e12) }, wait(60_000)],
  ['a 500 with Retry-After waits', { error: status(500, 0) }, wait(0)],
  ['a 503 without Retry-After is the caller’s', { error: status(503) }, giveUp],
  ['the tenth attempt is the last', { error: status(429), attempt: 10 }, giveUp],
  ['a 401 asks for other credentials', { error: status(401) }, renew],
  ['a second 401 is final', { error: status(401), renewed: true }, giveUp],
  ['a server with an unknown certificate asks for another CA', { error: noAnswer('SELF_SIGNED_CERT_IN_CHAIN') }, renew],
  ['a kept connection that was just closed is tried once more', { error: noAnswer('UND_ERR_SOCKET') }, wait(0)],
  ['a second break is final', { error: noAnswer('UND_ERR_SOCKET'), attempt: 2 }, giveUp],
  ['a write on a broken connection may have been done', { error: noAnswer('ECONNRESET'), method: 'PATCH' }, giveUp],
  ['a refused connection is the caller’s', { error: noAnswer('ECONNREFUSED') }, giveUp],
  ['a 404 is final', { error: status(404, 1) }, giveUp],
  ['any other error is final', { error: new Error('x') }, giveUp],
])('decideRetry(): %s', (_, given, decision) => {
  expect(decideRetry({ method: 'GET', attempt: 1, renewed: false, ...given })).toEqual(decision)
})

test.each([
  [undefined, undefined],
  ['2', 2_000],
  ['0', 0],
  ['Wed, 01 Jan 2025 00:00:10 GMT', 10_000],
  ['Wed, 01 Jan 2020 00:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
])('parseRetryAfter(%j) is %j ms', (header, delayMs) => {
  expect(parseRetryAfter(header, Date.parse('2025-01-01T00:00:00Z'))).toBe(delayMs)
})
