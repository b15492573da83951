import { expect, test } from 'vitest'
import { openMemoryMeter, privateBytes } from '../../runtime/sandbox/memory-meter.ts'

test('privateBytes() sums anonymous, shared-anonymous and swapped memory, not files', () => {
  const status = 'VmRSS:\t  900 kB\nRssAnon:\t   100 kB\nRssFile:\t  700 kB\nRssShmem:\t   20 kB\nVmSwap:\t   3 kB\n'
  expect(privateBytes(status)).toBe(123 * 1024)
  expect(privateBytes('Name:\tzombie\nState:\tZ (zombie)\n')).toBeUndefined()
})

test.runIf(process.platform === 'linux')('openMemoryMeter() follows what a process fills', () => {
  const meter = openMemoryMeter(process.pid)
  const before = meter.read() ?? 0
  const filled = Buffer.alloc(32 << 20, 1)
  expect((meter.read() ?? 0) - before).toBeGreaterThan(filled.length / 2)
  meter.close()
  expect(meter.read()).toBeUndefined()
})

test('openMemoryMeter() of a process that is not there answers undefined', () => {
  const meter = openMemoryMeter(2 ** 30)
  expect(meter.read()).toBeUndefined()
  meter.close()
})
