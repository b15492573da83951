import { expect, test } from 'vitest'
import { churnInProcess, outlivingInProcess } from './in-process.ts'
import { overgrown } from './soak.ts'

test('A controller holds nothing of 3,000 objects that came and went, but the parked last states', async () => {
  const samples = await churnInProcess({ objects: 3_000, rounds: 6 })
  expect(samples.flatMap(outlivingInProcess)).toEqual([])
  // In a test's process more than the controller lives: its memory is for the soak to judge.
  expect(overgrown(samples).filter((fault) => fault.startsWith('timers'))).toEqual([])
}, 120_000)
