import { expect, test } from 'vitest'
import { objectKey } from '../../runtime/broker/object-key.ts'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { runTurn, type Turn, type TurnOptions, type TurnRequest } from '../../runtime/controller/turn.ts'
import { createEntryParser, type Entry } from '../../runtime/informer/entry.ts'
import { ApiUnreachableError } from '../../runtime/kube/api-unreachable.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import type { Settled } from '../../runtime/sandbox/call.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { DEMO } from './scripted-controller.ts'

const parser = createEntryParser({ apiVersion: 'demo.io/v1', kind: 'Demo' })

function entryOf(fields: { uid?: string; resourceVersion?: string; status?: object } = {}): Entry {
  const { uid = 'u', resourceVersion = '1', status } = fields
  return parser.parse({
    metadata: { namespace: 'a', name: 'x', uid, resourceVersion, generation: 1 },
    ...(status === undefined ? {} : { status }),
  })
}

const turnOf = (overrides: Partial<Turn> = {}): Turn => ({
  export: 'reconcile',
  entry: entryOf(),
  attempt: 2,
  reason: 'changed',
  ...overrides,
})

/** Options whose call answers `settled`; what was called and sent is kept. */
function scripted(settled: Settled, overrides: Partial<TurnOptions> = {}) {
  const clock = createFakeClock()
  const requests: TurnRequest[] = []
  const sent: KubeRequest[] = []
  const options: TurnOptions = {
    controller: 'demos',
    finalizer: 'ostler.dev/demos',
    wrote() {},
    overlay: new Overlay(clock),
    now: clock.now,
    with: { threshold: 10 },
    timeoutMs: 30_000,
    call: async (request) => {
      requests.push(request as TurnRequest)
      return settled
    },
    hostCall: async () => '"answer"',
    resource: async () => DEMO,
    find: () => entryOf(),
    send: async (request) => {
      sent.push(request)
      return { code: 200, text: '{"metadata":{"resourceVersion":"2"}}' }
    },
    ...overrides,
  }
  return { options, requests, sent }
}

const returned = (value?: unknown): Settled => ({ kind: 'returned', value })
const failure = (code: number) =>
  new KubeStatusError('refused: status.n', { code, reason: 'R', details: undefined, retryAfterMs: undefined })

test('runTurn() calls the export with the object as it is in the cache, and with what context holds', async () => {
  const { options, requests } = scripted(returned())
  const turn = turnOf()
  expect(await runTurn(options, turn)).toEqual({ kind: 'success' })
  expect(requests).toMatchObject([{ key: 'a/x', export: 'reconcile', args: [turn.entry.json], timeoutMs: 30_000 }])
  expect(JSON.parse(requests[0]?.context ?? '')).toEqual({
    key: { controller: 'demos', namespace: 'a', name: 'x', uid: 'u' },
    attempt: 2,
    reason: 'changed',
    with: { threshold: 10 },
  })
})

test('runTurn() of a kind that is no longer served makes no call', async () => {
  const { options, requests } = scripted(returned(), { resource: async () => undefined })
  expect(await runTurn(options, turnOf())).toEqual({ kind: 'gone' })
  expect(requests).toEqual([])
})

test('runTurn() awaits the requests under way before it answers, also of a call that timed out', async () => {
  const request = Promise.withResolvers<string>()
  const { options } = scripted(returned(), {
    hostCall: () => request.promise,
    call: async ({ onHostCall }) => {
      void onHostCall('get', [], new AbortController().signal)
      return { kind: 'timedOut', afterMs: 5 }
    },
  })
  let isOver = false
  const outcome = runTurn(options, turnOf()).finally(() => {
    isOver = true
  })
  await settle()
  expect(isOver).toBe(false)
  request.resolve('{}')
  expect(await outcome).toMatchObject({ kind: 'retry', failure: { name: 'Timeout' } })
})

test('runTurn() is not disturbed by a request under way that fails', async () => {
  const { options } = scripted(returned(), {
    hostCall: () => Promise.reject(failure(500)),
    call: async ({ onHostCall }) => {
      onHostCall('get', [], new AbortController().signal).catch(() => {})
      return returned()
    },
  })
  expect(await runTurn(options, turnOf())).toEqual({ kind: 'success' })
})

