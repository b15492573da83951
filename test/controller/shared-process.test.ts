import { expect, test } from 'vitest'
import { SharedProcess, Suspects } from '../../runtime/controller/suspects.ts'
import { SharedCalls } from './shared-calls.ts'

/** Keys of two controllers in flight, in the form `controller/key`. */
const started = (calls: SharedCalls) => [...calls.flights.keys()].toSorted()

test('SharedProcess makes the calls of all its controllers suspects, which run one at a time among all', async () => {
  const calls = new SharedCalls()
  calls.add('one', ['a', 'bad'])
  calls.add('two', ['x', 'y'])
  await calls.settled()
  expect(started(calls)).toEqual(['one/a', 'one/bad', 'two/x', 'two/y'])
  await calls.die()
  const ranAlone: string[] = []
  while (ranAlone.length < 4) {
    const [flight, ...others] = started(calls)
    expect(others).toEqual([])
    ranAlone.push(flight as string)
    if (flight === 'one/bad') await calls.die()
    else await calls.finish(flight as string)
  }
  expect(ranAlone.toSorted()).toEqual(['one/a', 'one/bad', 'two/x', 'two/y'])
  expect(calls.errors).toEqual([expect.stringMatching(/"a\/bad" failed \(attempt 1/)])
})

test('SharedProcess holds back a controller without suspects while another one has some, and lets it go on in turns', async () => {
  const calls = new SharedCalls()
  calls.add('one', ['bad', 'b'])
  await calls.settled()
  await calls.die()
  const two = calls.add('two', ['x', 'y', 'z'])
  await calls.settled()
  expect(started(calls)).toHaveLength(1)
  await calls.finish(started(calls)[0] as string)
  // The second one is first after it: its suspects did not keep the process to themselves.
  expect(started(calls)).toEqual(['two/x'])
  await calls.finish('two/x')
  expect(started(calls)).toHaveLength(1)
  await calls.finish(started(calls)[0] as string)
  expect(started(calls)).toEqual(['two/y', 'two/z'])
  expect(two.running).toBe(2)
})

test('SharedProcess waits for no suspects of a controller whose handler does not run', async () => {
  const calls = new SharedCalls()
  calls.add('one', ['a'])
  calls.add('two', ['x', 'y'])
  await calls.settled()
  calls.stopped.add('one')
  await calls.die()
  await calls.finish(started(calls)[0] as string)
  await calls.finish(started(calls)[0] as string)
  calls.enqueue('two', ['p', 'q'])
  await calls.settled()
  expect(started(calls)).toEqual(['two/p', 'two/q'])
})

test('Controller.share() leaves the suspects of the process before behind', async () => {
  const calls = new SharedCalls()
  const one = calls.add('one', ['a', 'b'])
  const two = calls.add('two', [])
  await calls.settled()
  await calls.die()
  calls.enqueue('two', ['x', 'y'])
  await calls.settled()
  expect(started(calls)).toHaveLength(1)
  two.share(new SharedProcess())
  await calls.settled()
  expect(started(calls)).toEqual(expect.arrayContaining(['two/x', 'two/y']))
  expect(one.running).toBe(1)
})

test('Controller.drain() holds up nobody with its suspects', async () => {
  const calls = new SharedCalls()
  const one = calls.add('one', ['a', 'b'])
  calls.add('two', [])
  await calls.settled()
  await calls.die()
  calls.enqueue('two', ['x', 'y'])
  const drained = one.drain()
  await calls.finish('one/a')
  await drained
  await calls.settled()
  expect(started(calls)).toEqual(['two/x', 'two/y'])
})

test('SharedProcess wakes those that it held back, the next one first, and nobody else', () => {
  const process = new SharedProcess()
  const woken: string[] = []
  const inHand = { a: 1, b: 0, c: 0 }
  const create = (name: 'a' | 'b' | 'c') => {
    const options = { inHand: () => inHand[name], canRun: () => true, wake: () => void woken.push(name) }
    return new Suspects(options, process)
  }
  const [a, b, c] = [create('a'), create('b'), create('c')]
  a.released()
  expect(woken).toEqual([])
  c.add('key')
  expect([a.mayRun, b.mayRun, c.mayRun]).toEqual([false, false, false])
  inHand.a = 0
  a.released()
  expect(woken).toEqual(['b', 'c', 'a'])
  expect(b.mayRun).toBe(true)
})
