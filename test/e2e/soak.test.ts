import { describe, expect, test } from 'vitest'
import { churn, outliving } from '../soak/churn.ts'
import { overgrown } from '../soak/soak.ts'
import { swap } from '../soak/swaps.ts'

/** Minutes, on a machine that is shared. */
const TIMEOUT_MS = 600_000

describe('Memory, descriptors, timers and processes of a host', () => {
  test(
    'stay as they are over 100 swaps, some of versions that do not build, and changes of the config',
    async () => {
      const samples = await swap({ swaps: 100, samples: 10 })
      expect(samples.at(-1)?.done).toBeGreaterThanOrEqual(100)
      expect(overgrown(samples)).toEqual([])
    },
    TIMEOUT_MS,
  )

  test(
    'stay as they are over 5,000 objects made and deleted, and nothing keyed by an object outlives it',
    async () => {
      const samples = await churn({ objects: 5_000, rounds: 5 })
      expect(samples.at(-1)?.done).toBe(5_000)
      for (const { holding } of samples) expect(outliving(holding)).toEqual([])
      expect(overgrown(samples)).toEqual([])
    },
    TIMEOUT_MS,
  )
})
