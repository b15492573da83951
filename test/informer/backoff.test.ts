import { describe, expect, test } from 'vitest'
import { createBackoff, withBackoff } from '../../runtime/informer/backoff.ts'
import { createFakeClock } from '../fake-clock.ts'

describe('Backoff.nextDelayMs()', () => {
  test('doubles up to the cap, by full jitter', () => {
    const clock = createFakeClock()
    const highest = createBackoff({ clock, random: () => 1 })
    expect(Array.from({ length: 8 }, () => highest.nextDelayMs())).toEqual([
      800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
    ])
    expect(createBackoff({ clock, random: () => 0.25 }).nextDelayMs()).toBe(200)
  })

  test('waits at least as long as it is asked to', () => {
    const backoff = createBackoff({ clock: createFakeClock(), random: () => 0 })
    expect(backoff.nextDelayMs(30_000)).toBe(30_000)
  })

  test('starts over only after a time without failure, counted from the end of the wait', async () => {
    const clock = createFakeClock()
    const backoff = createBackoff({ clock, random: () => 1 })
    const failAfter = async (ms: number) => {
      await clock.advance(ms)
      return backoff.nextDelayMs()
    }
    expect(await failAfter(0)).toBe(800)
    expect(await failAfter(800 + 59_999)).toBe(1600)
    expect(await failAfter(1600 + 60_000)).toBe(800)
  })
})

describe('withBackoff()', () => {
  test('passes a failure on at once and pulls again only after the wait', async () => {
    const clock = createFakeClock()
    let pulls = 0
    async function* failing() {
      for (;;) yield { kind: 'error', pull: ++pulls }
    }
    const seen: number[] = []
    const stop = new AbortController()
    const done = (async () => {
      for await (const { pull } of withBackoff(failing(), () => 1000, clock, stop.signal)) seen.push(pull)
    })()
    await clock.advance(999)
    expect([seen, pulls]).toEqual([[1], 1])
    await clock.advance(1)
    expect([seen, pulls]).toEqual([[1, 2], 2])
    stop.abort()
    await done
    expect([seen, clock.pending]).toEqual([[1, 2], 0])
  })
})
