import { describe, expect, test, vi } from 'vitest'
import { FRAME } from '../../runtime/guest/frame.ts'
import type { Settled } from '../../runtime/sandbox/call.ts'
import { Guest } from '../../runtime/sandbox/guest.ts'
import { DEFAULT_LIMITS, type GuestLimits } from '../../runtime/sandbox/limits.ts'
import { createFakeClock, settle } from '../fake-clock.ts'
import { bundleOf, createScriptedLaunch, requestOf, sayLoaded } from './scripted-guest.ts'

const Mi = 1 << 20
const LIMITS: GuestLimits = { ...DEFAULT_LIMITS, hostCalls: 2, calls: 4 }

function startGuest(limits = LIMITS) {
  const clock = createFakeClock()
  const { launch, processes } = createScriptedLaunch()
  const guest = new Guest({ launch, memoryBytes: 64 * Mi, clock, limits })
  const process = processes[0]
  if (process === undefined) throw new Error('The guest launched no process')
  return { clock, guest, process }
}

async function loadedGuest(limits = LIMITS) {
  const started = startGuest(limits)
  const onLog = vi.fn()
  started.process.say(FRAME.booted)
  const loading = started.guest.load(bundleOf(), onLog)
  await settle()
  sayLoaded(started.process)
  await loading
  return { ...started, onLog }
}

/** What a call has settled to so far. */
function watched(promise: Promise<Settled>): { settled: Settled | undefined } {
  const seen: { settled: Settled | undefined } = { settled: undefined }
  void promise.then((settled) => {
    seen.settled = settled
  })
  return seen
}

describe('Guest.load()', () => {
  test('answers the exports with their types', async () => {
    const { guest, process } = startGuest()
    process.say(FRAME.booted)
    const loading = guest.load(bundleOf('code'), () => {})
    await settle()
    expect(JSON.parse(process.got(FRAME.load)[0]?.text ?? '')).toMatchObject({ name: 'test.js', code: 'code' })
    process.say(FRAME.loaded, 0, { exports: { reconcile: 'function', deleted: 'string' } })
    expect(await loading).toEqual({ reconcile: 'function', deleted: 'string' })
  })

  test('of a bundle that throws is HANDLER_LOAD_FAILED with the message and the file', async () => {
    const { guest, process } = startGuest()
    process.say(FRAME.booted)
    const loading = guest.load(bundleOf(), () => {})
    loading.catch(() => {})
    await settle()
    process.say(FRAME.loaded, 0, { error: { name: 'TypeError', message: 'x is no function', stack: '' } })
    await expect(loading).rejects.toMatchObject({
      code: 'HANDLER_LOAD_FAILED',
      faults: [{ file: '/handlers/test.ts', message: 'TypeError: x is no function' }],
    })
  })

  test('of a bundle that kills the guest is HANDLER_LOAD_FAILED with the reason', async () => {
    const { guest, process } = startGuest()
    process.say(FRAME.booted)
    const loading = guest.load(bundleOf(), () => {})
    loading.catch(() => {})
    await settle()
    process.end({ cause: 'memory', message: 'out of memory' })
    await expect(loading).rejects.toMatchObject({ code: 'HANDLER_LOAD_FAILED', message: /out of memory/ })
  })

  test('that takes too long ends the guest', async () => {
    const { guest, process, clock } = startGuest()
    process.say(FRAME.booted)
    const loading = guest.load(bundleOf(), () => {})
    loading.catch(() => {})
    await clock.advance(LIMITS.loadMs - 1)
    expect(process.killed).toBeUndefined()
    await clock.advance(1)
    expect(process.killed).toEqual({ cause: 'slow', message: 'did not load within 10 s' })
    await expect(loading).rejects.toMatchObject({ code: 'HANDLER_LOAD_FAILED' })
  })
})

test('Guest.booted rejects with SANDBOX_DIED when the process does not get ready in time', async () => {
  const { guest, clock } = startGuest()
  await clock.advance(LIMITS.bootMs)
  await expect(guest.booted).rejects.toMatchObject({ code: 'SANDBOX_DIED', message: /within 30 s/ })
})

