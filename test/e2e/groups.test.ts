import { beforeEach, describe, expect, test, vi } from 'vitest'
import { guestsOf, isAlive } from './guest-processes.ts'
import type { HostProcess } from './host-process.ts'
import { setUpTrials, startTrialServer } from './trial-bench.ts'

const WITHIN = { timeout: 60_000, interval: 100 }
const Mi = 1 << 20
const OBJECTS = 10
/** The size of an object that `a` never comes back from. */
const POISON = 13

/** Leaves in each object which version of it worked on which size, and in which VM. */
const handler = (name: string, version: string, rest = '') => `
const instance = crypto.randomUUID()
export const reconcile = ({ spec: { size } }) => {
  ${rest}
  return { status: { ${name}: { version: '${version}', instance, size } } }
}
`

interface Mark {
  readonly version: string
  readonly instance: string
  readonly size: number
}

describe('Controllers of one isolation group', () => {
  const bench = setUpTrials(startTrialServer)

  beforeEach(async () => {
    await bench.trials.create(OBJECTS)
  })

  const GROUP = { isolation: { group: 'team' } }
  const entry = (name: string, rest: object = GROUP) => ({
    name,
    for: 'e2e.example.com/v1/Trial',
    handler: `handlers/${name}.ts`,
    // Not for the other one's status.
    on: ['spec'],
    retry: { baseDelay: '5ms', maxAttempts: 2 },
    ...rest,
  })
  const write = (name: string, version: string, rest?: string) =>
    bench.project.write(`handlers/${name}.ts`, handler(name, version, rest))
  const start = () => bench.startHost()
  const reconciled = (host: HostProcess, controller: string, result?: string) =>
    host.metric('controller_runtime_reconcile_total', { controller, ...(result === undefined ? {} : { result }) })
  const memory = (host: HostProcess, controller: string) => host.metric('ostler_guest_memory_bytes', { controller })

  async function marks(name: string): Promise<(Mark | undefined)[]> {
    return (await bench.trials.list()).map(({ status }) => (status as Record<string, Mark> | undefined)?.[name])
  }

  /** Resolves once a controller has left this in every object. */
  async function untilAllBear(name: string, expected: Partial<Mark>): Promise<void> {
    await vi.waitFor(async () => {
      for (const mark of await marks(name)) expect(mark).toMatchObject(expected)
    }, WITHIN)
  }

  /** Guests, with the spare of each size. */
  async function untilGuestsAre(host: HostProcess, count: number): Promise<number[]> {
    return await vi.waitFor(() => {
      const guests = guestsOf(host.pid).filter(isAlive)
      expect(guests).toHaveLength(count)
      return guests
    }, WITHIN)
  }

  async function startPair(): Promise<HostProcess> {
    write('a', '1')
    write('b', '1')
    bench.project.writeConfig([entry('a'), entry('b')])
    const host = await start()
    await Promise.all([untilAllBear('a', { version: '1' }), untilAllBear('b', { version: '1' })])
    return host
  }

  test('share one process, which takes little more memory than one of them; a swap of one does not run the other again', async () => {
    const host = await startPair()
    await untilGuestsAre(host, 2)
    const [shared, again] = [await memory(host, 'a'), await memory(host, 'b')]
    expect(Math.abs(shared - again)).toBeLessThan(8 * Mi)
    const [runsOfA, runsOfB] = [await reconciled(host, 'a'), await reconciled(host, 'b')]

    write('a', '2')
    await untilAllBear('a', { version: '2' })
    await vi.waitFor(async () => expect(await reconciled(host, 'a')).toBe(runsOfA + OBJECTS), WITHIN)
    expect(await reconciled(host, 'b')).toBe(runsOfB)
    // It runs in the fresh process all the same, and its old VM is gone.
    await untilGuestsAre(host, 2)
    const before = (await marks('b'))[0]?.instance
    await bench.trials.change(0, 2)
    await vi.waitFor(async () => expect((await marks('b'))[0]).toMatchObject({ size: 2 }), WITHIN)
    expect((await marks('b'))[0]?.instance).not.toBe(before)

    // Out of the group and into one of its own: its objects run again there, and the other one's do not.
    const runsBefore = await reconciled(host, 'b')
    bench.project.writeConfig([entry('a', {}), entry('b')])
    await vi.waitFor(async () => expect(await reconciled(host, 'a')).toBe(runsOfA + 2 * OBJECTS + 1), WITHIN)
    // The group is of b alone now, and both have the same size.
    await untilGuestsAre(host, 3)
    const alone = await memory(host, 'a')
    expect(shared).toBeLessThan(1.5 * alone)
    expect(await reconciled(host, 'b')).toBe(runsBefore)

    // And back, by way of a restart of neither.
    bench.project.writeConfig([entry('a'), entry('b')])
    await vi.waitFor(async () => expect(await reconciled(host, 'a')).toBe(runsOfA + 3 * OBJECTS + 1), WITHIN)
    await untilGuestsAre(host, 2)
    expect([await reconciled(host, 'b'), await reconciled(host, 'a', 'error')]).toEqual([runsBefore, 0])

    bench.project.writeConfig([entry('b')])
    await vi.waitFor(async () => expect((await host.get('/readyz?verbose')).text).not.toMatch(/\ba\b.*Running/), WITHIN)
    await bench.trials.change(1, 3)
    await vi.waitFor(async () => expect((await marks('b'))[1]).toMatchObject({ size: 3 }), WITHIN)
    await untilGuestsAre(host, 2)
  })

  test('where a call of one loops: that key alone is blamed, and all others converge, the other one’s too', async () => {
    write('a', '1', `if (size === ${POISON}) for (;;);`)
    write('b', '1')
    bench.project.writeConfig([entry('a'), entry('b')])
    const host = await start()
    await Promise.all([untilAllBear('a', { version: '1' }), untilAllBear('b', { version: '1' })])
    await bench.trials.change(3, POISON)
    await Promise.all([0, 1, 2, 4, 5].map((index) => bench.trials.change(index, 7)))
    const parked = async () => (JSON.parse((await host.get('/parked')).text) as { parked: object[] }).parked
    await vi.waitFor(async () => expect(await parked()).toHaveLength(1), WITHIN)
    expect(await parked()).toMatchObject([
      { controller: 'a', name: 'trial-0003', attempts: 2, message: expect.stringContaining('GuestDied') },
    ])
    await vi.waitFor(async () => {
      expect((await marks('b')).map((mark) => mark?.size)).toEqual([7, 7, 7, POISON, 7, 7, 0, 0, 0, 0])
      expect((await marks('a')).map((mark) => mark?.size)).toEqual([7, 7, 7, 0, 7, 7, 0, 0, 0, 0])
    }, WITHIN)
    expect([await reconciled(host, 'a', 'error'), await reconciled(host, 'b', 'error')]).toEqual([2, 0])
    expect(await host.metric('ostler_guest_deaths_total', { controller: 'b' })).toBeGreaterThanOrEqual(3)
  })

  test('where the handler of one does not load: the others run, before and after a death of the process', async () => {
    bench.project.write('handlers/a.ts', 'throw new Error("not today")\nexport const reconcile = () => {}\n')
    write('b', '1')
    bench.project.writeConfig([entry('a'), entry('b')])
    const host = await start()
    await untilAllBear('b', { version: '1' })
    await host.waitUntilReady()
    const states = async () => (await host.get('/readyz?verbose')).text
    expect(await states()).toMatch(/\ba\b.*HandlerFailed.*not today/)
    expect(await states()).toMatch(/\bb\b.*Running/)

    for (const pid of guestsOf(host.pid)) process.kill(pid, 'SIGKILL')
    await bench.trials.change(0, 4)
    await vi.waitFor(async () => expect((await marks('b'))[0]).toMatchObject({ size: 4 }), WITHIN)
    expect(await states()).toMatch(/\ba\b.*HandlerFailed.*not today/)

    write('a', '1')
    await untilAllBear('a', { version: '1' })
    // What ran goes on when its next version does not load, and its mate with it.
    bench.project.write('handlers/b.ts', 'throw new Error("nor now")\nexport const reconcile = () => {}\n')
    await vi.waitFor(async () => expect(await states()).toMatch(/\bb\b.*Running.*nor now/), WITHIN)
    await bench.trials.change(1, 5)
    await vi.waitFor(async () => {
      expect((await marks('b'))[1]).toMatchObject({ version: '1', size: 5 })
      expect((await marks('a'))[1]).toMatchObject({ version: '1', size: 5 })
    }, WITHIN)
    // Whoever else swaps, this one's fault stays told.
    write('a', '2')
    await untilAllBear('a', { version: '2' })
    expect(await states()).toMatch(/\bb\b.*Running.*nor now/)
  })
})
