import { expect, test } from 'vitest'
import { createFakeObjects } from '../controller/fake-objects.ts'
import { createScriptedController } from '../controller/scripted-controller.ts'

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

// The circuit breaker's cases belong here: a loop by writes that differ each time is slowed down, said once and counted, and a
// deletion passes at once.
