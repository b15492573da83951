import { describe, expect, test, vi } from 'vitest'
import { RuntimeError } from '../../runtime/errors.ts'
import { FRAME } from '../../runtime/guest/frame.ts'
import { Guest } from '../../runtime/sandbox/guest.ts'
import type { GuestSource } from '../../runtime/sandbox/guest-pool.ts'
import { DEFAULT_LIMITS } from '../../runtime/sandbox/limits.ts'
import { Sandbox } from '../../runtime/sandbox/sandbox.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { bundleOf, createScriptedLaunch, requestOf, type ScriptedProcess, sayLoaded } from './scripted-guest.ts'

const OUT_OF_MEMORY = { cause: 'memory', message: 'out of memory' } as const

/** A sandbox on a pool of scripted guests; each answers its `load` as `onLoad` does, by default with an export. */
function createSandbox() {
  const clock = createFakeClock()
  const { launch, processes } = createScriptedLaunch()
  const control = { onLoad: (process: ScriptedProcess) => sayLoaded(process) }
  const released = vi.fn()
  const pool: GuestSource = {
    limits: { ...DEFAULT_LIMITS, unansweredPings: 1e9 },
    use: () => released,
    async take(memoryBytes) {
      const guest = new Guest({ launch, memoryBytes, clock, limits: pool.limits })
      const process = processes.at(-1) as ScriptedProcess
      process.say(FRAME.booted)
      const send = process.sent.push.bind(process.sent)
      process.sent.push = (...frames) => {
        if (frames[0]?.type === FRAME.load) queueMicrotask(() => control.onLoad(process))
        return send(...frames)
      }
      return guest
    },
  }
  const onState = vi.fn()
  const metrics = { started: vi.fn(), died: vi.fn(), called: vi.fn() }
  const sandbox = new Sandbox({ name: 'test', memoryBytes: 64 << 20, pool, clock, onState, metrics })
  return { sandbox, clock, processes, control, onState, metrics, released }
}

/** Ends the newest guest. */
async function die(processes: readonly ScriptedProcess[]) {
  processes.at(-1)?.end(OUT_OF_MEMORY)
  await settle()
}

function failLoad(process: ScriptedProcess) {
  process.say(FRAME.loaded, 0, { error: { name: 'Error', message: 'broken', stack: '' } })
}

test('Sandbox.usedBytes is what the guest that runs uses, and undefined without one', async () => {
  const { sandbox, processes } = createSandbox()
  expect(sandbox.usedBytes).toBeUndefined()
  await sandbox.swap(bundleOf('', 'one'))
  Object.assign(processes.at(-1) as ScriptedProcess, { memory: 20 << 20 })
  expect(sandbox.usedBytes).toBe(20 << 20)
  await die(processes)
  expect(sandbox.usedBytes).toBeUndefined()
})

