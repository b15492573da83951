import { expect, test } from 'vitest'
import { CircuitBreaker } from '../../runtime/queue/circuit-breaker.ts'
import { createFakeClock } from '../fake-clock.ts'

function createBreaker() {
  const clock = createFakeClock()
  const said: string[] = []
  const due: string[] = []
  const breaker: CircuitBreaker = new CircuitBreaker({
    clock,
    onDue: (key) => due.push(key),
    onOpened: (key, { runs, overMs }) => said.push(`${key} opened after ${runs} in ${overMs} ms`),
    onClosed: (key) => said.push(`${key} closed`),
  })
  /** Runs the key `times` for changes, `everyMs` apart. */
  const run = async (key: string, times: number, everyMs: number) => {
    for (let index = 0; index < times; index++) {
      breaker.ran(key, true)
      await clock.advance(everyMs)
    }
  }
  /**
   * Runs a key whose every run is answered by a change after `answerMs`, until the time is over; answers when its turns
   * began, in ms. As a controller does it, each held turn runs when it is due.
   */
  const loop = async (key: string, forMs: number, answerMs: number, { feedMs = 0 } = {}): Promise<number[]> => {
    const from = clock.now()
    const began: number[] = []
    let isAsked = true
    let lastFedAt = from
    while (clock.now() - from < forMs) {
      if (feedMs > 0 && clock.now() - lastFedAt >= feedMs) {
        lastFedAt = clock.now()
        isAsked ||= !breaker.holds(key)
      }
      if (isAsked || due.splice(0).length > 0) {
        isAsked = false
        began.push(clock.now() - from)
        breaker.ran(key, true)
        await clock.advance(answerMs)
        isAsked = !breaker.holds(key)
      } else await clock.advance(10)
    }
    return began
  }
  return { breaker, clock, said, due, run, loop }
}

test('CircuitBreaker opens once a key ran a hundred times beyond three a second, and says so once', async () => {
  const { breaker, said, run, loop } = createBreaker()
  await run('a', 100, 0)
  expect([said, breaker.holds('a')]).toEqual([[], false])
  breaker.ran('a', true)
  expect([said, breaker.holds('a'), breaker.size]).toEqual([['a opened after 101 in 0 ms'], true, 1])
  await loop('a', 300_000, 10)
  expect(said).toHaveLength(1)
})

test.each([10, 100, 250])('CircuitBreaker opens on a loop whose every round takes %i ms', async (roundMs) => {
  const { breaker, run } = createBreaker()
  await run('a', 600, roundMs)
  expect(breaker.size).toBe(1)
})

test.each([
  ['three times a second', 3 * 3600, 1000 / 3],
  ['once a second', 3600, 1000],
])('CircuitBreaker never opens on a key that runs %s for an hour', async (_, times, everyMs) => {
  const { breaker, said, run } = createBreaker()
  await run('a', times, everyMs)
  expect([said, breaker.size]).toEqual([[], 0])
})

test('CircuitBreaker never opens on bursts with a rest between them', async () => {
  const { said, run, clock } = createBreaker()
  for (let burst = 0; burst < 50; burst++) {
    await run('a', 100, 1)
    await clock.advance(34_000)
  }
  expect(said).toEqual([])
})

test('CircuitBreaker lets a loop run after 1, 2, 4, 8, 16 and then every 30 s', async () => {
  const { run, loop } = createBreaker()
  await run('a', 101, 0)
  const began = await loop('a', 150_000, 10)
  // Its clock steps by 10 ms.
  const apart = began.slice(1).map((ms, index) => Math.round((ms - (began[index] as number)) / 1000))
  expect(apart).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
})

test('CircuitBreaker lets a key that others change all the time run about once a second, for however long', async () => {
  const { run, loop } = createBreaker()
  await run('a', 101, 0)
  const began = await loop('a', 100_000, 10, { feedMs: 100 })
  expect(began.length).toBeGreaterThanOrEqual(95)
  expect(began.length).toBeLessThanOrEqual(101)
})

test('CircuitBreaker holds one turn for all changes of a delay, and hands it out when that is over', async () => {
  const { breaker, clock, due, run } = createBreaker()
  await run('a', 101, 0)
  for (let change = 0; change < 5; change++) expect(breaker.holds('a')).toBe(true)
  await clock.advance(999)
  expect(due).toEqual([])
  await clock.advance(1)
  expect(due).toEqual(['a'])
  // It waits in the queue now, and so may further changes.
  expect(breaker.holds('a')).toBe(false)
  await clock.advance(60_000)
  expect([due, breaker.size]).toEqual([['a'], 1])
})

test('CircuitBreaker closes after a delay without a change, and says so; the key starts with a clean sheet', async () => {
  const { breaker, clock, said, run } = createBreaker()
  await run('a', 101, 0)
  await clock.advance(1000)
  expect([said.at(-1), breaker.size, breaker.holds('a')]).toEqual(['a closed', 0, false])
  await run('a', 100, 0)
  expect([said.length, breaker.size]).toEqual([2, 0])
})

test('CircuitBreaker counts no run but those for changes', async () => {
  const { breaker, said } = createBreaker()
  for (let index = 0; index < 1000; index++) breaker.ran('a', false)
  expect([said, breaker.size]).toEqual([[], 0])
})

test('CircuitBreaker takes any other turn of a key for the one that it holds', async () => {
  const { breaker, clock, due, run } = createBreaker()
  await run('a', 101, 0)
  expect(breaker.holds('a')).toBe(true)
  await clock.advance(500)
  breaker.ran('a', false)
  await clock.advance(600)
  expect(due).toEqual([])
  expect(breaker.holds('a')).toBe(true)
  await clock.advance(400)
  expect(due).toEqual(['a'])
})

test('CircuitBreaker closes for a key that comes to rest, though it goes on running for other reasons', async () => {
  const { breaker, clock, run } = createBreaker()
  await run('a', 101, 0)
  for (let index = 0; index < 11; index++) {
    await clock.advance(100)
    breaker.ran('a', false)
  }
  expect(breaker.size).toBe(0)
})

test('CircuitBreaker slows down no other key', async () => {
  const { breaker, run } = createBreaker()
  await run('a', 101, 0)
  await run('b', 50, 0)
  expect([breaker.holds('a'), breaker.holds('b')]).toEqual([true, false])
})

test('CircuitBreaker keeps nothing of keys at rest', async () => {
  const { breaker, clock } = createBreaker()
  for (let index = 0; index < 10_000; index++) breaker.ran(`key-${index}`, true)
  expect(clock.pending).toBe(1)
  await clock.advance(20_000)
  expect([clock.pending, breaker.size]).toEqual([0, 0])
})

test('CircuitBreaker.forget() drops what it counted, what it holds, and its timer', async () => {
  const { breaker, clock, due, run, said } = createBreaker()
  await run('a', 101, 0)
  breaker.holds('a')
  breaker.forget('a')
  expect([breaker.size, breaker.holds('a')]).toEqual([0, false])
  await clock.advance(60_000)
  expect([due, said.length, clock.pending]).toEqual([[], 1, 0])
})

test('CircuitBreaker.clear() lets all keys run at once, and leaves no timer', async () => {
  const { breaker, clock, due, run } = createBreaker()
  await run('a', 101, 0)
  await run('b', 50, 0)
  breaker.holds('a')
  breaker.clear()
  expect([breaker.size, breaker.holds('a'), clock.pending]).toEqual([0, false, 0])
  await clock.advance(60_000)
  expect(due).toEqual([])
})
