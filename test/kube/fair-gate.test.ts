import { expect, test } from 'vitest'
import { FairGate } from '../../runtime/kube/fair-gate.ts'
import { settle } from '../fake-clock.ts'

/** Starts a run that lasts until `finish` is called. */
function start(gate: FairGate, user: string, order: string[], label = user) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const abort = new AbortController()
  const done = gate.run(user, abort.signal, async () => {
    order.push(label)
    await promise
    return label
  })
  return { done, finish: resolve, abort }
}

test('FairGate with free slots runs at once', async () => {
  const gate = new FairGate({ slots: 2, slotsPerUser: 2 })
  expect(await gate.run('a', undefined, async () => 7)).toBe(7)
  expect(gate.waiting).toBe(0)
})

test('FairGate never runs more than its slots at once', async () => {
  const gate = new FairGate({ slots: 3, slotsPerUser: 3 })
  let running = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      gate.run(`user-${i % 4}`, undefined, async () => {
        most = Math.max(most, ++running)
        await settle()
        running--
      }),
    ),
  )
  expect(most).toBe(3)
})

test('FairGate with one user holding a long queue serves another user next', async () => {
  const gate = new FairGate({ slots: 1, slotsPerUser: 1 })
  const order: string[] = []
  const runs = ['busy', 'busy', 'busy', 'busy', 'quiet', 'other'].map((user) => start(gate, user, order))
  for (const run of runs) run.finish()
  await Promise.all(runs.map(({ done }) => done))
  expect(order).toEqual(['busy', 'busy', 'quiet', 'other', 'busy', 'busy'])
})

test('FairGate keeps the order of one user', async () => {
  const gate = new FairGate({ slots: 1, slotsPerUser: 1 })
  const order: string[] = []
  const runs = [1, 2, 3, 4].map((n) => start(gate, 'a', order, String(n)))
  for (const run of runs) run.finish()
  await Promise.all(runs.map(({ done }) => done))
  expect(order).toEqual(['1', '2', '3', '4'])
})

test('FairGate with a user at its own limit leaves the rest to others at once', async () => {
  const gate = new FairGate({ slots: 3, slotsPerUser: 2 })
  const order: string[] = []
  const runs = [1, 2, 3].map((n) => start(gate, 'busy', order, `busy ${n}`))
  const quiet = start(gate, 'quiet', order)
  await settle()
  expect(order).toEqual(['busy 1', 'busy 2', 'quiet'])
  quiet.finish()
  await settle()
  expect(order).toHaveLength(3)
  runs[0]?.finish()
  await settle()
  expect(order.at(-1)).toBe('busy 3')
  for (const run of runs) run.finish()
  await Promise.all(runs.map(({ done }) => done))
})

test('FairGate.run() whose signal aborts while it waits rejects with the reason and takes no slot', async () => {
  const gate = new FairGate({ slots: 1, slotsPerUser: 1 })
  const order: string[] = []
  const first = start(gate, 'a', order, 'first')
  const second = start(gate, 'a', order, 'second')
  const third = start(gate, 'b', order, 'third')
  second.abort.abort(new Error('gave up'))
  await expect(second.done).rejects.toThrow('gave up')
  first.finish()
  third.finish()
  await third.done
  expect(order).toEqual(['first', 'third'])
  expect(gate.waiting).toBe(0)
  expect(await gate.run('a', undefined, async () => 'free')).toBe('free')
})

test('FairGate.run() whose work throws gives its slot back', async () => {
  const gate = new FairGate({ slots: 1, slotsPerUser: 1 })
  await expect(gate.run('a', undefined, () => Promise.reject(new Error('bad')))).rejects.toThrow('bad')
  expect(await gate.run('a', undefined, async () => 1)).toBe(1)
})