describe('Guest.call()', () => {
  test('passes argument and context on unchanged', async () => {
    const { guest, process } = await loadedGuest()
    void guest.call(requestOf({ args: ['{"b":  2}', 'null'], context: '{"attempt":3}' }))
    expect(process.got(FRAME.call)[0]?.text).toBe(
      '{"export":"reconcile","args":[{"b":  2},null],"context":{"attempt":3}}',
    )
  })

  test.each([
    [{ ok: { status: 1 } }, { kind: 'returned', value: { status: 1 } }],
    [{ ok: null }, { kind: 'returned', value: null }],
    [{}, { kind: 'returned', value: undefined }],
    [
      { error: { name: 'TypeError', message: 'm', stack: 's', terminal: false } },
      { kind: 'threw', error: { name: 'TypeError', message: 'm' }, terminal: false },
    ],
    [
      { error: { name: 'TerminalError', message: 'm', stack: '', terminal: true, code: 422, reason: 'Invalid' } },
      { kind: 'threw', error: { code: 422, reason: 'Invalid' }, terminal: true },
    ],
  ])('settles %j as it says', async (message, expected) => {
    const { guest, process } = await loadedGuest()
    const call = guest.call(requestOf())
    process.say(FRAME.settled, 1, message)
    expect(await call).toMatchObject(expected)
  })

  test('cuts what was thrown to its bounds', async () => {
    const { guest, process } = await loadedGuest()
    const call = guest.call(requestOf())
    const long = 'x'.repeat(100_000)
    process.say(FRAME.settled, 1, { error: { name: long, message: long, stack: long, terminal: false } })
    const settled = await call
    expect(settled.kind === 'threw' && JSON.stringify(settled.error).length).toBeLessThan(7_000)
  })

  test('drops a "__proto__" of the result, however it is written', async () => {
    const { guest, process } = await loadedGuest()
    const call = guest.call(requestOf())
    process.say(FRAME.settled, 1, '{"ok":{"__proto__":{"a":1},"b":{"\\u005f_proto__":{"a":1}}}}')
    const settled = await call
    expect(settled).toEqual({ kind: 'returned', value: { b: {} } })
    expect(settled.kind === 'returned' && Object.keys(settled.value as object)).toEqual(['b'])
  })

  test('at its timeout aborts inside, settles as timedOut at once, and ignores the later result', async () => {
    const { guest, process, clock } = await loadedGuest()
    const call = watched(guest.call(requestOf({ timeoutMs: 1_000 })))
    await clock.advance(999)
    expect(call.settled).toBeUndefined()
    await clock.advance(1)
    expect(call.settled).toEqual({ kind: 'timedOut', afterMs: 1_000 })
    expect(process.got(FRAME.abort)).toMatchObject([{ id: 1 }])
    process.say(FRAME.settled, 1, { ok: 'late' })
    await clock.advance(1)
    expect(process.killed).toBeUndefined()
    expect(guest.alive).toBe(true)
  })

  test('that has not settled 5 s after its timeout ends the guest; the other calls settle as died', async () => {
    const { guest, process, clock } = await loadedGuest({ ...LIMITS, unansweredPings: 1_000 })
    void guest.call(requestOf({ timeoutMs: 1_000 }))
    const other = watched(guest.call(requestOf({ timeoutMs: 60_000 })))
    await clock.advance(5_999)
    expect(process.killed).toBeUndefined()
    await clock.advance(1)
    expect(process.killed?.cause).toBe('overdue')
    expect(other.settled).toEqual({ kind: 'died', reason: 'a call had not settled 5 s after its timeout' })
  })

  test('settles every call in flight as died, with the reason, when the process ends', async () => {
    const { guest, process, clock } = await loadedGuest()
    const calls = [guest.call(requestOf()), guest.call(requestOf())]
    process.end({ cause: 'exit', message: 'exited with code 0' })
    expect(await Promise.all(calls)).toEqual([
      { kind: 'died', reason: 'exited with code 0' },
      { kind: 'died', reason: 'exited with code 0' },
    ])
    await settle()
    expect(clock.pending).toBe(0)
    expect(await guest.call(requestOf())).toEqual({ kind: 'died', reason: 'not running' })
  })

  test('beyond the bound of calls in flight is refused', async () => {
    const { guest } = await loadedGuest()
    for (let i = 0; i < 4; i++) void guest.call(requestOf())
    await expect(guest.call(requestOf())).rejects.toThrow('4 calls are in flight')
  })
})

