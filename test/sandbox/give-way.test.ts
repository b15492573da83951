import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants, getPriority } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { giveWay } from '../../runtime/sandbox/give-way.ts'

let child: ChildProcess | undefined

afterEach(() => child?.kill('SIGKILL'))

function startSession(): number {
  child = spawn('/bin/sh', ['-c', 'read line'], { detached: true })
  return child.pid as number
}

test('giveWay() puts a process behind its host in line for the processor, and before it in line for the kernel', async () => {
  const pid = startSession()
  giveWay(pid)
  expect(getPriority(pid)).toBeGreaterThan(constants.priority.PRIORITY_NORMAL)
  if (process.platform !== 'linux') return
  const read = () => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()
  await vi.waitFor(() => expect(read()).toBe('1000'))
})

test('giveWay() of a process that is gone does nothing', () => {
  expect(() => giveWay(0x3fff_fff0)).not.toThrow()
})
