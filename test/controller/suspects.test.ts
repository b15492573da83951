import { expect, test, vi } from 'vitest'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { Controller } from '../../runtime/controller/controller.ts'
import type { TurnRequest } from '../../runtime/controller/turn.ts'
import type { Entry } from '../../runtime/informer/entry.ts'
import type { CallRequest, Settled } from '../../runtime/sandbox/call.ts'
import { createFakeClock, type FakeClock, settle } from '../fake-clock.ts'
import { controllerConfig, DEMO } from './scripted-controller.ts'

const config = controllerConfig()

interface Flight {
  readonly key: string
  readonly attempt: number
  settle(settled: Settled): void
}

/** A controller whose guest is scripted: calls stay in flight until the test settles them. */
function createController(names: readonly string[]) {
  const clock = createFakeClock()
  const flights = new Map<string, Flight>()
  const entries = new Map(names.map((name) => [`a/${name}`, entryOf(name)]))
  const warn = vi.fn()
  const error = vi.fn()
  const controller = new Controller({
    config,
    clock,
    log: { debug() {}, info() {}, warn, error },
    metrics: {
      added() {},
      taken() {},
      removed() {},
      done() {},
      reconciled() {},
      retried() {},
      terminal() {},
      skipped() {},
      dropped() {},
      tombstoneDropped() {},
      slowedDown() {},
      mapped() {},
    },
    overlay: new Overlay(clock),
    send: async () => ({ code: 200, text: '{}' }),
    hostCall: async () => undefined,
    call: (request: CallRequest) => {
      const { promise, resolve } = Promise.withResolvers<Settled>()
      const { key } = request as TurnRequest
      const { attempt } = JSON.parse(request.context) as { attempt: number }
      flights.set(key, {
        key,
        attempt,
        settle: (settled) => {
          flights.delete(key)
          resolve(settled)
        },
      })
      return promise
    },
    ready: () => true,
    resource: async () => DEMO,
    find: (key) => entries.get(key),
    entries: () => [...entries.values()],
  })
  controller.loaded(['reconcile'])
  controller.start()
  for (const entry of entries.values()) controller.added(entry, false)
  return { controller, clock, flights, entries, warn, error }
}

function entryOf(name: string): Entry {
  const base = { namespace: 'a', name, uid: name, resourceVersion: '1', generation: 1, deletionTimestamp: undefined }
  return { ...base, key: `a/${name}`, finalizers: [], labels: {}, owners: [], json: '{}' }
}

/** All that is in flight ends with the guest. */
async function die(flights: ReadonlyMap<string, Flight>, clock: FakeClock): Promise<void> {
  for (const flight of [...flights.values()]) flight.settle({ kind: 'died', reason: 'did not answer for 2 s' })
  await clock.advance(0)
}

const keysOf = (flights: ReadonlyMap<string, Flight>) => [...flights.keys()]

test('Controller hands out one key at a time after a death, until each that was in hand has run alone', async () => {
  const { flights, clock } = createController(['bad', 'b', 'c', 'd'])
  await settle()
  expect(keysOf(flights)).toHaveLength(4)
  await die(flights, clock)
  const ranAlone: string[] = []
  while (ranAlone.length < 4) {
    const [key, ...others] = keysOf(flights)
    expect(others).toEqual([])
    ranAlone.push(key as string)
    expect(flights.get(key as string)?.attempt).toBe(1)
    if (key === 'a/bad') await die(flights, clock)
    else flights.get(key as string)?.settle({ kind: 'returned', value: undefined })
    await clock.advance(0)
    await settle()
  }
  expect(ranAlone.toSorted()).toEqual(['a/b', 'a/bad', 'a/c', 'a/d'])
})

test('Controller blames the key that kills a guest alone: it is counted, named and backed off', async () => {
  const { flights, clock, warn, error } = createController(['bad'])
  await settle()
  await die(flights, clock)
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/did not answer for 2 s; .* alone/), { key: 'a/bad' })
  expect(error).not.toHaveBeenCalled()
  await settle()
  await die(flights, clock)
  expect(error).toHaveBeenCalledWith(
    expect.stringMatching(/"a\/bad" failed \(attempt 1, .*GuestDied: .* did not answer for 2 s/),
    expect.objectContaining({ key: 'a/bad' }),
  )
  await clock.advance(1000)
  await settle()
  expect(flights.get('a/bad')?.attempt).toBe(2)
})

test('Controller works side by side again once the suspects have run, and when one of them is gone', async () => {
  const { controller, flights, clock, entries } = createController(['a', 'b'])
  await settle()
  await die(flights, clock)
  const [first] = keysOf(flights)
  const second = first === 'a/a' ? 'a/b' : 'a/a'
  const gone = entries.get(second) as Entry
  entries.delete(second)
  controller.removed(gone)
  flights.get(first as string)?.settle({ kind: 'returned', value: undefined })
  await settle()
  for (const name of ['x', 'y', 'z']) {
    entries.set(`a/${name}`, entryOf(name))
    controller.added(entryOf(name), false)
  }
  await settle()
  expect(keysOf(flights)).toEqual(['a/x', 'a/y', 'a/z'])
})

test('Controller suspects nobody any more when another bundle has been loaded', async () => {
  const { controller, flights, clock } = createController(['a', 'b', 'c'])
  await settle()
  await die(flights, clock)
  expect(keysOf(flights)).toHaveLength(1)
  controller.loaded(['reconcile'])
  await settle()
  expect(keysOf(flights)).toHaveLength(3)
})