describe('Guest host calls', () => {
  test('are answered with the JSON that the host gives', async () => {
    const { guest, process } = await loadedGuest()
    const onHostCall = vi.fn(() => Promise.resolve('{"kind": "Pod"}'))
    void guest.call(requestOf({ onHostCall }))
    process.say(FRAME.hostCall, 9, { call: 1, method: 'get', args: ['v1/Pod', { name: 'a' }] })
    await settle()
    expect(onHostCall).toHaveBeenCalledWith('get', ['v1/Pod', { name: 'a' }], expect.any(AbortSignal))
    expect(process.got(FRAME.reply)).toMatchObject([{ id: 9, text: '{"ok":{"kind": "Pod"}}' }])
  })

  test('get what the host throws as data, without its stack', async () => {
    const { guest, process } = await loadedGuest()
    const failure = Object.assign(new Error('gone'), { name: 'KubeStatusError', code: 410, reason: 'Gone', secret: 1 })
    void guest.call(requestOf({ onHostCall: () => Promise.reject(failure) }))
    process.say(FRAME.hostCall, 1, { call: 1, method: 'get', args: [] })
    await settle()
    expect(JSON.parse(process.got(FRAME.reply)[0]?.text ?? '')).toEqual({
      error: { name: 'KubeStatusError', message: 'gone', code: 410, reason: 'Gone' },
    })
  })

  test.each(['settles', 'times out', 'dies'])('abort when the call %s, and are not answered', async (how) => {
    const { guest, process, clock } = await loadedGuest()
    let aborted: AbortSignal | undefined
    const answer = Promise.withResolvers<undefined>()
    void guest.call(
      requestOf({
        onHostCall: (_method, _args, signal) => {
          aborted = signal
          return answer.promise
        },
      }),
    )
    process.say(FRAME.hostCall, 1, { call: 1, method: 'get', args: [] })
    await settle()
    expect(aborted?.aborted).toBe(false)
    if (how === 'settles') process.say(FRAME.settled, 1, {})
    else if (how === 'times out') await clock.advance(1_000)
    else process.end({ cause: 'exit', message: 'exited with code 0' })
    await settle()
    expect(aborted?.aborted).toBe(true)
    answer.resolve(undefined)
    await settle()
    expect(process.got(FRAME.reply)).toEqual([])
  })

  test('of a call that is over get an error', async () => {
    const { process } = await loadedGuest()
    process.say(FRAME.hostCall, 1, { call: 77, method: 'get', args: [] })
    expect(process.got(FRAME.reply)[0]?.text).toContain('The call is over')
  })

  test('that answer more than the bound get an error instead', async () => {
    const { guest, process } = await loadedGuest({ ...LIMITS, replyLength: 10 })
    void guest.call(requestOf({ onHostCall: () => Promise.resolve('"0123456789"') }))
    process.say(FRAME.hostCall, 1, { call: 1, method: 'get', args: [] })
    await settle()
    expect(process.got(FRAME.reply)[0]?.text).toContain('12 characters')
  })

  test('that are answered at once are begun one by one, and none while the guest has much to read', async () => {
    const { guest, process, clock } = await loadedGuest({ ...LIMITS, hostCalls: 10, aheadBytes: 100 })
    let made = 0
    const onHostCall = async () => {
      for (let i = 0; i < 20; i++) await undefined // as many steps as a read of the cache may take, and more
      made++
      process.unreadBytes += 60
      return '1'
    }
    void guest.call(requestOf({ onHostCall, timeoutMs: 60_000 }))
    for (let id = 1; id <= 10; id++) process.say(FRAME.hostCall, id, { call: 1, method: 'list', args: [] })
    await settle()
    expect(made).toBe(2)
    process.unreadBytes = 0
    await clock.advance(5)
    expect(made).toBe(4)
  })

  test('that wait for something do not hold up the others', async () => {
    const { guest, process } = await loadedGuest({ ...LIMITS, hostCalls: 10 })
    const onHostCall = vi.fn(() => new Promise<undefined>(() => {}))
    void guest.call(requestOf({ onHostCall }))
    for (let id = 1; id <= 10; id++) process.say(FRAME.hostCall, id, { call: 1, method: 'get', args: [] })
    await settle()
    expect(onHostCall).toHaveBeenCalledTimes(10)
  })

  test('that were not begun when their call settles are begun then, before its signal aborts, and not answered', async () => {
    const { guest, process } = await loadedGuest({ ...LIMITS, hostCalls: 10 })
    const aborted: boolean[] = []
    const onHostCall = async (_method: string, _args: readonly unknown[], signal: AbortSignal) => {
      aborted.push(signal.aborted)
      return '1'
    }
    process.unreadBytes = LIMITS.aheadBytes + 1
    void guest.call(requestOf({ onHostCall }))
    for (let id = 1; id <= 3; id++) process.say(FRAME.hostCall, id, { call: 1, method: 'event', args: [] })
    await settle()
    expect(aborted).toEqual([])
    process.say(FRAME.settled, 1, {})
    expect(aborted).toEqual([false, false, false])
    await settle()
    expect(process.got(FRAME.reply)).toEqual([])
  })

  test('of a call that timed out are not begun', async () => {
    const { guest, process, clock } = await loadedGuest()
    const onHostCall = vi.fn(() => Promise.resolve(undefined))
    process.unreadBytes = LIMITS.aheadBytes + 1
    void guest.call(requestOf({ onHostCall, timeoutMs: 10 }))
    process.say(FRAME.hostCall, 1, { call: 1, method: 'get', args: [] })
    await clock.advance(10)
    process.unreadBytes = 0
    await clock.advance(10)
    expect(onHostCall).not.toHaveBeenCalled()
    expect(process.got(FRAME.reply)).toEqual([])
  })

  test('that are answered late are never taken for the next one of that id', async () => {
    const { guest, process } = await loadedGuest()
    const late = Promise.withResolvers<string>()
    void guest.call(requestOf({ onHostCall: () => late.promise }))
    void guest.call(requestOf({ onHostCall: () => new Promise(() => {}) }))
    process.say(FRAME.hostCall, 1, { call: 1, method: 'get', args: [] })
    process.say(FRAME.settled, 1, {})
    process.say(FRAME.hostCall, 1, { call: 2, method: 'get', args: [] })
    late.resolve('"late"')
    await settle()
    expect(process.got(FRAME.reply)).toEqual([])
  })

  test('in flight with much text stop the reading of the socket until they are answered', async () => {
    const { guest, process } = await loadedGuest({ ...LIMITS, hostCallBytes: 1_000 })
    const answer = Promise.withResolvers<undefined>()
    void guest.call(requestOf({ onHostCall: () => answer.promise }))
    const ask = (id: number) => process.say(FRAME.hostCall, id, { call: 1, method: 'create', args: ['x'.repeat(600)] })
    ask(1)
    expect(process.paused).toBe(false)
    ask(2)
    expect(process.paused).toBe(true)
    await settle()
    expect(process.paused).toBe(true)
    answer.resolve(undefined)
    await settle()
    expect(process.paused).toBe(false)
    expect(process.got(FRAME.reply)).toHaveLength(2)
  })

  test('with much text count for more than one', async () => {
    const { process } = await loadedGuest({ ...LIMITS, framesPerSecond: 100 })
    for (let i = 0; i < 3; i++)
      process.say(FRAME.hostCall, i, { call: 99, method: 'get', args: ['x'.repeat(50 << 10)] })
    expect(process.paused).toBe(true)
  })

  test('and log lines above their rate stop the reading of the socket for as long as they are ahead', async () => {
    const { process, clock } = await loadedGuest({ ...LIMITS, framesPerSecond: 10 })
    for (let i = 0; i < 10; i++) process.say(FRAME.log, 0, { level: 'info', message: 'm' })
    expect(process.paused).toBe(false)
    process.say(FRAME.log, 0, { level: 'info', message: 'm' })
    expect(process.paused).toBe(true)
    await clock.advance(99)
    expect(process.paused).toBe(true)
    await clock.advance(2)
    expect(process.paused).toBe(false)
  })
})

