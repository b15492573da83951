import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FaultRunReport } from '../fault-run/fault-run.ts'
import { WATCH_FAULTS } from '../fault-run/faults.ts'
import { createProject } from './project.ts'

const MAIN = resolve(import.meta.dirname, '../fault-run/main.ts')
/** Another seed or length: SEED=… COUNT=10000. test/fault-run/README.md has the output of whole runs. */
const { SEED = '1', COUNT = '1500' } = process.env

describe('A host behind a proxy that misbehaves', () => {
  test(`ends a run of ${COUNT} random faults and changes with every status right, nothing parked and no attempt counted by mistake`, {
    timeout: 600_000,
  }, async () => {
    const { code, stdout, stderr } = await run()
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as FaultRunReport
    expect(report.problems).toEqual([])
    // The run was one: faults of every sort at every place, among them those of order.
    const places = new Set(Object.keys(report.faults).map((name) => name.split('.')[0]))
    expect([...places].sort()).toEqual(['all', 'exchange', 'nextPage', 'page', 'streamedList', 'watch', 'watchEvent'])
    expect(Object.keys(report.faults)).toEqual(
      expect.arrayContaining(Object.keys(WATCH_FAULTS).map((kind) => `watchEvent.${kind}`)),
    )
    expect(report.countedAttempts).toBeGreaterThan(0)
  })
})

/** As a person runs it: a process of its own, which takes its control plane with it however it ends. */
function run(): Promise<{ code: number; stdout: string; stderr: string }> {
  const project = createProject()
  onTestFinished(() => project.remove())
  const env = { ...process.env, SEED, COUNT, LOG: join(project.stateDir, 'host.log'), NODE_OPTIONS: '' }
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--disable-sigusr1', MAIN],
      { env, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
      },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
  })
}
