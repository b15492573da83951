import { expect, test } from 'vitest'
import { decideHostFailure, decideOutcome } from '../../runtime/controller/outcome.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import type { Settled } from '../../runtime/sandbox/call.ts'

const returned = (value: unknown): Settled => ({ kind: 'returned', value })
const threw = (terminal: boolean): Settled => ({
  kind: 'threw',
  error: { name: 'Error', message: 'boom', stack: 'at x' },
  terminal,
})

test.each<[string, Settled, object]>([
  ['nothing', returned(undefined), { kind: 'success' }],
  ['null', returned(null), { kind: 'success' }],
  ['an empty object', returned({}), { kind: 'success' }],
  ['a status', returned({ status: { ready: true } }), { kind: 'success', status: { ready: true } }],
  ['requeueAfter', returned({ requeueAfter: '1m30s' }), { kind: 'requeueAfter', delayMs: 90_000 }],
  [
    'both',
    returned({ requeueAfter: '5s', status: { n: 1 } }),
    { kind: 'requeueAfter', delayMs: 5000, status: { n: 1 } },
  ],
  ['a throw', threw(false), { kind: 'retry', failure: { name: 'Error', message: 'boom', stack: 'at x' } }],
  ['a TerminalError', threw(true), { kind: 'terminal', failure: { message: 'boom' } }],
  ['a timeout', { kind: 'timedOut', afterMs: 30_000 }, { kind: 'retry', failure: { name: 'Timeout' } }],
  ['a death', { kind: 'died', reason: 'out of memory' }, { kind: 'died', failure: { name: 'GuestDied' } }],
  ['a guest that is not there', { kind: 'died', reason: 'not running' }, { kind: 'again', delayMs: 0 }],
  ['a replaced guest', { kind: 'died', reason: 'replaced' }, { kind: 'again' }],
])('decideOutcome() of %s', (_name, settled, outcome) => {
  expect(decideOutcome(settled)).toMatchObject(outcome)
})

test.each<[unknown, RegExp]>([
  [42, /must be an object or nothing, not 42/],
  [[], /must be an object/],
  [{ requeAfter: '1s' }, /unknown key "requeAfter"/],
  [{ requeueAfter: 30 }, /requeueAfter 30; it is a duration/],
  [{ requeueAfter: '30' }, /requeueAfter "30"; it is a duration/],
  [{ status: 'ready' }, /"status" that is not an object/],
])('decideOutcome() of the result %j is a failure that says why', (value, message) => {
  const outcome = decideOutcome(returned(value))
  expect(outcome.kind).toBe('retry')
  expect(outcome).toHaveProperty('failure.message', expect.stringMatching(message))
})

test.each(['API_UNREACHABLE', 'LEASE_LOST'] as const)(
  '%s is no fault of the handler: the key runs again without a counted attempt',
  (code) => {
    const error = { name: 'RuntimeError', message: 'no', stack: '', code }
    expect(decideOutcome({ kind: 'threw', error, terminal: false })).toMatchObject({ kind: 'again' })
    const failure = decideHostFailure(new RuntimeError(code, 'no'), {
      name: 'StatusWriteFailed',
      action: 'Cannot write',
    })
    expect(failure).toMatchObject({ kind: 'again', failure: { message: 'Cannot write: no' } })
  },
)

test.each([
  [401, 'again'],
  [429, 'again'],
  [502, 'again'],
  [503, 'again'],
  [504, 'again'],
  [403, 'retry'],
  [409, 'retry'],
  [500, 'retry'],
  [422, 'terminal'],
] as const)('a %i of the API server to a write of the host leads to: %s', (code, kind) => {
  const error = new KubeStatusError('no', { code, reason: 'No', details: undefined, retryAfterMs: undefined })
  expect(decideHostFailure(error, { name: 'StatusWriteFailed', action: 'Cannot write' })).toMatchObject({ kind })
})

test.each([401, 429, 502, 503, 504])(
  'a handler that fails by a %i of the API server runs again without a counted attempt',
  (code) => {
    const error = { name: 'KubeStatusError', message: 'no', stack: '', code }
    expect(decideOutcome({ kind: 'threw', error, terminal: false })).toMatchObject({ kind: 'again' })
    for (const other of [{ code: 500 }, { name: 'ShopError' }]) {
      const settled = { kind: 'threw', error: { ...error, ...other }, terminal: false } as const
      expect(decideOutcome(settled)).toMatchObject({ kind: 'retry' })
    }
    expect(decideOutcome({ kind: 'threw', error, terminal: true })).toMatchObject({ kind: 'terminal' })
  },
)