describe('Sandbox.swap()', () => {
  test('makes the sandbox ready and answers the exported functions', async () => {
    const { sandbox, control } = createSandbox()
    control.onLoad = (process) => process.say(FRAME.loaded, 0, { exports: { reconcile: 'function', x: 'number' } })
    expect(sandbox.ready).toBe(false)
    const ready = sandbox.whenReady(new AbortController().signal)
    expect(await sandbox.swap(bundleOf('', 'one'))).toEqual({
      exports: ['reconcile'],
      types: { reconcile: 'function', x: 'number' },
    })
    await ready
    expect(sandbox.ready).toBe(true)
    expect(sandbox.bundleHash).toBe('one')
  })

  test('lets running calls finish on the old guest and sends new ones to the new', async () => {
    const { sandbox, processes } = createSandbox()
    await sandbox.swap(bundleOf('', 'one'))
    const old = sandbox.call(requestOf())
    await sandbox.swap(bundleOf('', 'two'))
    void sandbox.call(requestOf())
    const [first, second] = processes as [ScriptedProcess, ScriptedProcess]
    expect([first.got(FRAME.call).length, second.got(FRAME.call).length]).toEqual([1, 1])
    expect(first.killed).toBeUndefined()
    first.say(FRAME.settled, 1, { ok: 'old' })
    expect(await old).toEqual({ kind: 'returned', value: 'old' })
    await settle()
    expect(first.killed?.cause).toBe('replaced')
    expect(sandbox.bundleHash).toBe('two')
  })

  test('kills an old guest whose call runs on 5 s after its timeout', async () => {
    const { sandbox, processes, clock, metrics } = createSandbox()
    await sandbox.swap(bundleOf('', 'one'))
    const call = sandbox.call(requestOf({ timeoutMs: 1_000 }))
    await sandbox.swap(bundleOf('', 'two'))
    await clock.advance(5_999)
    expect(processes[0]?.killed).toBeUndefined()
    await clock.advance(1)
    expect(processes[0]?.killed).toBeDefined()
    expect(await call).toEqual({ kind: 'timedOut', afterMs: 1_000 })
    expect(sandbox.ready).toBe(true)
    expect(metrics.died.mock.calls.length).toBeLessThan(2)
  })

  test('to a bundle that does not load throws and leaves the old one running', async () => {
    const { sandbox, processes, control, onState } = createSandbox()
    await sandbox.swap(bundleOf('', 'one'))
    control.onLoad = failLoad
    await expect(sandbox.swap(bundleOf('', 'two'))).rejects.toMatchObject({ code: 'HANDLER_LOAD_FAILED' })
    expect(sandbox.bundleHash).toBe('one')
    expect(processes[0]?.killed).toBeUndefined()
    expect(processes[1]?.killed).toBeDefined()
    expect(onState.mock.calls).toEqual([[{ kind: 'ready' }]])
  })

  test('to a first bundle that does not load throws, and tries it again after 1 s, 2 s, 4 s', async () => {
    const { sandbox, processes, control, onState, clock } = createSandbox()
    control.onLoad = failLoad
    await expect(sandbox.swap(bundleOf())).rejects.toBeInstanceOf(RuntimeError)
    await clock.advance(7_000)
    expect(onState.mock.calls.map(([state]) => [state.kind, state.retryInMs])).toEqual([
      ['failed', 1_000],
      ['failed', 2_000],
      ['failed', 4_000],
      ['failed', 8_000],
    ])
    expect(processes).toHaveLength(4)
    control.onLoad = sayLoaded
    await sandbox.swap(bundleOf('', 'fixed'))
    expect(sandbox.bundleHash).toBe('fixed')
    await clock.advance(600_000)
    expect(processes).toHaveLength(5)
  })

  test('to a second bundle that does not load either tries that one again, and not the first', async () => {
    const { sandbox, processes, control, clock } = createSandbox()
    control.onLoad = failLoad
    await expect(sandbox.swap(bundleOf('one', 'one'))).rejects.toBeInstanceOf(RuntimeError)
    await expect(sandbox.swap(bundleOf('two', 'two'))).rejects.toBeInstanceOf(RuntimeError)
    control.onLoad = sayLoaded
    await clock.advance(1_000)
    expect(sandbox.bundleHash).toBe('two')
    await clock.advance(600_000)
    expect(processes).toHaveLength(3)
  })

  test('runs after the one before it', async () => {
    const { sandbox, control } = createSandbox()
    const loads: ScriptedProcess[] = []
    control.onLoad = (process) => void loads.push(process)
    const swaps = [sandbox.swap(bundleOf('', 'one')), sandbox.swap(bundleOf('', 'two'))]
    await settle()
    expect(loads).toHaveLength(1)
    sayLoaded(loads[0] as ScriptedProcess)
    await settle()
    sayLoaded(loads[1] as ScriptedProcess)
    await Promise.all(swaps)
    expect(sandbox.bundleHash).toBe('two')
  })
})

