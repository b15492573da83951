import { expect, test } from 'vitest'
import { parseQuantityBytes } from '../../runtime/util/quantity.ts'

test.each([
  ['0', 0],
  ['128974848', 128_974_848],
  ['129e6', 129_000_000],
  ['129E6', 129_000_000],
  ['129M', 129_000_000],
  ['128974848000m', 128_974_848],
  ['123Mi', 128_974_848],
  ['1Ki', 1_024],
  ['1.5Gi', 1_610_612_736],
  ['.5Ki', 512],
  ['2.k', 2_000],
  ['1Ti', 2 ** 40],
  ['1Pi', 2 ** 50],
  ['1Ei', 2 ** 60],
  ['1P', 1e15],
  ['1E', 1e18],
  ['1T', 1e12],
  ['1G', 1e9],
  ['1000m', 1],
  ['1m', 1],
  ['3000000u', 3],
  ['7000000000n', 7],
  ['1e-3', 1],
  ['+1Mi', 1_048_576],
])('parseQuantityBytes(%j) is %d', (text, bytes) => {
  expect(parseQuantityBytes(text)).toBe(bytes)
})

test.each(['', 'Mi', '-1Mi', '1MB', '1mi', '1 Mi', ' 1Mi', '1K', '1e', '1Mi1', '0x10', '1e999', '.', 'NaN'])(
  'parseQuantityBytes(%j) is undefined',
  (text) => {
    expect(parseQuantityBytes(text)).toBeUndefined()
  },
)