test('Guest hands log lines on with the request they belong to', async () => {
  const { guest, process, onLog } = await loadedGuest()
  const request = requestOf()
  void guest.call(request)
  process.say(FRAME.log, 1, { level: 'warn', message: 'x'.repeat(20_000), fields: { a: 1 } })
  process.say(FRAME.log, 0, { level: 'error', message: 'between calls' })
  expect(onLog.mock.calls).toEqual([
    [{ level: 'warn', message: 'x'.repeat(8192), fields: { a: 1 } }, request],
    [{ level: 'error', message: 'between calls' }, undefined],
  ])
})

test('Guest drops log lines far above their rate, and says how many', async () => {
  const { process, onLog, clock } = await loadedGuest({ ...LIMITS, logBytesPerSecond: 100 })
  for (let i = 0; i < 50; i++) process.say(FRAME.log, 0, { level: 'info', message: 'x'.repeat(100) })
  expect(onLog.mock.calls.length).toBeLessThan(6)
  const kept = onLog.mock.calls.length
  await clock.advance(1_000)
  process.say(FRAME.log, 0, { level: 'info', message: 'next' })
  expect(onLog.mock.calls.slice(kept).map(([line]) => line.message)).toEqual([
    `${50 - kept} log lines were dropped: they came too fast`,
    'next',
  ])
})