describe('Sandbox whose guest dies', () => {
  test('settles its calls as died and starts the same bundle again at once', async () => {
    const { sandbox, processes, onState, metrics, clock } = createSandbox()
    await sandbox.swap(bundleOf('', 'one'))
    const call = sandbox.call(requestOf())
    await die(processes)
    expect(await call).toEqual({ kind: 'died', reason: 'out of memory' })
    expect(sandbox.ready).toBe(false)
    expect(await sandbox.call(requestOf())).toEqual({ kind: 'died', reason: 'not running' })
    await clock.advance(0)
    expect(sandbox.ready).toBe(true)
    expect(sandbox.bundleHash).toBe('one')
    expect(onState.mock.calls.map(([state]) => state)).toEqual([
      { kind: 'ready' },
      { kind: 'restarting', message: 'out of memory', retryInMs: 0 },
      { kind: 'ready' },
    ])
    expect(metrics.died.mock.calls).toEqual([['memory']])
  })

  test('again and again waits 0, 1 s, 2 s and so on up to 5 min', async () => {
    const { sandbox, processes, onState, clock } = createSandbox()
    await sandbox.swap(bundleOf())
    const waits: number[] = []
    for (let i = 0; i < 12; i++) {
      await die(processes)
      waits.push(onState.mock.lastCall?.[0].retryInMs)
      await clock.advance(waits.at(-1) ?? 0)
      expect(sandbox.ready).toBe(true)
    }
    expect(waits.map((ms) => ms / 1_000)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  test('after a minute of running counts as the first time', async () => {
    const { sandbox, processes, onState, clock } = createSandbox()
    await sandbox.swap(bundleOf())
    await die(processes)
    await clock.advance(60_000)
    await die(processes)
    expect(onState.mock.calls.map(([state]) => state.retryInMs)).toEqual([undefined, 0, undefined, 0])
  })

  test('is started with the new bundle when one comes while it waits, and with that alone', async () => {
    const { sandbox, processes, clock } = createSandbox()
    await sandbox.swap(bundleOf('', 'one'))
    await die(processes)
    await clock.advance(0)
    await die(processes)
    await sandbox.swap(bundleOf('', 'two'))
    expect(sandbox.bundleHash).toBe('two')
    const started = processes.length
    await clock.advance(10_000)
    expect(processes).toHaveLength(started)
    expect(sandbox.bundleHash).toBe('two')
  })
})

describe('Sandbox.close()', () => {
  test('waits for running calls up to its grace, then kills', async () => {
    const { sandbox, processes, clock, released, metrics } = createSandbox()
    await sandbox.swap(bundleOf())
    const call = sandbox.call(requestOf({ timeoutMs: 60_000 }))
    const closed = sandbox.close(3_000)
    expect(sandbox.ready).toBe(false)
    await clock.advance(2_999)
    expect(processes[0]?.killed).toBeUndefined()
    await clock.advance(1)
    await closed
    expect(await call).toEqual({ kind: 'died', reason: 'closed' })
    expect(released).toHaveBeenCalledOnce()
    expect(metrics.died).not.toHaveBeenCalled()
    await expect(sandbox.swap(bundleOf())).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })

  test('ends at once what is idle, what loads and what waits to restart', async () => {
    const idle = createSandbox()
    await idle.sandbox.swap(bundleOf())
    await idle.sandbox.close(60_000)

    const loading = createSandbox()
    loading.control.onLoad = () => {}
    const swap = loading.sandbox.swap(bundleOf())
    swap.catch(() => {})
    await settle()
    await loading.sandbox.close(60_000)
    await expect(swap).rejects.toBeInstanceOf(RuntimeError)

    const waiting = createSandbox()
    waiting.control.onLoad = failLoad
    await waiting.sandbox.swap(bundleOf()).catch(() => {})
    await waiting.sandbox.close(60_000)
    await waiting.clock.advance(600_000)
    expect(waiting.processes).toHaveLength(1)
  })

  test('rejects who waits until it is ready', async () => {
    const { sandbox } = createSandbox()
    const ready = sandbox.whenReady(new AbortController().signal)
    ready.catch(() => {})
    await sandbox.close(0)
    await expect(ready).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})

test('Sandbox.whenReady() rejects with the reason of its signal', async () => {
  const { sandbox } = createSandbox()
  const controller = new AbortController()
  const ready = sandbox.whenReady(controller.signal)
  ready.catch(() => {})
  controller.abort(new Error('enough'))
  await expect(ready).rejects.toThrow('enough')
})
