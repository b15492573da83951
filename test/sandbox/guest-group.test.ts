import { describe, expect, test, vi } from 'vitest'
import { FRAME, type Frame } from '../../runtime/guest/frame.ts'
import { Guest } from '../../runtime/sandbox/guest.ts'
import { GuestGroup } from '../../runtime/sandbox/guest-group.ts'
import type { GuestSource } from '../../runtime/sandbox/guest-pool.ts'
import { DEFAULT_LIMITS } from '../../runtime/sandbox/limits.ts'
import { Sandbox, type SandboxState } from '../../runtime/sandbox/sandbox.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { bundleOf, createScriptedLaunch, requestOf, type ScriptedProcess, sayLoaded } from './scripted-guest.ts'

const Mi = 1 << 20
const OUT_OF_MEMORY = { cause: 'memory', message: 'out of memory' } as const

/** A group on scripted guests; what `load` says decides by the bundle's code: `broken` throws, `deadly` ends the process. */
function createGroup() {
  const clock = createFakeClock()
  const { launch, processes } = createScriptedLaunch()
  const sizes: number[] = []
  const pool: GuestSource = {
    limits: { ...DEFAULT_LIMITS, unansweredPings: 1e9 },
    use: () => () => {},
    async take(memoryBytes) {
      sizes.push(memoryBytes)
      const guest = new Guest({ launch, memoryBytes, clock, limits: pool.limits })
      const process = processes.at(-1) as ScriptedProcess
      process.say(FRAME.booted)
      const send = process.sent.push.bind(process.sent)
      process.sent.push = (...frames) => {
        for (const frame of frames) queueMicrotask(() => answer(process, frame))
        return send(...frames)
      }
      return guest
    },
  }
  const group = new GuestGroup({ pool, clock })
  return { group, clock, processes, sizes, join: (name: string, rest: object = {}) => joinGroup(name, rest) }

  function joinGroup(name: string, rest: object) {
    const states: SandboxState[] = []
    const died = vi.fn()
    const onLoaded = vi.fn()
    const onLog = vi.fn()
    const metrics = { started() {}, died, called() {} }
    const options = { name, memoryBytes: 64 * Mi, pool, clock, group, metrics, onLoaded, onLog, ...rest }
    const sandbox = new Sandbox({ ...options, onState: (state) => states.push(state) })
    return { sandbox, states, died, onLoaded, onLog }
  }
}

function answer(process: ScriptedProcess, { type, text, member = 0 }: Frame): void {
  if (type === FRAME.ping) return process.say(FRAME.pong)
  if (type !== FRAME.load) return
  const { code } = JSON.parse(text) as { code: string }
  if (code === 'deadly') process.end(OUT_OF_MEMORY)
  else if (code === 'broken') {
    process.say(FRAME.loaded, 0, { error: { name: 'Error', message: 'broken', stack: '' } }, member)
  } else sayLoaded(process, member)
}

/** Codes of the bundles that a process was given, in their order. */
function loadsOf(process: ScriptedProcess | undefined): string[] {
  return (process?.got(FRAME.load) ?? []).map(({ text }) => (JSON.parse(text) as { code: string }).code)
}

/** A group whose two members run in one process. */
async function createPair() {
  const group = createGroup()
  const a = group.join('a')
  const b = group.join('b')
  await Promise.all([a.sandbox.swap(bundleOf('a1', 'a1')), b.sandbox.swap(bundleOf('b1', 'b1'))])
  return { ...group, a, b, process: group.processes.at(-1) as ScriptedProcess }
}

