import { expect, test } from 'vitest'
import { createFakeObjects } from '../controller/fake-objects.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'
import { settle } from '../fake-clock.ts'
import { entryOf } from '../informer/feed.ts'

/** A controller whose writes come back as events, as they do from a cluster; it answers every call with that status. */
async function runUntilQuiet(statusOf: (call: number) => object, most = 50) {
  const objects = createFakeObjects()
  const scripted = createScriptedController()
  scripted.respond = objects.respond
  await scripted.tell(objects.set('x'))
  let calls = 0
  while (scripted.inFlight().length > 0 && calls < most) {
    const before = scripted.sent.length
    await scripted.clock.advance(5000)
    await scripted.call().returns({ status: statusOf(++calls) })
    if (scripted.sent.length > before) await scripted.tell(objects.get('x') ?? {})
  }
  return { calls, writes: scripted.sent.length, objects }
}

test('never-07: a handler that returns the same status again is run once for its own write, and writes no more', async () => {
  const { calls, writes } = await runUntilQuiet(() => ({ ready: true, list: [1, { a: 2 }] }))
  expect([calls, writes]).toEqual([2, 1])
})

test('never-07: keys in another order, or nulls for what is not there, are no other status', async () => {
  const { calls, writes } = await runUntilQuiet((call) =>
    call % 2 === 1 ? { a: 1, b: [{ c: 2, d: 3 }] } : { gone: null, b: [{ d: 3, c: 2 }], a: 1 },
  )
  expect([calls, writes]).toEqual([2, 1])
})

test('never-07: a condition that stays as it is has its old transition time, so that it is no other status', async () => {
  const condition = { type: 'Ready', status: 'True', reason: 'Done', message: '' }
  const { calls, writes, objects } = await runUntilQuiet(() => ({ conditions: [condition] }))
  expect([calls, writes]).toEqual([2, 1])
  expect(objects.get('x')?.status).toMatchObject({
    conditions: [{ type: 'Ready', lastTransitionTime: expect.any(String) }],
  })
})

test('never-07: a status that somebody else has written already is not written again', async () => {
  const objects = createFakeObjects()
  const scripted = createScriptedController()
  scripted.respond = objects.respond
  await scripted.tell({ ...objects.set('x'), status: { n: 1 } })
  await scripted.call().returns({ status: { n: 1 } })
  expect(scripted.sent).toEqual([])
})

const MINUTE = 60_000
const CALL_MS = 10

/** A controller and the objects that its writes change; `x` is there. */
async function startOn(exports: readonly string[]) {
  const objects = createFakeObjects()
  const scripted = createScriptedController({}, { exports })
  scripted.respond = objects.respond
  await scripted.tell(objects.set('x'))
  return { ...scripted, scripted, objects }
}

type Looping = Awaited<ReturnType<typeof startOn>>

/** Each call takes 10 ms and writes another status, and the event of that write follows; answers when each began. */
async function loopFor({ scripted, objects }: Looping, ms: number): Promise<number[]> {
  const { clock, inFlight } = scripted
  const endMs = clock.now() + ms
  const began: number[] = []
  while (clock.now() < endMs) {
    if (inFlight().length === 0) await clock.advance(1000)
    else {
      began.push(clock.now())
      await clock.advance(CALL_MS)
      await scripted.call().returns({ status: { at: clock.now() } })
      await scripted.tell(objects.get('x') ?? {})
    }
  }
  return began
}

test('never-07: a loop by writes that differ each time is slowed down to two runs a minute, said once and counted', async () => {
  const looping = await startOn(['reconcile'])
  const began = await loopFor(looping, 10 * MINUTE)
  expect(began.length).toBeLessThan(130)
  expect((began.at(-1) as number) - (began.at(-2) as number)).toBeGreaterThanOrEqual(MINUTE / 2)
  const { clock, controller, counts, lines, scripted, objects } = looping
  expect(lines).toEqual([expect.stringMatching(/^Changes made "a\/x" run \d+ times in 1\.\d s: it is slowed down/)])
  expect([counts.slowedDown, controller.slowed]).toEqual([1, 1])
  // It goes on nevertheless, with the newest state.
  await scripted.tell(objects.set('x', { labels: { newest: 'yes' } }))
  await clock.advance(MINUTE / 2)
  expect(scripted.call().object.metadata?.labels).toEqual({ newest: 'yes' })
})