describe('Guest is killed', () => {
  test('when it leaves its pings unanswered for 2 s', async () => {
    const { process, clock } = await loadedGuest()
    await clock.advance(2_249)
    expect(process.killed).toBeUndefined()
    await clock.advance(1)
    expect(process.killed).toEqual({ cause: 'silent', message: 'did not answer for 2 s' })
  })

  test('not while it answers', async () => {
    const { process, clock } = await loadedGuest()
    for (let i = 0; i < 100; i++) {
      await clock.advance(250)
      process.say(FRAME.pong)
    }
    expect(process.killed).toBeUndefined()
  })

  test('not for silence while its host does not read', async () => {
    const { process, clock } = await loadedGuest({ ...LIMITS, framesPerSecond: 1 })
    for (let i = 0; i < 10; i++) process.say(FRAME.log, 0, { level: 'info', message: 'm' })
    expect(process.paused).toBe(true)
    await clock.advance(5_000)
    expect(process.killed).toBeUndefined()
  })

  test('above its memory, with the figure', async () => {
    const { process, clock } = await loadedGuest()
    process.memory = 64 * Mi
    await clock.advance(250)
    expect(process.killed).toBeUndefined()
    process.memory = 65 * Mi
    await clock.advance(250)
    expect(process.killed).toEqual({ cause: 'memory', message: 'out of memory: 65 MiB of 64 MiB' })
  })

  test('when it does not read what it is sent', async () => {
    const { process, clock } = await loadedGuest()
    process.unreadBytes = LIMITS.unreadBytes + 1
    await clock.advance(250)
    expect(process.killed?.cause).toBe('silent')
  })

  test('at once when an answer finds too much unread', async () => {
    const { guest, process } = await loadedGuest()
    const onHostCall = async () => {
      process.unreadBytes = LIMITS.unreadBytes + 1
      return '1'
    }
    void guest.call(requestOf({ onHostCall }))
    process.say(FRAME.hostCall, 1, { call: 1, method: 'list', args: [] })
    await settle()
    expect(process.killed?.cause).toBe('silent')
  })
})

describe('Guest refuses, by a FrameError,', () => {
  const NONSENSE: [string, Parameters<Awaited<ReturnType<typeof loadedGuest>>['process']['say']>][] = [
    ['a second booted', [FRAME.booted]],
    ['a second loaded', [FRAME.loaded, 0, { exports: {} }]],
    ['a result of no call', [FRAME.settled, 99, {}]],
    ['a result that is no JSON', [FRAME.settled, 1, '{']],
    ['a result that is no object', [FRAME.settled, 1, '[]']],
    ['an error that is no object', [FRAME.settled, 1, { error: 'x' }]],
    ['a result above its size', [FRAME.settled, 1, `{"ok":"${'x'.repeat(DEFAULT_LIMITS.textBytes)}"}`]],
    ['a pong without a ping', [FRAME.pong]],
    ['a host call without a method', [FRAME.hostCall, 1, { call: 1, args: [] }]],
    ['a host call whose arguments are no array', [FRAME.hostCall, 1, { call: 1, method: 'get', args: {} }]],
    ['a host call whose method is a novel', [FRAME.hostCall, 1, { call: 1, method: 'x'.repeat(200), args: [] }]],
    [
      'a host call above its size',
      [FRAME.hostCall, 1, { call: 1, method: 'get', args: ['x'.repeat(DEFAULT_LIMITS.textBytes)] }],
    ],
    ['a log line above its size', [FRAME.log, 1, { level: 'info', message: 'x'.repeat(100 << 10) }]],
    ['a log line of no level', [FRAME.log, 1, { level: 'fatal', message: 'm' }]],
    ['a log line without text', [FRAME.log, 1, { level: 'info', message: 1 }]],
    ["a host's frame", [FRAME.reply, 1, '{}']],
  ]
  test.each(NONSENSE)('%s', async (_name, frame) => {
    const { guest, process } = await loadedGuest()
    void guest.call(requestOf())
    expect(() => process.say(...frame)).toThrow(expect.objectContaining({ name: 'FrameError' }))
  })

  test('a host call whose id is in flight', async () => {
    const { guest, process } = await loadedGuest()
    void guest.call(requestOf({ onHostCall: () => new Promise(() => {}) }))
    const say = () => process.say(FRAME.hostCall, 1, { call: 1, method: 'get', args: [] })
    say()
    expect(say).toThrow(expect.objectContaining({ name: 'FrameError' }))
  })

  test('more host calls than twice the bound', async () => {
    const { guest, process } = await loadedGuest()
    void guest.call(requestOf({ onHostCall: () => new Promise(() => {}) }))
    const say = (id: number) => process.say(FRAME.hostCall, id, { call: 1, method: 'get', args: [] })
    for (let id = 1; id <= 4; id++) say(id)
    expect(() => say(5)).toThrow('4 are in flight')
  })
})