describe('GuestGroup', () => {
  test('runs its members in one process, with calls and logs told apart', async () => {
    const { a, b, process } = await createPair()
    expect(a.sandbox.pid).toBe(b.sandbox.pid)
    expect(loadsOf(process)).toEqual(['a1', 'b1'])
    const ofA = a.sandbox.call(requestOf({ export: 'ofA' }))
    const ofB = b.sandbox.call(requestOf({ export: 'ofB' }))
    const [callA, callB] = process.got(FRAME.call) as [Frame, Frame]
    expect([callA.member, callB.member]).toEqual([0, 1])
    process.say(FRAME.log, callB.id, { level: 'info', message: 'hello' }, 1)
    expect([a.onLog.mock.calls.length, b.onLog.mock.lastCall?.[1].export]).toEqual([0, 'ofB'])
    process.say(FRAME.settled, callB.id, { ok: 'b' }, 1)
    process.say(FRAME.settled, callA.id, { ok: 'a' }, 0)
    expect([await ofA, await ofB]).toMatchObject([{ value: 'a' }, { value: 'b' }])
  })

  test('answers host calls of the same id to the member that asked', async () => {
    const { a, b, process } = await createPair()
    void a.sandbox.call(requestOf({ onHostCall: async () => '"for a"' }))
    void b.sandbox.call(requestOf({ onHostCall: async () => '"for b"' }))
    for (const { id, member = 0 } of process.got(FRAME.call)) {
      process.say(FRAME.hostCall, 1, { call: id, method: 'get', args: [] }, member)
    }
    await settle()
    expect(process.got(FRAME.reply).map(({ id, member, text }) => [id, member, text])).toEqual([
      [1, 0, '{"ok":"for a"}'],
      [1, 1, '{"ok":"for b"}'],
    ])
  })

  test.each([
    ['settles', FRAME.settled, { ok: 1 }],
    ['asks the host by', FRAME.hostCall, { call: 1, method: 'get', args: [] }],
  ])('kills a process that %s the call of another member', async (_what, type, text) => {
    const { a, process } = await createPair()
    void a.sandbox.call(requestOf())
    expect(() => process.say(type, 1, text, 1)).toThrow()
    expect(() => process.say(FRAME.log, 0, { level: 'info', message: '' }, 7)).toThrow('member 7')
  })

  test('has the largest memory of its members, and 16 MiB for each further one', async () => {
    const { join, sizes, group } = createGroup()
    const a = join('a')
    join('b', { memoryBytes: 256 * Mi })
    const c = join('c')
    expect(group.memoryBytes).toBe((256 + 2 * 16) * Mi)
    await a.sandbox.swap(bundleOf())
    expect(sizes).toEqual([(256 + 2 * 16) * Mi])
    c.sandbox.memoryBytes = 512 * Mi
    expect(group.memoryBytes).toBe((512 + 2 * 16) * Mi)
    await c.sandbox.close(0)
    expect(group.memoryBytes).toBe((256 + 16) * Mi)
  })

  test('takes all over into a fresh process when one swaps, and lets running calls finish on the old', async () => {
    const { a, b, process, processes } = await createPair()
    const running = b.sandbox.call(requestOf())
    await a.sandbox.swap(bundleOf('a2', 'a2'))
    const fresh = processes.at(-1) as ScriptedProcess
    expect(fresh).not.toBe(process)
    expect(loadsOf(fresh)).toEqual(['b1', 'a2'])
    expect(a.sandbox.pid).toBe(b.sandbox.pid)
    void b.sandbox.call(requestOf())
    expect(fresh.got(FRAME.call)).toHaveLength(1)
    expect(process.killed).toBeUndefined()
    process.say(FRAME.settled, process.got(FRAME.call)[0]?.id, { ok: 'old' }, 1)
    expect(await running).toMatchObject({ value: 'old' })
    await settle()
    expect(process.killed?.cause).toBe('replaced')
    // The same bundle again: for its owner no news.
    expect(b.onLoaded.mock.lastCall?.[0]).toBe(b.onLoaded.mock.calls[0]?.[0])
  })

  test.each(['broken', 'deadly'])('goes on with the old process when a new bundle is %s', async (code) => {
    const { a, b, process } = await createPair()
    const { pid } = a.sandbox
    const before = [a.states.length, b.states.length]
    await expect(a.sandbox.swap(bundleOf(code, 'a2'))).rejects.toMatchObject({ code: 'HANDLER_LOAD_FAILED' })
    expect([a.sandbox.pid, b.sandbox.pid, process.killed]).toEqual([pid, pid, undefined])
    expect(a.sandbox.bundleHash).toBe('a1')
    expect([a.states.length, b.states.length]).toEqual(before)
  })

  test('gives members that swap at once one process, and refuses the broken one alone', async () => {
    const { a, b, processes, join } = await createPair()
    const c = join('c')
    const first = a.sandbox.swap(bundleOf('a2', 'a2'))
    const started = processes.length
    const broken = b.sandbox.swap(bundleOf('broken', 'b2'))
    const third = c.sandbox.swap(bundleOf('c1', 'c1'))
    await expect(broken).rejects.toThrow('broken')
    await Promise.all([first, third])
    expect([a, b, c].map(({ sandbox }) => sandbox.bundleHash)).toEqual(['a2', 'b1', 'c1'])
    expect(processes.length - started).toBeLessThanOrEqual(3)
  })

  test.each(['broken', 'deadly'])('runs the others while the first bundle of one is %s', async (code) => {
    const { join, clock } = createGroup()
    const [a, b] = [join('a'), join('b')]
    const swaps = [a.sandbox.swap(bundleOf(code, 'a1')), b.sandbox.swap(bundleOf('b1', 'b1'))]
    await expect(swaps[0]).rejects.toMatchObject({ code: 'HANDLER_LOAD_FAILED' })
    await swaps[1]
    expect([a.sandbox.ready, b.sandbox.ready]).toEqual([false, true])
    expect(a.states.at(-1)).toMatchObject({ kind: 'failed', retryInMs: 1_000 })
    const pid = b.sandbox.pid
    await clock.advance(7_000)
    expect(a.states.map((state) => 'retryInMs' in state && state.retryInMs)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect([b.sandbox.pid, b.died.mock.calls.length]).toEqual([pid, 0])
    await a.sandbox.swap(bundleOf('a2', 'a2'))
    expect(a.sandbox.pid).toBe(b.sandbox.pid)
  })

  test('settles the calls of all members when the process dies, and starts all of them again', async () => {
    const { a, b, process, clock } = await createPair()
    const calls = [a.sandbox.call(requestOf()), b.sandbox.call(requestOf())]
    process.end(OUT_OF_MEMORY)
    expect(await Promise.all(calls)).toEqual([
      { kind: 'died', reason: 'out of memory' },
      { kind: 'died', reason: 'out of memory' },
    ])
    await settle()
    expect([a.sandbox.ready, b.sandbox.ready]).toEqual([false, false])
    await clock.advance(0)
    expect([a.sandbox.bundleHash, b.sandbox.bundleHash]).toEqual(['a1', 'b1'])
    expect(a.sandbox.pid).toBe(b.sandbox.pid)
    expect([a.died.mock.calls, b.died.mock.calls]).toEqual([[['memory']], [['memory']]])
    expect(b.states.map(({ kind }) => kind)).toContain('restarting')
  })

  test('leaves out of a restart what does not load any more, and tries it again by itself', async () => {
    const { a, b, process, clock } = await createPair()
    // Scripted guests go by the code: that of a bundle which loaded once and does not now.
    const bundle = a.onLoaded.mock.lastCall?.[0] as { code: string }
    bundle.code = 'deadly'
    process.end(OUT_OF_MEMORY)
    await clock.advance(0)
    expect([a.sandbox.ready, b.sandbox.ready]).toEqual([false, true])
    expect(a.states.at(-1)).toMatchObject({ kind: 'failed' })
    bundle.code = 'a1'
    await clock.advance(1_000)
    expect([a.sandbox.bundleHash, a.sandbox.pid]).toEqual(['a1', b.sandbox.pid])
  })

  test('does not start another process for one member while another one fails in it; that is tried again later', async () => {
    const { a, b, process, clock } = await createPair()
    const bundle = b.onLoaded.mock.lastCall?.[0] as { code: string }
    bundle.code = 'broken'
    await expect(a.sandbox.swap(bundleOf('a2', 'a2'))).rejects.toThrow(
      /the handler of "b" does not load in it: .*broken/,
    )
    expect([process.killed, a.sandbox.bundleHash]).toEqual([undefined, 'a1'])
    bundle.code = 'b1'
    await clock.advance(1_000)
    expect([a.sandbox.bundleHash, b.sandbox.bundleHash]).toEqual(['a2', 'b1'])
  })

  test('asks only of a new bundle whether it is of use: what ran before goes on', async () => {
    const check = vi.fn()
    const { join, processes, clock } = createGroup()
    const a = join('a', { check })
    await a.sandbox.swap(bundleOf('a1', 'a1'))
    check.mockImplementation(() => {
      throw new Error('lacks a mapper')
    })
    await expect(a.sandbox.swap(bundleOf('a2', 'a2'))).rejects.toThrow('lacks a mapper')
    processes[0]?.end(OUT_OF_MEMORY)
    await clock.advance(0)
    expect(a.sandbox.bundleHash).toBe('a1')
  })

  test('gets a process without a member that has left, whose calls are cut at the end of its grace', async () => {
    const { a, b, process, processes, clock } = await createPair()
    const [ofA, ofB] = [a, b].map(({ sandbox }) => sandbox.call(requestOf({ timeoutMs: 60_000 })))
    const closed = a.sandbox.close(1_000)
    expect(a.sandbox.ready).toBe(false)
    await clock.advance(1_000)
    await closed
    expect(await ofA).toEqual({ kind: 'died', reason: 'closed' })
    const fresh = processes.at(-1)
    expect(loadsOf(fresh)).toEqual(['b1'])
    expect(process.killed).toBeUndefined()
    const call = process.got(FRAME.call)
    process.say(FRAME.settled, call[0]?.id, {}, 0)
    process.say(FRAME.settled, call[1]?.id, { ok: 'b' }, 1)
    expect(await ofB).toMatchObject({ value: 'b' })
    await settle()
    expect(process.killed?.cause).toBe('replaced')
    expect(b.sandbox.ready).toBe(true)
  })

  test('ends with its last member, and starts nothing after that', async () => {
    const { a, b, processes, clock } = await createPair()
    await Promise.all([a.sandbox.close(0), b.sandbox.close(0)])
    const started = processes.length
    expect(processes.every(({ killed }) => killed !== undefined)).toBe(true)
    await clock.advance(600_000)
    expect([processes.length, clock.pending]).toEqual([started, 0])
  })
})

describe('Sandbox.swap() into another group', () => {
  test('moves there once the bundle runs; running calls finish where they are', async () => {
    const { a, b, process, join, clock } = await createPair()
    const other = createGroup()
    const running = a.sandbox.call(requestOf())
    await a.sandbox.swap(bundleOf('a2', 'a2'), other.group)
    expect(a.sandbox.group).toBe(other.group)
    expect(loadsOf(other.processes[0])).toEqual(['a2'])
    expect(a.states.at(-1)).toEqual({ kind: 'ready' })
    process.say(FRAME.settled, process.got(FRAME.call)[0]?.id, { ok: 'old' }, 0)
    expect(await running).toMatchObject({ value: 'old' })
    await clock.advance(1_000)
    expect([b.sandbox.ready, b.sandbox.bundleHash, join('c').sandbox.ready]).toEqual([true, 'b1', false])
    expect(process.killed?.cause).toBe('replaced')
  })

  test('stays where it is when the bundle does not load there', async () => {
    const { a, b, group } = await createPair()
    const other = createGroup()
    await expect(a.sandbox.swap(bundleOf('broken', 'a2'), other.group)).rejects.toThrow('broken')
    expect([a.sandbox.group, a.sandbox.bundleHash, a.sandbox.pid]).toEqual([group, 'a1', b.sandbox.pid])
    expect([other.group.isEmpty, other.clock.pending]).toEqual([true, 0])
  })

  test('moves at once when nothing runs of it, and is tried again there', async () => {
    const { join, clock } = createGroup()
    const other = createGroup()
    const a = join('a')
    await expect(a.sandbox.swap(bundleOf('broken', 'a1'))).rejects.toThrow('broken')
    await expect(a.sandbox.swap(bundleOf('broken', 'a2'), other.group)).rejects.toThrow('broken')
    expect(a.sandbox.group).toBe(other.group)
    expect(clock.pending).toBe(0)
    await other.clock.advance(1_000)
    expect(other.processes).toHaveLength(2)
  })
})
