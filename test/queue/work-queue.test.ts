import { expect, test, vi } from 'vitest'
import { Fifo } from '../../runtime/queue/fifo.ts'
import { WorkQueue } from '../../runtime/queue/work-queue.ts'

function takeAll(queue: WorkQueue): string[] {
  const keys: string[] = []
  for (let key = queue.take(); key !== undefined; key = queue.take()) keys.push(key)
  return keys
}

test('WorkQueue.add() of a key that waits already hands it out once', () => {
  const queue = new WorkQueue()
  queue.add('a')
  queue.add('a')
  queue.add('b')
  expect(queue.depth).toBe(2)
  expect(takeAll(queue)).toEqual(['a', 'b'])
})

test("WorkQueue.add() of a key in a worker's hands gives it exactly one more turn, after done()", () => {
  const queue = new WorkQueue()
  queue.add('a')
  expect(queue.take()).toBe('a')
  queue.add('a')
  queue.add('a')
  expect(queue.take()).toBeUndefined()
  queue.done('a')
  expect(queue.take()).toBe('a')
  queue.done('a')
  expect(queue.take()).toBeUndefined()
})

test('WorkQueue.take() hands out high before low, whatever the order of adding', () => {
  const queue = new WorkQueue()
  queue.add('low-1', 'low')
  queue.add('low-2', 'low')
  queue.add('high')
  expect(takeAll(queue)).toEqual(['high', 'low-1', 'low-2'])
})

test('WorkQueue.add() with high lifts a key out of low and hands it out once', () => {
  const queue = new WorkQueue()
  queue.add('a', 'low')
  queue.add('b', 'low')
  queue.add('b')
  queue.add('b', 'low')
  expect(queue.depth).toBe(2)
  expect(takeAll(queue)).toEqual(['b', 'a'])
})

test('WorkQueue.take() lets the low lane through now and then under a stream of high keys', () => {
  const queue = new WorkQueue()
  queue.add('patient', 'low')
  const taken: string[] = []
  for (let i = 0; i < 40; i++) {
    queue.add(`live-${i}`)
    queue.add(`more-${i}`)
    taken.push(queue.take() as string)
  }
  expect(taken).toContain('patient')
})

test('WorkQueue.remove() takes back a turn that has not begun, and leaves the one under way', () => {
  const queue = new WorkQueue()
  queue.add('a')
  queue.remove('a')
  expect(queue.depth).toBe(0)
  queue.add('b')
  queue.take()
  queue.add('b')
  queue.remove('b')
  queue.done('b')
  expect(takeAll(queue)).toEqual([])
})

test('WorkQueue calls onReady once for each key that can newly be taken', () => {
  let ready = 0
  const queue = new WorkQueue({ onReady: () => ready++ })
  queue.add('a')
  queue.add('a')
  queue.take()
  queue.add('a')
  expect(ready).toBe(1)
  queue.done('a')
  expect(ready).toBe(2)
})

test('WorkQueue holds its invariants over random operations: none lost, none in two hands', () => {
  let seed = 42
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return seed % n
  }
  const queue = new WorkQueue()
  const owed = new Set<string>()
  const held = new Set<string>()
  const finish = (key: string) => {
    held.delete(key)
    queue.done(key)
  }
  for (let i = 0; i < 20_000; i++) {
    const key = `k${random(50)}`
    if (random(3) < 2) {
      queue.add(key, random(2) === 0 ? 'high' : 'low')
      owed.add(key)
    } else if (random(2) === 0 && held.size > 0) {
      finish([...held][random(held.size)] as string)
    } else {
      const taken = queue.take()
      if (taken === undefined) continue
      expect(held.has(taken)).toBe(false)
      expect(owed.delete(taken)).toBe(true)
      held.add(taken)
    }
  }
  for (const key of held) finish(key)
  expect(new Set(takeAll(queue))).toEqual(owed)
})

test('Fifo keeps order while it wraps, grows and shrinks', () => {
  const fifo = new Fifo<number>()
  let next = 0
  let expected = 0
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 7 * (round % 5) + 3; i++) fifo.push(next++)
    for (let i = 0; i < 5 * (round % 4) + 2 && fifo.size > 0; i++) expect(fifo.shift()).toBe(expected++)
  }
  while (fifo.size > 0) expect(fifo.shift()).toBe(expected++)
  expect(expected).toBe(next)
  expect(fifo.shift()).toBeUndefined()
})

test('WorkQueue.remove() tells the metrics, of a key that waits as of one in hand, and once', () => {
  const removed: string[] = []
  const queue = new WorkQueue({ metrics: { added() {}, taken() {}, done() {}, removed: (key) => removed.push(key) } })
  queue.add('waits')
  queue.remove('waits')
  queue.remove('waits')
  queue.add('in hand')
  queue.take()
  queue.remove('in hand')
  queue.add('in hand')
  queue.remove('in hand')
  expect(removed).toEqual(['waits', 'in hand'])
})

/** What the queues made from now on push to their lanes. */
function spyOnLanes() {
  const pushed: string[] = []
  const { push } = Fifo.prototype
  const lanes = new Set<Fifo<unknown>>()
  vi.spyOn(Fifo.prototype, 'push').mockImplementation(function (this: Fifo<unknown>, item) {
    lanes.add(this)
    pushed.push(String(item))
    push.call(this, item)
  })
  return { pushed, sizes: () => [...lanes].map(({ size }) => size) }
}

test('WorkQueue.remove() of the last key that waits leaves nothing of those removed before it', () => {
  const { sizes } = spyOnLanes()
  const queue = new WorkQueue()
  queue.add('in hand')
  queue.take()
  for (const key of ['a', 'b', 'c']) queue.add(key)
  for (const key of ['a', 'b', 'c']) queue.remove(key)
  queue.done('in hand')
  vi.restoreAllMocks()
  expect(sizes()).toEqual([0])
})

test('WorkQueue.take() of the last key that waits leaves nothing where keys were lifted from', () => {
  const { sizes } = spyOnLanes()
  const queue = new WorkQueue()
  for (const key of ['a', 'b', 'c']) queue.add(key, 'low')
  for (const key of ['a', 'b', 'c']) queue.add(key, 'high')
  expect(takeAll(queue)).toEqual(['a', 'b', 'c'])
  vi.restoreAllMocks()
  expect(sizes()).toEqual([0, 0])
})

test('WorkQueue.remove() keeps nothing of keys that come and go while none is taken, and the order of those that stay', () => {
  const { pushed, sizes } = spyOnLanes()
  const queue = new WorkQueue()
  queue.add('low', 'low')
  queue.add('first')
  for (let i = 0; i < 10_000; i++) {
    queue.add(`gone-${i}`, i % 2 === 0 ? 'high' : 'low')
    queue.remove(`gone-${i}`)
  }
  queue.add('last')
  vi.restoreAllMocks()
  expect(Math.max(...sizes())).toBeLessThan(100)
  // What stays is moved rarely.
  expect(pushed.length).toBeLessThan(12_000)
  expect(takeAll(queue)).toEqual(['first', 'last', 'low'])
})
