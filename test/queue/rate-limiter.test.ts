import { expect, test } from 'vitest'
import { DelayingQueue } from '../../runtime/queue/delaying-queue.ts'
import { backoffCapMs, RateLimiter } from '../../runtime/queue/rate-limiter.ts'
import { TokenBucket } from '../../runtime/util/token-bucket.ts'
import { createFakeClock } from '../fake-clock.ts'

test('backoffCapMs() doubles from the base and stops at the maximum', () => {
  const options = { baseDelayMs: 5, maxDelayMs: 1000 }
  expect([0, 1, 2, 7, 8, 5000].map((n) => backoffCapMs(n, options))).toEqual([5, 10, 20, 640, 1000, 1000])
})

test('RateLimiter.when() waits a random part of the cap, counts failures, and forget() begins anew', () => {
  const bucket = new TokenBucket(createFakeClock(), 10, 100)
  const limiter = new RateLimiter({ baseDelayMs: 100, maxDelayMs: 10_000 }, bucket, () => 0.5)
  expect([limiter.when('a'), limiter.when('a'), limiter.when('a'), limiter.when('b')]).toEqual([50, 100, 200, 50])
  expect(limiter.failures('a')).toBe(3)
  limiter.forget('a')
  expect(limiter.when('a')).toBe(50)
})

test('TokenBucket lets a burst through, then one token an interval, and fills up again only to the burst', async () => {
  const clock = createFakeClock()
  const bucket = new TokenBucket(clock, 10, 3)
  expect([1, 2, 3, 4, 5].map(() => bucket.take())).toEqual([0, 0, 0, 100, 200])
  await clock.advance(60_000)
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([0, 0, 0, 100])
})

test('DelayingQueue keeps one timer a key: the last one set', async () => {
  const clock = createFakeClock()
  const due: string[] = []
  const queue = new DelayingQueue(clock, (key) => due.push(key))
  queue.addAfter('a', 100)
  queue.addAfter('a', 300)
  queue.addAfter('b', 200)
  queue.addAfter('c', 50)
  queue.clear('c')
  await clock.advance(250)
  expect(due).toEqual(['b'])
  await clock.advance(100)
  expect(due).toEqual(['b', 'a'])
  expect([queue.size, clock.pending]).toEqual([0, 0])
})
