import { describe, expect, test, vi } from 'vitest'
import type { HostProcess } from './host-process.ts'
import { logLines } from './log-lines.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'
import { TRIALS, type Trial } from './trials.ts'

const PATIENCE = { timeout: 90_000, interval: 200 }
const POISONED = 'trial-0042'
const FAILURES = 'controller_runtime_reconcile_errors_total'

/** Writes down the highest attempt that an object was ever called with. */
const handler = (poison: string) => `export const reconcile = async ({ metadata, status }, { attempt }) => {
  if (metadata.name === '${POISONED}') {
    ${poison}
  }
  // So that four are always in hand.
  await new Promise((resolve) => setTimeout(resolve, 20))
  const attempts = Math.max(attempt, status?.attempts ?? 0)
  return { status: { observedGeneration: metadata.generation, attempts } }
}
`

type Tried = Trial & { readonly status?: { readonly attempts?: number } }

describe('One poisoned key among 100 at concurrency 4', () => {
  const bench = setUpTrials(startTrialServer)
  let host: HostProcess

  test.each([
    ['throws', `throw new Error('poisoned')`, /Error: poisoned/],
    ['kills its guest', 'for (;;) {}', /GuestDied: .* did not answer for 2 s/],
  ])('that %s: 99 converge, twice, and only its own attempts count', async (_, poison, says) => {
    await start(poison)
    await bench.trials.create(100)
    await othersConverged(1)
    await failedTwice(says)
    for (const { metadata } of await bench.trials.list()) {
      const { status } = await bench.controlPlane.request('PATCH', `${TRIALS}/${metadata.name}`, { spec: { size: 1 } })
      expect(status).toBe(200)
    }
    await othersConverged(2)
    const others = ((await bench.trials.list()) as Tried[]).filter(({ metadata }) => metadata.name !== POISONED)
    expect(others.filter(({ status }) => status?.attempts !== 1)).toEqual([])
    await countsAgree()
  })

  async function start(poison: string): Promise<void> {
    bench.project.writeHandler('poisoned', handler(poison))
    const entry = { name: 'poisoned', for: 'e2e.example.com/v1/Trial', handler: 'handlers/poisoned.ts' }
    bench.project.writeConfig([{ ...entry, namespaces: ['default'], concurrency: 4 }])
    host = await bench.startHost()
    await host.waitUntilReady()
  }

  async function othersConverged(generation: number): Promise<void> {
    await vi.waitFor(async () => {
      const late = (await bench.trials.list()).filter(({ status }) => status?.observedGeneration !== generation)
      expect(late.map(({ metadata }) => metadata.name)).toEqual([POISONED])
    }, PATIENCE)
  }

  /** Its failures are numbered on, and nobody else's are there. */
  async function failedTwice(says: RegExp): Promise<void> {
    await vi.waitFor(() => expect(failures().length).toBeGreaterThanOrEqual(2), PATIENCE)
    const numbers = failures().map(({ msg }) => Number(/attempt (\d+)/.exec(msg)?.[1]))
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    for (const { key, msg } of failures())
      expect([key, msg]).toEqual([`default/${POISONED}`, expect.stringMatching(says)])
  }

  /** Every counted failure has its line in the log, and every line is of the poisoned key. */
  async function countsAgree(): Promise<void> {
    await vi.waitFor(async () => {
      const before = failures().length
      expect(await host.metric(FAILURES)).toBe(before)
      expect(await host.metric('workqueue_retries_total')).toBe(before)
    }, PATIENCE)
    expect(failures().filter(({ key }) => key !== `default/${POISONED}`)).toEqual([])
  }

  function failures() {
    return logLines(host.log()).filter(({ msg }) => / failed \(attempt /.test(msg))
  }
})
