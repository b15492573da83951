import { expect, test } from 'vitest'
import { EventRecorder } from '../../runtime/broker/event-recorder.ts'
import type { KubeEvent } from '../../runtime/broker/events.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { statusError } from './scripted-broker.ts'

const MINUTE = 60_000

const eventOf = (note = 'm', uid = 'u', fields: Partial<KubeEvent> = {}): KubeEvent => ({
  namespace: 'a',
  regarding: { apiVersion: 'v1', kind: 'Pod', name: 'x', namespace: 'a', uid },
  type: 'Normal',
  reason: 'R',
  action: 'reconcile',
  note,
  rest: {},
  ...fields,
})

function setUp(answer: (request: KubeRequest) => Promise<unknown> = async () => {}) {
  const clock = createFakeClock()
  const sent: KubeRequest[] = []
  const warnings: string[] = []
  let dropped = 0
  const send = (request: KubeRequest) => {
    sent.push(request)
    return answer(request)
  }
  const warn = (message: string) => warnings.push(message)
  const recorder = new EventRecorder({ clock, send, warn, dropped: () => dropped++ })
  return {
    clock,
    recorder,
    sent,
    warnings,
    dropped: () => dropped,
    methods: () => sent.map(({ method }) => method),
    counts: () => sent.map(({ body }) => JSON.parse(body as string).series?.count),
  }
}

test('EventRecorder writes the same event once, tells its series at the second, and then at most once a minute', async () => {
  const { recorder, clock, sent, methods, counts } = setUp()
  await recorder.record(eventOf())
  await recorder.record(eventOf())
  expect(methods()).toEqual(['POST', 'PATCH'])
  const { name } = JSON.parse(sent[0]?.body as string).metadata
  expect(sent[1]).toMatchObject({
    path: `/apis/events.k8s.io/v1/namespaces/a/events/${name}`,
    contentType: 'application/merge-patch+json',
    body: JSON.stringify({
      series: { count: 2, lastObservedTime: new Date(clock.now()).toISOString().replace('Z', '000Z') },
    }),
  })
  for (let i = 0; i < 1000; i++) await recorder.record(eventOf())
  await clock.advance(MINUTE - 1)
  expect(sent).toHaveLength(2)
  await clock.advance(1)
  expect(counts()).toEqual([undefined, 2, 1002])
  await clock.advance(10 * MINUTE)
  expect(sent).toHaveLength(3)
  expect(clock.pending).toBe(0)
})

test.each([
  ['note', eventOf('other')],
  ['object', eventOf('m', 'other')],
  ['type', eventOf('m', 'u', { type: 'Warning' })],
  ['reason', eventOf('m', 'u', { reason: 'Other' })],
  ['action', eventOf('m', 'u', { action: 'other' })],
])('EventRecorder writes an event of another %s by itself', async (_, other) => {
  const { recorder, methods } = setUp()
  await recorder.record(eventOf())
  await recorder.record(other)
  expect(methods()).toEqual(['POST', 'POST'])
})

test('EventRecorder begins anew six minutes after the last of a series', async () => {
  const { recorder, clock, methods } = setUp()
  await recorder.record(eventOf())
  await clock.advance(6 * MINUTE - 1)
  await recorder.record(eventOf())
  await clock.advance(6 * MINUTE)
  await recorder.record(eventOf())
  expect(methods()).toEqual(['POST', 'PATCH', 'POST'])
})

test('EventRecorder takes 25 events about one object, then one in five minutes, and says once that it leaves some out', async () => {
  const { recorder, clock, sent, dropped, warnings } = setUp()
  for (let i = 0; i < 30; i++) await recorder.record(eventOf(`${i}`))
  expect([sent.length, dropped(), warnings.length]).toEqual([25, 5, 1])
  await recorder.record(eventOf('m', 'another object'))
  expect(sent).toHaveLength(26)
  await clock.advance(5 * MINUTE)
  for (let i = 30; i < 33; i++) await recorder.record(eventOf(`${i}`))
  expect([sent.length, dropped()]).toEqual([27, 7])
})

test('EventRecorder that could not write an event begins anew with the next', async () => {
  let isRefused = true
  const { recorder, methods } = setUp(async () => {
    if (isRefused) throw statusError(403, 'Forbidden')
  })
  await expect(recorder.record(eventOf())).rejects.toThrow('Forbidden')
  isRefused = false
  await recorder.record(eventOf())
  expect(methods()).toEqual(['POST', 'POST'])
})

test('EventRecorder writes a series anew whose event has expired', async () => {
  const { recorder, methods, counts } = setUp(async ({ method }) => {
    if (method === 'PATCH') throw statusError(404, 'NotFound')
  })
  await recorder.record(eventOf())
  await recorder.record(eventOf())
  expect(methods()).toEqual(['POST', 'PATCH', 'POST'])
  expect(counts()).toEqual([undefined, 2, 2])
})

test('EventRecorder sends a series only after the event it belongs to', async () => {
  const first = Promise.withResolvers<void>()
  const { recorder, methods } = setUp(({ method }) => (method === 'POST' ? first.promise : Promise.resolve()))
  const writes = [recorder.record(eventOf()), recorder.record(eventOf())]
  await settle()
  expect(methods()).toEqual(['POST'])
  first.resolve()
  await Promise.all(writes)
  expect(methods()).toEqual(['POST', 'PATCH'])
})

test('EventRecorder warns of a series that cannot be told later, and begins anew', async () => {
  let isRefused = false
  const { recorder, clock, methods, warnings } = setUp(async () => {
    if (isRefused) throw statusError(403, 'Forbidden')
  })
  for (let i = 0; i < 3; i++) await recorder.record(eventOf())
  isRefused = true
  await clock.advance(MINUTE)
  expect(warnings).toEqual([expect.stringContaining('Cannot record event "R"')])
  isRefused = false
  await recorder.record(eventOf())
  expect(methods()).toEqual(['POST', 'PATCH', 'PATCH', 'POST'])
})

test('EventRecorder remembers 4,096 series and no more', async () => {
  const { recorder, methods } = setUp()
  for (let i = 0; i <= 4096; i++) await recorder.record(eventOf('m', `${i}`))
  await recorder.record(eventOf('m', '4096'))
  await recorder.record(eventOf('m', '0'))
  expect(methods().slice(-2)).toEqual(['PATCH', 'POST'])
})

test('EventRecorder.close() leaves no timer and sends nothing any more', async () => {
  const { recorder, clock, sent } = setUp()
  for (let i = 0; i < 3; i++) await recorder.record(eventOf())
  recorder.close()
  expect(clock.pending).toBe(0)
  expect(sent).toHaveLength(2)
})
