import { existsSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import type { HostProcess } from './host-process.ts'
import { type LogLine, logLines } from './log-lines.ts'
import { applyNeighbourhoodCrds, type Neighbourhood, startNeighbourhood } from './neighbourhood.ts'

interface Damage {
  /** What the log says of the poisoned object. */
  readonly says: RegExp
  /** What counts it, beside controller_runtime_reconcile_errors_total. */
  readonly counted: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  /** Further lines of the log, of the controller as a whole. */
  readonly alsoSays?: RegExp
  readonly timeout?: string
}

const deaths = (reason: string) => ({ name: 'ostler_guest_deaths_total', labels: { reason } })
const timeouts = { name: 'controller_runtime_reconcile_timeouts_total' }
const errors = { name: 'controller_runtime_reconcile_errors_total' }

const ATTACKS: Readonly<Record<string, Damage>> = {
  loop: { says: /GuestDied: .* did not answer for 2 s/, counted: deaths('silent') },
  regexp: { says: /GuestDied: .* did not answer for 2 s/, counted: deaths('silent') },
  heap: { says: /GuestDied: .* out of memory: the heap limit is 32 MiB/, counted: deaths('memory') },
  buffers: { says: /GuestDied: .* out of memory: \d+ MiB of 64 MiB/, counted: deaths('memory') },
  exit: { says: /process is not defined/, counted: errors },
  recursion: { says: /RangeError: Maximum call stack size exceeded/, counted: errors },
  never: {
    says: /Timeout: Handler took longer than 500 ms/,
    counted: deaths('overdue'),
    alsoSays: /The guest process ended: a call had not settled 5 s after its timeout/,
    timeout: '500ms',
  },
  logs: {
    says: /Timeout: Handler took longer than 1500 ms/,
    counted: timeouts,
    alsoSays: /\d+ log lines were dropped/,
    timeout: '1500ms',
  },
  hostCalls: { says: /Timeout: Handler took longer than 1500 ms/, counted: timeouts, timeout: '1500ms' },
}

/** Of fixtures/handlers/oddities.ts. */
const ODDITIES = 24
const HARMLESS = Array.from({ length: 12 }, (_, index) => `harmless-${index}`)
const NEIGHBOURS = Array.from({ length: 10 }, (_, index) => `neighbour-${index}`)
const Mi = 1 << 20
const PATIENCE = { timeout: 60_000, interval: 100 }

describe('A hostile handler', () => {
  let controlPlane: ControlPlane
  let town: Neighbourhood

  beforeAll(async () => {
    controlPlane = await startControlPlane()
    await applyNeighbourhoodCrds(controlPlane)
  })

  afterEach(() => town?.remove())
  afterAll(() => controlPlane?.stop())

  test.each(Object.entries(ATTACKS))(
    'of the kind "%s" is named, and neither its neighbour nor its own good objects suffer',
    async (attack, damage) => {
      const { timeout = '30s' } = damage
      town = await startNeighbourhood(controlPlane, { namespace: attack.toLowerCase(), attack, hostile: { timeout } })
      const watch = watchHost(town.host)
      await createObjects(['poison'])
      await vi.waitFor(() => expectNamed(town.host, `${attack.toLowerCase()}/poison`, damage), PATIENCE)
      await expectOthersWell()
      expect(await watch.stop()).toEqual({ unready: [], over: [] })
    },
  )

  test('that throws and returns oddities has each of them named, and its guest lives on', async () => {
    town = await startNeighbourhood(controlPlane, { namespace: 'oddities', attack: 'oddities' })
    const watch = watchHost(town.host)
    const poisoned = Array.from({ length: ODDITIES }, (_, index) => `poison-${index}`)
    await createObjects(poisoned)
    const failed = () => poisoned.filter((name) => failuresOf(town.host, `oddities/${name}`).length > 0)
    await vi.waitFor(() => expect(failed()).toEqual(poisoned), PATIENCE)
    await expectOthersWell()
    expect(await watch.stop()).toEqual({ unready: [], over: [] })
    expect(await town.host.metric('ostler_guest_deaths_total')).toBe(0)
    expect(await town.host.metric(errors.name, { controller: 'hostile' })).toBeGreaterThanOrEqual(ODDITIES)
  })

  test('does not starve the good objects that are always in hand with its poisoned one', async () => {
    town = await startNeighbourhood(controlPlane, { namespace: 'together', attack: 'loop' })
    await town.create('trials', 'poison', { size: 0, payload: 'poison' })
    // The guest stands still already: these fill the controller's other workers, and die with it.
    for (const name of HARMLESS.slice(0, 3)) await town.create('trials', name, { size: 0 })
    await vi.waitFor(async () => expect(await town.unsettled('trials')).toEqual([]), PATIENCE)
    await vi.waitFor(() => expect(failuresOf(town.host, 'together/poison')).not.toEqual([]), PATIENCE)
    for (const name of HARMLESS.slice(0, 3)) expect(failuresOf(town.host, `together/${name}`)).toEqual([])
  })

  async function createObjects(poisoned: readonly string[]): Promise<void> {
    for (const name of NEIGHBOURS) await town.create('neighbours', name, { size: 0 })
    for (const [size, name] of poisoned.entries()) await town.create('trials', name, { size, payload: 'poison' })
    for (const name of HARMLESS) await town.create('trials', name, { size: 0 })
  }

  /** The neighbour follows change after change while the attack goes on; the hostile controller's other objects get there too. */
  async function expectOthersWell(): Promise<void> {
    for (let size = 1; size <= 5; size++) {
      await Promise.all(NEIGHBOURS.map((name) => town.touch('neighbours', name, size)))
      await vi.waitFor(async () => expect(await town.unsettled('neighbours')).toEqual([]), PATIENCE)
    }
    await vi.waitFor(async () => expect(await town.unsettled('trials')).toEqual([]), PATIENCE)
    const { host } = town
    for (const name of [errors.name, timeouts.name, 'ostler_guest_deaths_total']) {
      expect([name, await host.metric(name, { controller: 'neighbour' })]).toEqual([name, 0])
    }
    const succeeded = { controller: 'neighbour', result: 'success' }
    expect(await host.metric('controller_runtime_reconcile_total', succeeded)).toBeGreaterThanOrEqual(60)
  }
})

function linesOf(host: HostProcess): LogLine[] {
  return logLines(host.log()).filter(({ controller }) => controller === 'hostile')
}

function failuresOf(host: HostProcess, key: string): string[] {
  return linesOf(host).flatMap(({ msg, key: of }) => (of === key && / failed \(attempt /.test(msg) ? [msg] : []))
}

async function expectNamed(host: HostProcess, key: string, { says, alsoSays = /./, counted }: Damage): Promise<void> {
  expect(failuresOf(host, key)).toContainEqual(expect.stringMatching(says))
  expect(linesOf(host).map(({ msg }) => msg)).toContainEqual(expect.stringMatching(alsoSays))
  const count = (name: string, labels = {}) => host.metric(name, { controller: 'hostile', ...labels })
  expect(await count(counted.name, counted.labels)).toBeGreaterThan(0)
  expect(await count(errors.name)).toBeGreaterThan(0)
}

/** Looks at a host over and over: at every answer of /readyz that is not 200, and every memory reading over the bound. */
function watchHost(host: HostProcess, mostBytes = 400 * Mi): { stop(): Promise<object> } {
  const seen = { unready: [] as unknown[], over: [] as number[] }
  let stopped = false
  const watching = look()
  return {
    async stop() {
      stopped = true
      await watching
      return seen
    },
  }

  async function look(): Promise<void> {
    while (!stopped && host.running) {
      const { status, text } = await host.get('/readyz?verbose').catch((error) => ({ status: 0, text: String(error) }))
      if (status !== 200 && host.running) seen.unready.push({ status, text })
      const bytes = residentBytes(host.pid)
      if (bytes > mostBytes) seen.over.push(bytes)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** 0 of a process that is gone. */
function residentBytes(pid: number): number {
  const path = `/proc/${pid}/status`
  const status = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