test('never-07: the deletion of an object in a loop is never held up, and nothing of the loop is kept', async () => {
  const looping = await startOn(['reconcile', 'finalize'])
  await loopFor(looping, 5 * MINUTE)
  const { clock, controller, scripted, objects } = looping
  expect([controller.slowed, scripted.inFlight()]).toEqual([1, []])
  const beforeMs = clock.now()
  await scripted.tell(objects.set('x', { deletionTimestamp: '2026-01-01T00:00:00Z' }))
  expect(scripted.call().export).toBe('finalize')
  await scripted.call().returns()
  expect([objects.get('x'), clock.now()]).toEqual([undefined, beforeMs])
  await scripted.remove('x')
  expect(controller.slowed).toBe(0)
  await clock.advance(MINUTE)
  expect([clock.pending, scripted.inFlight()]).toEqual([0, []])
})

test('never-07: `deleted` of an object in a loop runs at once, and so does another object of its name', async () => {
  const looping = await startOn(['reconcile', 'deleted'])
  await loopFor(looping, 5 * MINUTE)
  const { controller, scripted, objects } = looping
  await scripted.tell(objects.set('x'))
  expect([controller.slowed, scripted.inFlight()]).toEqual([1, []])
  objects.delete('x')
  await scripted.remove('x')
  expect(scripted.call().export).toBe('deleted')
  await scripted.call().returns()
  await scripted.tell(objects.set('x'))
  expect([scripted.call().export, controller.slowed]).toEqual(['reconcile', 0])
})

const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }
const SOURCE = { gvk: CONFIG_MAP, map: 'toDemos' }

/** A controller with a mapper; `tell` is of the next version of the one ConfigMap, from whose mapping x runs. */
async function startMapped() {
  const scripted = createScriptedController({ watches: [SOURCE] }, { exports: ['reconcile', 'toDemos'] })
  await scripted.put('x')
  let version = 0
  const tell = async ({ isGone = false } = {}) => {
    const old = version === 0 ? undefined : entryOf('c', version)
    scripted.controller.secondary(SOURCE, { entry: entryOf('c', ++version), old, isGone, isInitial: false })
    await settle()
  }
  /** Its own writes to what it watches make it run again. */
  const loop = async (ms: number) => {
    const endMs = scripted.clock.now() + ms
    let calls = 0
    while (scripted.clock.now() < endMs) {
      const [call] = scripted.inFlight()
      await scripted.clock.advance(call === undefined ? 1000 : CALL_MS)
      if (call?.export === 'toDemos') await call.returns([{ namespace: 'a', name: 'x' }])
      else if (call !== undefined) {
        calls++
        await call.returns()
        await tell()
      }
    }
    return calls
  }
  return { ...scripted, tell, loop }
}

test('never-07: a loop through a mapper is slowed down too', async () => {
  const { loop, controller, lines } = await startMapped()
  expect(await loop(10 * MINUTE)).toBeLessThan(250)
  expect(controller.slowed).toBeGreaterThan(0)
  expect(lines.filter((line) => line.includes('slowed down')).length).toBeLessThanOrEqual(2)
})

test('never-07: a mapper in a loop is told of a deletion at once', async () => {
  const { call, clock, controller, inFlight, tell } = await startMapped()
  await call().returns()
  for (let times = 0; times < 110 && controller.slowed === 0; times++) {
    await tell()
    await call().returns([])
  }
  await tell()
  expect([controller.slowed, inFlight()]).toEqual([1, []])
  const beforeMs = clock.now()
  await tell({ isGone: true })
  // What was held comes first.
  while (inFlight().length > 0 && call().reason !== 'deleted') await call().returns([])
  expect([call().export, call().reason, clock.now()]).toEqual(['toDemos', 'deleted', beforeMs])
})
