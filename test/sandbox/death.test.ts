import { expect, test } from 'vitest'
import { nameDeath } from '../../runtime/sandbox/death.ts'

const OOM =
  'x\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack -----'

test.each([
  [null, 'SIGABRT', OOM, 'memory', 'out of memory: the heap limit is 64 MiB'],
  [null, 'SIGKILL', '', 'signal', 'killed by SIGKILL from outside, perhaps by the kernel for want of memory'],
  [null, 'SIGSEGV', '', 'signal', 'killed by SIGSEGV'],
  [0, null, '', 'exit', 'exited with code 0'],
  [70, null, 'ostler-guest: boom\n', 'exit', 'exited with code 70: boom'],
] as const)('nameDeath() of code %s, signal %s, stderr %j is %s', (code, signal, stderr, cause, message) => {
  expect(nameDeath(code, signal, stderr, 64)).toEqual({ cause, message })
})
