import { expect, test } from 'vitest'
import { formatAge, formatHumanDuration } from '../../../runtime/apiserver/kinds/columns/human-duration.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** As in apimachinery's own test of HumanDuration. */
const CASES: readonly [seconds: number, text: string][] = [
  [-2, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [1, '1s'],
  [70, '70s'],
  [2 * MINUTE - 1, '119s'],
  [190, '3m10s'],
  [10 * MINUTE, '10m'],
  [70 * MINUTE, '70m'],
  [3 * HOUR - 1, '179m'],
  [47 * HOUR, '47h'],
  [7 * HOUR, '7h'],
  [7 * HOUR + 30 * MINUTE, '7h30m'],
  [49 * HOUR, '2d1h'],
  [8 * DAY - 2 * HOUR, '7d22h'],
  [8 * DAY, '8d'],
  [367 * DAY, '367d'],
  [4 * YEAR, '4y'],
  [4 * YEAR + 2 * DAY, '4y2d'],
  [8 * YEAR - 2 * HOUR, '7y364d'],
  [8 * YEAR + 364 * DAY, '8y'],
]

for (const [seconds, text] of CASES) {
  test(`formatHumanDuration() of ${seconds} s is ${text}`, () => {
    expect(formatHumanDuration(seconds * 1000)).toBe(text)
  })
}

test('formatAge() of what is no time is unknown', () => {
  expect(formatAge(undefined, 0)).toBe('<unknown>')
  expect(formatAge('yesterday', 0)).toBe('<unknown>')
  expect(formatAge('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:42.900Z'))).toBe('42s')
})
