import { afterEach, expect, test, vi } from 'vitest'
import { startStopwatch } from '../../runtime/leaderelection/stopwatch.ts'

const clocks = vi.hoisted(() => ({ uptimeS: 1_000 }))

vi.mock('node:os', () => ({ uptime: () => clocks.uptimeS }))

afterEach(() => {
  vi.useRealTimers()
})

test.each([
  ['goes on as ever', { monotonic: 5_000, boot: 5_000, wall: 5_000 }, { least: 5_000, most: 5_000 }],
  ['was suspended with its machine', { monotonic: 5_000, boot: 65_000, wall: 65_000 }, { least: 5_000, most: 65_000 }],
  ['was paused with its virtual machine', { monotonic: 5, boot: 5, wall: 60_000 }, { least: 5, most: 60_000 }],
  ['has its wall clock set back', { monotonic: 5_000, boot: 5_000, wall: -3_600_000 }, { least: 5_000, most: 5_000 }],
])('Stopwatch of a process that %s tells the least and the most time past', (_, past, expected) => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_000_000 })
  const stopwatch = startStopwatch()
  // Moves both; then the wall clock alone is set.
  vi.advanceTimersByTime(past.monotonic)
  vi.setSystemTime(1_000_000 + past.wall)
  clocks.uptimeS += past.boot / 1000
  expect(stopwatch.leastMs()).toBeCloseTo(expected.least, 3)
  expect(stopwatch.mostMs()).toBeCloseTo(expected.most, 3)
})
