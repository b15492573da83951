import { expect, test } from 'vitest'
import { formatDuration, parseDurationMs } from '../../runtime/util/duration.ts'

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  ['1h2m3s4ms', 3_723_004],
  ['1.5s', 1_500],
  ['0s', 0],
  ['1000s', 1_000_000],
  ['5m', 300_000],
])('parseDurationMs(%j) is %d', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms)
})

test.each([
  '',
  '30',
  '0',
  's',
  '30 s',
  ' 30s',
  '-1s',
  '1s1m',
  '1s1s',
  '1d',
  '1e3s',
  '.5s',
  '1.s',
  '99999999999999h',
  '30S',
])('parseDurationMs(%j) is undefined', (text) => {
  expect(parseDurationMs(text)).toBeUndefined()
})

test.each([
  [0, '0s'],
  [5, '5ms'],
  [1_500, '1s500ms'],
  [90_000, '1m30s'],
  [1_000_000, '16m40s'],
  [3_600_000, '1h'],
])('formatDuration(%d) is %j and reads back', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
  expect(parseDurationMs(text)).toBe(ms)
})
