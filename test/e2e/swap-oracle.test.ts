import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  countReads,
  expectedObjects,
  type Findings,
  judge,
  keysAlive,
  NO_FINDINGS,
  readCallRecords,
} from '../control-plane/oracle.ts'
import type { HostProcess } from './host-process.ts'
import { handlerFixture } from './project.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'
import { TRIALS } from './trials.ts'

const OBJECTS = 1000
/** Of these, the first are changed twice in a row once the new version is saved, so that a key is added while it waits. */
const CHANGED = 60
const WITHOUT_DEDUP = join(import.meta.dirname, 'fixtures/host-without-dedup.ts')

describe('A handler saved while 1,000 objects are queued', () => {
  const bench = setUpTrials(() => startTrialServer({ audit: true, users: ['host'] }))
  let host: HostProcess

  beforeAll(async () => {
    await bench.controlPlane.grant('host', [
      { apiGroups: ['e2e.example.com'], resources: ['trials'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['e2e.example.com'], resources: ['trials/status'], verbs: ['patch'] },
    ])
  })

  beforeEach(async () => {
    bench.project.writeConfig([
      { name: 'trials', for: 'e2e.example.com/v1/Trial', handler: 'handlers/trials.ts', on: ['spec'] },
    ])
    await bench.trials.create(OBJECTS)
  })

  test('ends with each object reconciled by the new version, none twice at once, none lost, nothing listed again', async () => {
    const { findings, savedAt } = await swapUnderLoad()
    expect(findings).toEqual(NO_FINDINGS)
    const audit = await bench.controlPlane.auditEvents()
    expect(keysAlive(audit, 'trials')).toHaveLength(OBJECTS)
    expect(countReads(audit, { resource: 'trials', user: 'host', to: savedAt }).lists).toBe(1)
    expect(countReads(audit, { resource: 'trials', user: 'host', from: savedAt })).toEqual({ lists: 0, watches: 0 })
  })

  test('fails that very check when the queue hands out twice what was added twice', async () => {
    const { findings } = await swapUnderLoad(WITHOUT_DEDUP)
    expect(findings.twiceAtOnce).not.toEqual([])
  })

  /** Saves the second version once the first is well into the queue, changes objects, and judges when all is quiet. */
  async function swapUnderLoad(entry?: string): Promise<{ findings: Findings; savedAt: number }> {
    const text = handlerFixture('recorder')
    const first = bench.project.writeHandler('trials', text, 'first')
    const kubeconfig = bench.controlPlane.kubeconfigFor('host')
    host = await bench.startHost({ kubeconfig, ...(entry === undefined ? {} : { entry }) })
    await vi.waitFor(() => expect(callsOf(first)).toBeGreaterThan(50), { timeout: 60_000, interval: 50 })
    const savedAt = Date.now()
    const second = bench.project.writeHandler('trials', text, 'second')
    for (let i = 0; i < CHANGED; i++) for (const size of [1, 2]) await bench.trials.change(i, size)
    await host.waitForLog(/Handler swapped/)
    await bench.trials.converged({ bundle: second, timeoutMs: 120_000 })
    await untilQuiet()
    // Most of the queue still waited when the second version came, and nothing of the records went missing.
    expect(callsOf(first)).toBeLessThan(OBJECTS / 2)
    expect(host.log()).not.toContain('log lines were dropped')
    const { body } = await bench.controlPlane.request('GET', TRIALS)
    return { findings: judge(readCallRecords(host.log()), expectedObjects(body), second), savedAt }
  }

  function callsOf(bundle: string): number {
    return readCallRecords(host.log()).filter((record) => record.bundle === bundle).length
  }

  async function untilQuiet(): Promise<void> {
    const metrics = ['workqueue_depth', 'controller_runtime_active_workers']
    const look = () => Promise.all(metrics.map((name) => host.metric(name, { controller: 'trials' })))
    await vi.waitFor(async () => expect(await look()).toEqual([0, 0]), { timeout: 60_000, interval: 200 })
  }
})
