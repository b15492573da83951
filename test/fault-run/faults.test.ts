import { expect, test } from 'vitest'
import { type Step, script } from './faults.ts'
import { createSeededRandom } from './seeded-random.ts'

function first(seed: number): Step[] {
  const steps = script(createSeededRandom(seed), 100)
  return Array.from({ length: 1_000 }, () => steps.next().value)
}

test('script() of the same seed has the same steps, and of another one others', () => {
  expect(first(7)).toEqual(first(7))
  expect(first(8)).not.toEqual(first(7))
})

test('script() holds changes and every place of a fault', () => {
  const places = first(7).map((step) => (step.does === 'change' ? 'change' : step.fault.at))
  expect([...new Set(places)].sort()).toEqual([
    'all',
    'change',
    'exchange',
    'nextPage',
    'page',
    'streamedList',
    'watch',
    'watchEvent',
  ])
})
