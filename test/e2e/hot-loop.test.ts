import { describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../control-plane/audit-log.ts'
import type { HostProcess } from './host-process.ts'
import { logLines } from './log-lines.ts'
import { handlerFixture } from './project.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'
import { TRIALS, type Trial } from './trials.ts'

/** Time for a loop to be noticed and to be held for 1, 2 and 4 s, on a busy machine. */
const PATIENCE = { timeout: 90_000, interval: 200 }
const SLOWED = 'ostler_slowed'
const SLOWDOWNS = 'ostler_slowdowns_total'

/** Counts its runs on the object itself. */
const COUNTER = `export const reconcile = async ({ metadata: { name, annotations } }, context) => {
  if (name !== 'hot') return
  const runs = String(Number(annotations?.runs ?? 0) + 1)
  await context.patch('e2e.example.com/v1/Trial', { name }, { metadata: { annotations: { runs } } })
}
export const finalize = () => {}
`
/** Wants an annotation to be its own name. */
const STUBBORN = `export const reconcile = async ({ metadata: { name, annotations } }, context) => {
  const { controller } = context.key
  if (annotations?.winner === controller) return
  await context.patch('e2e.example.com/v1/Trial', { name }, { metadata: { annotations: { winner: controller } } })
}
`

describe('A hot loop', () => {
  const bench = setUpTrials(() => startTrialServer({ audit: true }))
  let host: HostProcess

  test('is slowed down more and more, said and counted once; its neighbours do not suffer, and its deletion does not wait', async () => {
    await start({ counter: COUNTER, neighbour: handlerFixture('neighbour') }, { neighbour: { on: ['spec'] } })
    await create('hot')
    await create('calm')
    await vi.waitFor(async () => expect(Math.max(...gapsOf(await writesOf('hot')))).toBeGreaterThan(3500), PATIENCE)
    const gaps = gapsOf(await writesOf('hot'))
    // A hundred writes without a pause, and then fewer and fewer.
    expect(gaps.slice(0, 90).reduce((sum, gap) => sum + gap, 0)).toBeLessThan(90_000 / 3)
    expect(gaps.length).toBeLessThan(115)
    expect(linesOf('counter')).toEqual([
      expect.stringMatching(/^Changes made "default\/hot" run \d+ times in .* slowed/),
    ])
    const counter = { controller: 'counter' }
    expect([await host.metric(SLOWED, counter), await host.metric(SLOWDOWNS, counter)]).toEqual([1, 1])
    expect((await host.get('/readyz?verbose')).text).toMatch(/counter.*slowed down in a hot loop: 1 key/)

    // The next turn of the loop is due 8 s after the one that was just seen.
    const { neighbourMs, deletionMs } = await inTheMeantime()
    expect([neighbourMs, deletionMs].filter((ms) => ms > 4000)).toEqual([])
    expect(await host.metric(SLOWDOWNS, { controller: 'neighbour' })).toBe(0)
    await vi.waitFor(async () => expect(await host.metric(SLOWED)).toBe(0), PATIENCE)
  })

  /** How long the neighbour takes for a change of either object, and a deletion of the hot one. */
  async function inTheMeantime(): Promise<{ neighbourMs: number; deletionMs: number }> {
    const neighbourMs = await timed(async () => {
      for (const name of ['calm', 'hot']) await send('PATCH', name, { spec: { size: 1 } })
      const settled = async () => (await bench.trials.list()).filter(isSettled).map(({ metadata }) => metadata.name)
      await vi.waitFor(async () => expect(await settled()).toEqual(['calm', 'hot']), { timeout: 30_000, interval: 20 })
    })
    const deletionMs = await timed(async () => {
      await send('DELETE', 'hot')
      const names = async () => (await bench.trials.list()).map(({ metadata }) => metadata.name)
      await vi.waitFor(async () => expect(await names()).toEqual(['calm']), { timeout: 30_000, interval: 20 })
    })
    return { neighbourMs, deletionMs }
  }

  test('of two controllers that fight over a field is slowed down too', async () => {
    await start({ left: STUBBORN, right: STUBBORN })
    await create('hot')
    const before = (await writesOf('hot')).length
    await vi.waitFor(async () => {
      const gaps = gapsOf((await writesOf('hot')).slice(before)).slice(-2)
      expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeGreaterThan(7000)
    }, PATIENCE)
    expect(await host.metric(SLOWDOWNS)).toBeGreaterThanOrEqual(1)
    expect([...linesOf('left'), ...linesOf('right')].length).toBe(await host.metric(SLOWDOWNS))
  })

  async function start(handlers: Readonly<Record<string, string>>, more: Readonly<Record<string, object>> = {}) {
    for (const [name, text] of Object.entries(handlers)) bench.project.writeHandler(name, text)
    const kind = 'e2e.example.com/v1/Trial'
    const allow = [{ for: kind, verbs: ['patch'] }]
    const common = { for: kind, namespaces: ['default'], allow }
    const entryOf = (name: string) => ({ name, handler: `handlers/${name}.ts`, ...common, ...more[name] })
    bench.project.writeConfig(Object.keys(handlers).map(entryOf))
    host = await bench.startHost()
    await host.waitUntilReady()
  }

  async function create(name: string): Promise<void> {
    const object = { apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata: { name }, spec: { size: 0 } }
    const { status } = await bench.controlPlane.request('POST', TRIALS, object)
    expect(status).toBe(201)
  }

  async function send(method: string, name: string, body?: object): Promise<void> {
    const { status } = await bench.controlPlane.request(method, `${TRIALS}/${name}`, body)
    expect(status).toBe(200)
  }

  /** What a controller says of loops. */
  function linesOf(controller: string): string[] {
    const lines = logLines(host.log()).filter((line) => line.controller === controller && line.level === 'warn')
    return lines.map(({ msg }) => msg).filter((msg) => msg.includes('slowed down'))
  }

  /** When the host's handlers wrote the object, by the API server's audit log, in ms. */
  async function writesOf(name: string): Promise<number[]> {
    const isWrite = ({ verb, objectRef, stage, userAgent = '' }: AuditEvent) =>
      verb === 'patch' &&
      objectRef?.resource === 'trials' &&
      objectRef.name === name &&
      objectRef.subresource === undefined &&
      stage === 'ResponseComplete' &&
      userAgent.startsWith('ostler')
    const events = (await bench.controlPlane.auditEvents()).filter(isWrite)
    return events.map(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp)).sort((a, b) => a - b)
  }
})

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] as number))
}

function isSettled({ metadata, status }: Trial): boolean {
  return status?.observedGeneration === metadata.generation
}

async function timed(act: () => Promise<void>): Promise<number> {
  const from = performance.now()
  await act()
  return performance.now() - from
}