test('runTurn() hands the broker the object in hand and the export', async () => {
  const scopes: unknown[] = []
  const { options } = scripted(returned(), {
    hostCall: async (scope, method, args) => {
      scopes.push([scope, method, args])
      return undefined
    },
    call: async ({ onHostCall }) => {
      await onHostCall('event', [1], new AbortController().signal)
      return returned()
    },
  })
  await runTurn(options, turnOf({ export: 'deleted' }))
  const primary = { gvk: DEMO, namespace: 'a', name: 'x', uid: 'u', resourceVersion: '1' }
  expect(scopes).toEqual([[{ primary, exportName: 'deleted', sawConflict: false }, 'event', [1]]])
})

test('runTurn() writes the returned status, also beside requeueAfter', async () => {
  const { options, sent } = scripted(returned({ requeueAfter: '5s', status: { n: 1 } }))
  expect(await runTurn(options, turnOf())).toMatchObject({ kind: 'requeueAfter', delayMs: 5000 })
  expect(sent).toMatchObject([{ method: 'PATCH', path: '/apis/demo.io/v1/namespaces/a/demos/x/status' }])
})

test("runTurn() merges the status into the cache's newest version, not into the one that the handler saw", async () => {
  const { options, sent } = scripted(returned({ status: { n: 1 } }), {
    find: () => entryOf({ resourceVersion: '9', status: { other: true } }),
  })
  await runTurn(options, turnOf())
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject([
    { value: 'u' },
    { value: '9' },
    { value: { other: true, n: 1 } },
  ])
})

test('runTurn() merges the status into an own write that the cache does not show yet, and so writes nothing twice', async () => {
  const { options, sent } = scripted(returned({ status: { n: 1 } }))
  const json = JSON.stringify({ metadata: {}, status: { n: 1 } })
  options.overlay.record(objectKey(DEMO, 'a', 'x'), { version: 'v1', uid: 'u', resourceVersion: '7', json })
  expect(await runTurn(options, turnOf())).toMatchObject({ kind: 'success' })
  expect(sent).toEqual([])
})

test.each([
  ['that is gone', undefined],
  ['that was re-created', entryOf({ uid: 'another' })],
])('runTurn() writes no status to an object %s', async (_, now) => {
  const { options, sent } = scripted(returned({ status: { n: 1 } }), { find: () => now })
  expect(await runTurn(options, turnOf())).toEqual({ kind: 'gone' })
  expect(sent).toEqual([])
})

test('runTurn() of deleted writes no status, and does not mind that the object is gone', async () => {
  const { options, sent } = scripted(returned({ status: { n: 1 } }), { find: () => undefined })
  expect(await runTurn(options, turnOf({ export: 'deleted' }))).toMatchObject({ kind: 'success' })
  expect(sent).toEqual([])
})

test.each([
  ['500', failure(500), 'retry'],
  ['403', failure(403), 'retry'],
  ['413', failure(413), 'terminal'],
  ['400', failure(400), 'terminal'],
  ['404', failure(404), 'gone'],
  ['no answer', new ApiUnreachableError('PATCH /x', { cause: new Error('reset'), notSent: false }), 'again'],
])('runTurn() whose status write fails with %s', async (_, error, kind) => {
  const { options } = scripted(returned({ status: { n: 1 } }), { send: () => Promise.reject(error) })
  const outcome = await runTurn(options, turnOf())
  expect(outcome.kind).toBe(kind)
  if ('failure' in outcome) expect(outcome.failure.message).toContain('Cannot write the status: ')
})

test('runTurn() whose status does not fit the schema shows the field and is not tried again', async () => {
  const { options } = scripted(returned({ status: { n: 'x' } }), {
    send: async ({ method }) => {
      if (method === 'PATCH') throw failure(422)
      return { code: 200, text: entryOf().json }
    },
  })
  expect(await runTurn(options, turnOf())).toMatchObject({
    kind: 'terminal',
    failure: { name: 'StatusWriteFailed', message: expect.stringContaining('status.n') },
  })
})
